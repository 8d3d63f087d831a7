import { z } from 'zod'
import type { OfficialAccount } from './account.ts'
import { type ErrorAnswer, errorAnswer, type JsonAnswer, OK_ANSWER } from './answers.ts'
import type { StoredMedia } from './media.ts'
import { readOutgoing } from './outgoing.ts'

/** A request that has passed the checks of method and token. */
export interface ApiRequest {
  query: URLSearchParams
  body: Buffer
  contentType: string
  now: number
}

/** JSON, or the bytes of a file. */
export type ApiAnswer = JsonAnswer | StoredMedia

/** A call in the name of an account, by its token. */
export interface AccountCall {
  /** As the fault switches name it. */
  name: string
  method: 'GET' | 'POST'
  run(account: OfficialAccount, request: ApiRequest, url: string): ApiAnswer | Promise<ApiAnswer>
}

/** The calls of api.weixin.qq.com that take an access token, by path; vendor pages as in the rows, read 2026-09. */
export const accountCalls: Readonly<Record<string, AccountCall>> = {
  '/cgi-bin/message/custom/send': { name: 'custom/send', method: 'POST', run: send },
  '/cgi-bin/message/custom/typing': { name: 'custom/typing', method: 'POST', run: typing },
  '/cgi-bin/media/upload': { name: 'media/upload', method: 'POST', run: upload },
  '/cgi-bin/media/get': { name: 'media/get', method: 'GET', run: download },
  '/cgi-bin/user/info': { name: 'user/info', method: 'GET', run: userInfo },
  '/cgi-bin/getcallbackip': {
    name: 'getcallbackip',
    method: 'GET',
    run: () => ({ ip_list: ['127.0.0.1'] }),
  },
  '/cgi-bin/callback/check': { name: 'callback/check', method: 'POST', run: callbackCheck },
}

const frame = z.looseObject({
  touser: z.string(),
  msgtype: z.string(),
  customservice: z.object({ kf_account: z.string() }).optional(),
})

/** 客服消息 → 发送消息. Refuses in the platform's order: form, openid, kind, media, window and count. */
function send(account: OfficialAccount, request: ApiRequest): JsonAnswer {
  const body = readJson(request.body)
  if ('errcode' in body) return body
  const parsed = frame.safeParse(body.json)
  if (!parsed.success) return errorAnswer(47001)
  const { touser, msgtype, customservice } = parsed.data
  const phone = account.phones.get(touser)
  if (phone === undefined) return errorAnswer(40003)
  const outgoing = readOutgoing(msgtype, parsed.data[msgtype])
  if ('refused' in outgoing) return errorAnswer(outgoing.refused)
  if (!outgoing.mediaIds.every((id) => account.hasMedia(id))) return errorAnswer(40007)
  const admitted = phone.admit()
  if (admitted !== 'ok') return errorAnswer(admitted)
  phone.receive(outgoing.content, 'custom/send', customservice?.kf_account)
  return OK_ANSWER
}

const typingBody = z.object({ touser: z.string(), command: z.string() })

/** 客服消息 → 客服输入状态. */
function typing(account: OfficialAccount, request: ApiRequest): JsonAnswer {
  const body = readJson(request.body)
  if ('errcode' in body) return body
  const parsed = typingBody.safeParse(body.json)
  if (!parsed.success) return errorAnswer(47001)
  const { touser, command } = parsed.data
  const phone = account.phones.get(touser)
  if (phone === undefined) return errorAnswer(40003)
  if (command !== 'Typing' && command !== 'CancelTyping') return errorAnswer(45072)
  const shown = phone.showTyping(command === 'Typing')
  return shown === 'ok' ? OK_ANSWER : errorAnswer(shown)
}

/** 素材管理 → 新增临时素材: a multipart form with the field `media`. */
async function upload(account: OfficialAccount, request: ApiRequest): Promise<JsonAnswer> {
  const file = await readFormFile(request)
  if (file === undefined) return errorAnswer(41005)
  const kind = request.query.get('type') ?? ''
  return account.media.upload(kind, file.bytes, file.name, request.now)
}

async function readFormFile(
  request: ApiRequest,
): Promise<{ bytes: Buffer; name: string } | undefined> {
  const headers = { 'content-type': request.contentType }
  try {
    const field = (await new Response(request.body, { headers }).formData()).get('media')
    if (field === null || typeof field === 'string') return undefined
    return { bytes: Buffer.from(await field.arrayBuffer()), name: field.name }
  } catch {
    return undefined // not a form
  }
}

/** 素材管理 → 获取临时素材: the bytes, of a video an address. */
function download(account: OfficialAccount, request: ApiRequest, url: string): ApiAnswer {
  const media = account.media.get(request.query.get('media_id') ?? '', request.now)
  if (media === undefined) return errorAnswer(40007)
  if (!media.type.startsWith('video/')) return media
  return { video_url: `${url}/video/${account.appid}/${media.id}` }
}

/** 用户管理 → 获取用户基本信息: no name and no picture since 2021-12-27. */
function userInfo(account: OfficialAccount, request: ApiRequest): JsonAnswer {
  const phone = account.phones.get(request.query.get('openid') ?? '')
  if (phone === undefined) return errorAnswer(40003)
  const unionid = phone.unionid === undefined ? {} : { unionid: phone.unionid }
  if (!phone.follows) return { subscribe: 0, openid: phone.openid, ...unionid }
  return {
    subscribe: 1,
    openid: phone.openid,
    language: 'zh_CN',
    subscribe_time: Math.floor(phone.followedAtMs / 1000),
    ...unionid,
    remark: phone.remark,
    groupid: 0,
    tagid_list: [],
    subscribe_scene: 'ADD_SCENE_QR_CODE',
    qr_scene: 0,
    qr_scene_str: '',
  }
}

/** 网络检测. */
function callbackCheck(): JsonAnswer {
  return {
    dns: [{ ip: '127.0.0.1', real_operator: 'DEFAULT' }],
    ping: [{ ip: '127.0.0.1', from_operator: 'CAP', package_loss: '0%', time: '0.100ms' }],
  }
}

const tokenBody = z.object({
  grant_type: z.string(),
  appid: z.string(),
  secret: z.string(),
  force_refresh: z.boolean().default(false),
})

/** 获取稳定版接口调用凭据. */
export function stableToken(
  find: (appid: string) => OfficialAccount | undefined,
  request: ApiRequest,
): JsonAnswer {
  const body = readJson(request.body)
  if ('errcode' in body) return body
  const parsed = tokenBody.safeParse(body.json)
  if (!parsed.success) return errorAnswer(47001)
  const { grant_type, appid, secret, force_refresh } = parsed.data
  const account = authorise(find(appid), grant_type, secret)
  return 'errcode' in account ? account : account.tokens.stable(force_refresh, request.now)
}

/** 获取接口调用凭据, the legacy call. */
export function legacyToken(
  find: (appid: string) => OfficialAccount | undefined,
  { query, now }: ApiRequest,
): JsonAnswer {
  const found = find(query.get('appid') ?? '')
  const account = authorise(found, query.get('grant_type') ?? '', query.get('secret') ?? '')
  return 'errcode' in account ? account : account.tokens.legacy(now)
}

function authorise(
  account: OfficialAccount | undefined,
  grantType: string,
  secret: string,
): OfficialAccount | ErrorAnswer {
  if (grantType !== 'client_credential') return errorAnswer(40002)
  if (account === undefined) return errorAnswer(40013)
  if (account.secret !== secret) return errorAnswer(40125)
  return account
}

/** Matches a `\uXXXX` escape, but not the text of a backslash before a u. */
const ESCAPED = /(?<!\\)(?:\\\\)*\\u[0-9a-f]{4}/i

function readJson(body: Buffer): { json: unknown } | ErrorAnswer {
  const text = body.toString()
  if (text === '') return errorAnswer(44002)
  if (ESCAPED.test(text)) return errorAnswer(40033)
  try {
    return { json: JSON.parse(text) }
  } catch {
    return errorAnswer(47001)
  }
}
