import { z } from 'zod'
import type { Answer, Call } from './call.ts'
import { parseRequest } from './parse.ts'
import { ApiRefusal, OapiRefusal } from './refusal.ts'
import type { EntryContent, Group, Place } from './world.ts'

const MAX_PARAM_BYTES = 15_000

const message = { robotCode: z.string(), msgKey: z.string(), msgParam: z.string() }
const groupSend = z.object({ ...message, openConversationId: z.string() })
const batchSend = z.object({ ...message, userIds: z.array(z.string()) })
const groupRecall = z.object({
  robotCode: z.string(),
  openConversationId: z.string(),
  processQueryKeys: z.array(z.string()).max(20),
})
const batchRecall = z.object({
  robotCode: z.string(),
  processQueryKeys: z.array(z.string()).max(20),
})
const dingSend = z.object({
  robotCode: z.string(),
  remindType: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  receiverUserIdList: z.array(z.string()).min(1),
  content: z.string().min(1),
})

/** `POST /v1.0/robot/groupMessages/send` */
export function sendToGroup(call: Call): Answer {
  const request = parseRequest(groupSend, call)
  const group = openGroup(call, request.openConversationId, request.robotCode)
  const content = readMessage(call, request.msgKey, request.msgParam)
  return { json: { processQueryKey: postAsRobot(call, group, request.robotCode, content) } }
}

/** `POST /v1.0/robot/oToMessages/batchSend` */
export function sendToPeople(call: Call): Answer {
  const request = parseRequest(batchSend, call)
  checkRobot(call, request.robotCode)
  if (request.userIds.length > 20) throw new ApiRefusal('too.many.people')
  const content = readMessage(call, request.msgKey, request.msgParam)
  const processQueryKey = call.world.newId('pqk')
  const invalidStaffIdList: string[] = []
  for (const userId of request.userIds) {
    if (!call.world.people.has(userId)) invalidStaffIdList.push(userId)
    else {
      const chat = call.world.chat(userId, request.robotCode)
      postAsRobot(call, chat, request.robotCode, content, processQueryKey)
    }
  }
  return { json: { processQueryKey, invalidStaffIdList, flowControlledStaffIdList: [] } }
}

/** `POST /v1.0/robot/groupMessages/recall`; takes the carrierId of a card as well. */
export function recallInGroup(call: Call): Answer {
  const request = parseRequest(groupRecall, call)
  const group = openGroup(call, request.openConversationId, request.robotCode)
  return { json: recall(call, request.processQueryKeys, (place) => place === group) }
}

/** `POST /v1.0/robot/otoMessages/batchRecall` */
export function recallInChats(call: Call): Answer {
  const request = parseRequest(batchRecall, call)
  checkRobot(call, request.robotCode)
  return { json: recall(call, request.processQueryKeys, (place) => place.kind === 'chat') }
}

/** `POST /v1.0/robot/ding/send` */
export function sendDing(call: Call): Answer {
  const request = parseRequest(dingSend, call)
  checkRobot(call, request.robotCode)
  const limit = request.remindType === 1 ? 200 : 20
  if (request.receiverUserIdList.length > limit) throw new ApiRefusal('ding.receivercount.limit')
  const failed: Record<string, string[]> = {}
  for (const userId of request.receiverUserIdList) {
    if (call.world.people.has(userId)) call.world.toast(userId, '', `DING：${request.content}`)
    else (failed['user.notExist'] ??= []).push(userId)
  }
  return { json: { openDingId: call.world.newId('ding'), failedList: failed } }
}

/** `POST oapi /topapi/v2/user/get` */
export function getUser(call: Call): Answer {
  const request = z.object({ userid: z.string() }).safeParse(call.body)
  if (!request.success) throw new OapiRefusal(400002, '参数错误')
  const person = call.world.people.get(request.data.userid)
  if (!person || person.external) throw new OapiRefusal(60121, '找不到该用户')
  const { userId, unionId, name } = person
  const result = { userid: userId, unionid: unionId, name, active: true, dept_id_list: [1] }
  return { json: { errcode: 0, errmsg: 'ok', result, request_id: call.world.newId('') } }
}

/** The group, if this robot may speak there. */
function openGroup(call: Call, openConversationId: string, robotCode: string): Group {
  checkRobot(call, robotCode)
  const group = call.world.group(openConversationId)
  if (!group) throw new ApiRefusal('invalid.openConversationId')
  if (group.disbanded) throw new ApiRefusal('group.disbanded')
  if (!group.robots.has(robotCode)) throw new ApiRefusal('resource.unavailable', '机器人不在群内')
  return group
}

function checkRobot(call: Call, robotCode: string): void {
  if (robotCode !== call.app?.robotCode) throw new ApiRefusal('invalidParameter.robotCode')
}

/** Posts a message of a robot and returns its processQueryKey. */
export function postAsRobot(
  call: Call,
  place: Place,
  robotCode: string,
  content: EntryContent,
  id = call.world.newId('pqk'),
): string {
  const entry = { author: { kind: 'robot' as const, robotCode }, content, mentions: [] }
  return call.world.post(place, { ...entry, id, atBot: false, quotes: undefined }).id
}

function recall(
  call: Call,
  keys: string[],
  mayRecall: (place: Place) => boolean,
): { successResult: string[]; failedResult: Record<string, string> } {
  const successResult: string[] = []
  const failedResult: Record<string, string> = {}
  for (const key of keys) {
    const found = call.world.entries.get(key)
    if (found && found.entry.author.kind === 'robot' && mayRecall(found.place)) {
      found.entry.recalled = true
      successResult.push(key)
      const { openConversationId } = found.place
      call.world.changed({ what: 'entry', openConversationId })
    } else failedResult[key] = '消息不存在'
  }
  return { successResult, failedResult }
}

const paramShapes: Record<string, z.ZodType> = {
  sampleText: z.object({ content: z.string().min(1) }),
  sampleMarkdown: z.object({ title: z.string().min(1), text: z.string().min(1) }),
  sampleImageMsg: z.object({ photoURL: z.string().min(1) }),
  sampleAudio: z.object({ mediaId: z.string(), duration: z.string() }),
  sampleFile: z.object({ mediaId: z.string(), fileName: z.string(), fileType: z.string() }),
  sampleVideo: z.object({
    duration: z.string(),
    videoMediaId: z.string(),
    videoType: z.literal('mp4'),
    picMediaId: z.string(),
  }),
}

/** Reads `msgKey` and `msgParam` (dingtalk.md 3.4). */
function readMessage(call: Call, msgKey: string, msgParam: string): EntryContent {
  const params = parseParam(msgKey, msgParam)
  for (const word of call.options.unsafeWords) {
    if (msgParam.includes(word)) throw new ApiRefusal('contain.notAllowed.text')
  }
  const value = (name: string): string => {
    const given = params[name]
    return typeof given === 'string' ? given : ''
  }
  switch (msgKey) {
    case 'sampleText':
      return { type: 'text', text: value('content') }
    case 'sampleMarkdown':
      return { type: 'markdown', title: value('title'), text: value('text') }
    case 'sampleImageMsg':
      return pictureFrom(call, value('photoURL'))
    case 'sampleAudio': {
      const fileId = uploaded(call, value('mediaId'))
      return { type: 'audio', fileId, durationMs: Number(value('duration')), recognition: '' }
    }
    case 'sampleFile':
      if (!/^(xlsx|pdf|zip|rar|doc|docx)$/.test(value('fileType'))) {
        throw new ApiRefusal('invalidParameter.msgParam', 'fileType 不支持')
      }
      return { type: 'file', fileId: uploaded(call, value('mediaId')), fileName: value('fileName') }
    case 'sampleVideo': {
      uploaded(call, value('picMediaId'))
      const fileId = uploaded(call, value('videoMediaId'))
      return { type: 'video', fileId, durationMs: Number(value('duration')) * 1000 }
    }
    default:
      return { type: 'other', msgKey, params }
  }
}

function parseParam(msgKey: string, msgParam: string): Record<string, unknown> {
  if (Buffer.byteLength(msgParam) > MAX_PARAM_BYTES) {
    throw new ApiRefusal('invalidParameter.msgParam', 'msgParam 超过 15000 字节')
  }
  if (!msgKey.startsWith('sample')) throw new ApiRefusal('invalidParameter.msgKey')
  try {
    const params = z.record(z.string(), z.unknown()).parse(JSON.parse(msgParam))
    paramShapes[msgKey]?.parse(params)
    return params
  } catch {
    throw new ApiRefusal('invalidParameter.msgParam')
  }
}

function pictureFrom(call: Call, photoUrl: string): EntryContent {
  return photoUrl.startsWith('@')
    ? { type: 'picture', fileId: uploaded(call, photoUrl), url: undefined }
    : { type: 'picture', fileId: undefined, url: photoUrl }
}

function uploaded(call: Call, mediaId: string): string {
  if (!call.world.files.has(mediaId)) {
    throw new ApiRefusal('invalidParameter.msgParam', 'mediaId 不存在')
  }
  return mediaId
}
