import { z } from 'zod'

/*
 * Payload types, only the fields that we use. Pages of open.dingtalk.com, read 2026-08; what only SDKs and connectors
 * show is marked [sdk].
 */

/** A field that the platform may send as null. */
const maybe = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().catch(undefined)

/** What a message quotes (undocumented, stable in connectors [sdk]). */
const repliedMsg = z.object({
  msgType: maybe(z.string()),
  senderId: maybe(z.string()),
  content: maybe(
    z.object({
      text: maybe(z.string()),
      content: maybe(z.string()),
      downloadCode: maybe(z.string()),
    }),
  ),
})
const quote = { isReplyMsg: maybe(z.boolean()), repliedMsg: maybe(repliedMsg) }

const richPart = z.object({
  text: maybe(z.string()),
  type: maybe(z.string()),
  downloadCode: maybe(z.string()),
})

/** Topic /v1.0/im/bot/messages/get (接收消息). */
export const botMessage = z.object({
  msgId: z.string().min(1),
  createAt: maybe(z.number()),
  conversationId: z.string().min(1),
  /** `1` single, `2` group. */
  conversationType: z.string(),
  senderId: maybe(z.string()),
  /** Missing for people outside the company, and before the app is published. */
  senderStaffId: maybe(z.string()),
  senderNick: maybe(z.string()),
  chatbotUserId: maybe(z.string()),
  sessionWebhook: maybe(z.string()),
  sessionWebhookExpiredTime: maybe(z.number()),
  msgtype: z.string().default('unknownMsgType'),
  /** 20001: the month's quota is used up; text and content are missing then. Pages call the fields both ways. */
  code: maybe(z.union([z.string(), z.number()])),
  errCode: maybe(z.union([z.string(), z.number()])),
  originalProcessQueryKey: maybe(z.string()),
  text: maybe(z.object({ content: maybe(z.string()), ...quote })),
  content: maybe(
    z.object({
      downloadCode: maybe(z.string()),
      fileName: maybe(z.string()),
      richText: maybe(z.array(richPart)),
      ...quote,
    }),
  ),
})

export type BotMessage = z.infer<typeof botMessage>

/** Topic /v1.0/card/instances/callback (卡片回调). Fields beyond the first four are seen in SDK logs [sdk]. */
export const cardCallback = z.object({
  outTrackId: z.string().min(1),
  userId: z.string().min(1),
  content: maybe(z.string()),
  value: maybe(z.string()),
  spaceId: maybe(z.string()),
})

/** `content` of a card callback, parsed; some samples carry `params` beside `cardPrivateData`. */
export const cardAction = z.object({
  cardPrivateData: maybe(
    z.object({
      actionIds: maybe(z.array(z.string())),
      params: maybe(z.record(z.string(), z.unknown())),
    }),
  ),
  params: maybe(z.record(z.string(), z.unknown())),
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
