import { z } from 'zod'
import { unpack } from './loose.ts'

/*
 * Payload types, only the fields that we use. Pages of open.dingtalk.com, read 2026-08; what only SDKs and connectors
 * show is marked [sdk].
 */

/** A field that the platform may send as null. */
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().catch(undefined)

/** Text that may come as a number. */
const text = z.union([z.string(), z.number()]).transform(String)

/** An object that may come as JSON in a string. */
const packed = <Schema extends z.ZodType>(schema: Schema) => maybe(z.preprocess(unpack, schema))

/** What a message quotes stays as it came (undocumented [sdk]); quote.ts reads it. */
const quote = {
  isReplyMsg: z.unknown().optional(),
  repliedMsg: z.unknown().optional(),
  originalMsgId: z.unknown().optional(),
  originalProcessQueryKey: z.unknown().optional(),
  quoteMessage: z.unknown().optional(),
}

const richPart = z.object({
  text: maybe(z.string()),
  type: maybe(z.string()),
  downloadCode: maybe(z.string()),
})
/** One part that is none is left out; the others are words and pictures all the same. */
const richParts = z
  .array(richPart.nullable().catch(null))
  .transform((parts) => parts.filter((part) => part !== null))

/** Topic /v1.0/im/bot/messages/get (接收消息). */
export const botMessage = z.object({
  msgId: text.pipe(z.string().min(1)),
  createAt: maybe(z.number()),
  conversationId: text.pipe(z.string().min(1)),
  /** `1` single, `2` group. */
  conversationType: text.catch('2'),
  senderId: maybe(z.string()),
  /** Missing for people outside the company, and before the app is published. */
  senderStaffId: maybe(z.string()),
  senderNick: maybe(z.string()),
  chatbotUserId: maybe(z.string()),
  sessionWebhook: maybe(z.string()),
  sessionWebhookExpiredTime: maybe(z.number()),
  msgtype: z.string().catch('unknownMsgType'),
  /** 20001: the month's quota is used up; text and content are missing then. Pages call the fields both ways. */
  code: maybe(z.union([z.string(), z.number()])),
  errCode: maybe(z.union([z.string(), z.number()])),
  ...quote,
  text: packed(z.object({ content: maybe(text), ...quote })),
  content: packed(
    z.object({
      content: maybe(text),
      downloadCode: maybe(z.string()),
      fileName: maybe(z.string()),
      richText: packed(richParts),
      ...quote,
    }),
  ),
})

export type BotMessage = z.infer<typeof botMessage>

/** Topic /v1.0/card/instances/callback (卡片回调). Fields beyond the first four are seen in SDK logs [sdk]. */
export const cardCallback = z.object({
  outTrackId: text.pipe(z.string().min(1)),
  userId: text.pipe(z.string().min(1)),
  /** JSON in a string; clients were seen to send it empty, unpacked, or packed twice. */
  content: z.unknown().optional(),
  value: z.unknown().optional(),
  spaceId: maybe(z.string()),
})

/** `POST /v1.0/oauth2/accessToken` (获取企业内部应用的accessToken). */
export const tokenAnswer = z.object({ accessToken: z.string().min(1), expireIn: z.number() })

/** `POST /v1.0/card/instances/createAndDeliver` and `/deliver` (创建并投放卡片). */
export const deliverAnswer = z.object({
  success: maybe(z.boolean()),
  result: maybe(
    z.object({
      deliverResults: maybe(
        z.array(z.object({ success: z.boolean(), carrierId: maybe(z.string()) })),
      ),
    }),
  ),
})

/** `POST /v1.0/robot/groupMessages/send` and `oToMessages/batchSend` (机器人发送消息). */
export const sendAnswer = z.object({
  processQueryKey: maybe(z.string()),
  invalidStaffIdList: maybe(z.array(z.string())),
  flowControlledStaffIdList: maybe(z.array(z.string())),
})

/** `POST /v1.0/robot/messageFiles/download` (下载机器人接收消息的文件内容). */
export const downloadAnswer = z.object({ downloadUrl: z.url({ protocol: /^https?$/ }) })

/** `POST oapi /media/upload` (上传媒体文件). */
export const uploadAnswer = z.object({ media_id: z.string().min(1) })

/** `POST oapi /topapi/v2/user/get` (查询用户详情). */
export const userAnswer = z.object({ result: z.object({ name: z.string().min(1) }) })

/** A refusal of the new API. */
export const apiError = z.object({
  code: z.string(),
  message: maybe(z.string()),
  accessdenieddetail: maybe(z.object({ requiredScopes: maybe(z.array(z.string())) })),
})

/** Every answer of the old API. */
export const oapiStatus = z.object({ errcode: z.number() })

/** What comes in place of an answer when our IP is blocked for five minutes. */
export const ipBlocked = z.object({ status: z.literal(1111) })

/** A message of the robot, as `groupMessages/send`, `batchSend` and the recall page know it. */
export interface RobotMessage {
  msgKey: string
  /** JSON in a string, at most 15,000 bytes. */
  msgParam: string
}

/** What is returned for a card click (卡片回调响应). It reaches the clicker only. */
export interface CardAnswer {
  cardUpdateOptions: { updateCardDataByKey: true; updatePrivateDataByKey: true }
  cardData?: { cardParamMap: Record<string, string> }
  userPrivateData?: { cardParamMap: Record<string, string> }
}
