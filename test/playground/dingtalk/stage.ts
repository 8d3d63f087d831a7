import { once } from 'node:events'
import { WebSocket } from 'ws'
import {
  type DingtalkOptions,
  type DingtalkStandIn,
  startDingtalk,
} from '#src/playground/dingtalk/index.ts'
import { templateDescription } from '#src/workplaces/dingtalk/template/description.ts'

export const app = { clientId: 'dingapp', clientSecret: 'secret' }
export const group = 'cidGroup=='
export const template = 'a.schema'

/** A template with a public title, a private flag, a form for those whose flag is set, and a button. */
const description = templateDescription.parse({
  name: 'test',
  state: 'test',
  variables: [
    { name: 'title', type: 'string', scope: 'public', maxBytes: 100, meaning: '标题' },
    { name: 'can_reply', type: 'string', scope: 'private', maxBytes: 10, meaning: '可回复' },
    { name: 'form', type: 'form', scope: 'public', maxBytes: 1000, meaning: '表单' },
  ],
  components: [
    { kind: 'text', text: '${title}', look: 'title' },
    { kind: 'button', id: 'claim', text: '认领', look: 'primary', params: { on: '${title}' } },
    {
      kind: 'form',
      id: 'form',
      variable: 'form',
      submit: '发送',
      when: [{ variable: 'can_reply', is: 'true' }],
    },
  ],
})

export const form = JSON.stringify({
  fields: [
    { name: 'text', label: '回复', type: 'TEXT_AREA', required: true },
    { name: 'to', label: '同事', type: 'SELECT', options: [{ value: 'lisi', text: '李四' }] },
  ],
})

/** A stand-in with one app, two people and a group. */
export async function stage(options: DingtalkOptions = {}): Promise<DingtalkStandIn> {
  const standIn = await startDingtalk({ qps: false, ...options })
  standIn.addApp(app)
  standIn.addPerson({ userId: 'zhangsan', name: '张三' })
  standIn.addPerson({ userId: 'lisi', name: '李四' })
  standIn.addGroup({ title: '客服一组', openConversationId: group, members: ['zhangsan', 'lisi'] })
  standIn.addTemplate({ id: template, description })
  return standIn
}

export interface JsonAnswer {
  status: number
  json: Record<string, unknown>
}

export async function post(
  standIn: DingtalkStandIn,
  path: string,
  body: unknown,
  { method = 'POST', token }: { method?: string; token?: string } = {},
): Promise<JsonAnswer> {
  const response = await fetch(standIn.url + path, {
    method,
    body: JSON.stringify(body),
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token !== undefined && { 'x-acs-dingtalk-access-token': token }),
    },
  })
  // Every answer that these tests look into is a JSON object.
  return { status: response.status, json: (await response.json()) as Record<string, unknown> }
}

export async function login(standIn: DingtalkStandIn): Promise<string> {
  const { json } = await post(standIn, '/v1.0/oauth2/accessToken', {
    appKey: app.clientId,
    appSecret: app.clientSecret,
  })
  return String(json['accessToken'])
}

export interface Frame {
  type: string
  headers: Record<string, string>
  data: string
}

/** Opens a Stream connection by hand; `reply` gives the `data` of the answer, undefined leaves the frame unanswered. */
export async function dial(
  standIn: DingtalkStandIn,
  reply: (frame: Frame) => unknown,
): Promise<WebSocket> {
  const { json } = await post(standIn, '/v1.0/gateway/connections/open', {
    ...app,
    subscriptions: [
      { type: 'CALLBACK', topic: '/v1.0/im/bot/messages/get' },
      { type: 'CALLBACK', topic: '/v1.0/card/instances/callback' },
      { type: 'EVENT', topic: '*' },
    ],
  })
  const socket = new WebSocket(
    `${String(json['endpoint'])}?ticket=${encodeURIComponent(String(json['ticket']))}`,
  )
  socket.on('message', (bytes: Buffer) => {
    const frame = JSON.parse(bytes.toString()) as Frame
    const data = reply(frame)
    if (data === undefined) return
    const { messageId } = frame.headers
    socket.send(
      JSON.stringify({
        code: 200,
        message: 'OK',
        headers: { messageId, contentType: 'application/json' },
        data: JSON.stringify(data),
      }),
    )
  })
  await once(socket, 'open')
  return socket
}

export function newCard(outTrackId: string, cardParamMap: Record<string, unknown>): object {
  return {
    cardTemplateId: template,
    outTrackId,
    callbackType: 'STREAM',
    userIdType: 1,
    cardData: { cardParamMap },
    openSpaceId: `dtv1.card//IM_GROUP.${group}`,
    imGroupOpenSpaceModel: { supportForward: false },
    imGroupOpenDeliverModel: { robotCode: app.clientId, atUserIds: { lisi: '李四' } },
  }
}

export const createPath = '/v1.0/card/instances/createAndDeliver'
export const cardPath = '/v1.0/card/instances'
