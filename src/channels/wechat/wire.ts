import { z } from 'zod'

// Shared by 公众号 and 小程序. What comes in is read as strings, whether it came as XML or JSON: ids go beyond 2^53.

/** A callback's fields, still without meaning. */
export interface Fields {
  readonly [name: string]: unknown
}

/** What every callback has; vendor pages "接收普通消息" and "接收事件推送", read 2026-09. */
export const envelope = z.object({
  FromUserName: z.string().min(1).max(128),
  /** Epoch seconds. */
  CreateTime: z.string().regex(/^\d{1,12}$/),
  MsgType: z.string().min(1).max(64),
  /** 64 bits; events have none. */
  MsgId: z.string().optional(),
  /** Spelt so by TEMPLATESENDJOBFINISH and MASSSENDJOBFINISH. */
  MsgID: z.string().optional(),
  Event: z.string().optional(),
  EventKey: z.string().optional(),
  /** The customer, where an event about one comes from the platform itself ("授权用户信息变更", to verify live). */
  OpenID: z.string().optional(),
})
export type Envelope = z.infer<typeof envelope>

/** The encrypted frame; "消息加解密说明", read 2026-09. */
export const sealed = z.object({ Encrypt: z.string().min(1) })

export const text = z.object({
  Content: z.string(),
  /** The item of a menu message that was tapped (WxJava 9eba04d). */
  bizmsgmenuid: z.string().optional(),
})
export const media = z.object({ MediaId: z.string().min(1) })
export const voice = z.object({
  MediaId: z.string().min(1),
  Format: z.string().optional(),
  /** Speech as text; empty since the middle of 2023 by report. */
  Recognition: z.string().optional(),
})
const degrees = z.string().regex(/^-?\d+(\.\d+)?$/)
export const location = z.object({
  Location_X: degrees,
  Location_Y: degrees,
  Label: z.string().default(''),
})
export const link = z.object({
  Title: z.string().default(''),
  Description: z.string().default(''),
  Url: z.string(),
})
/** Of 小程序 only; "接收消息和事件", read 2026-09. */
export const miniprogram = z.object({
  Title: z.string().default(''),
  AppId: z.string(),
  PagePath: z.string(),
})

/** What every answer of a call has; `errcode` is missing where a call returns something. */
export const answer = z.looseObject({
  errcode: z.number().default(0),
  errmsg: z.string().default(''),
})

/** "获取稳定版接口调用凭据", read 2026-09. */
export const tokenAnswer = z.object({
  access_token: z.string().min(1).max(512),
  expires_in: z.number().positive(),
})

/** "新增临时素材", read 2026-09; a thumb comes under its own name. */
export const uploadAnswer = z.union([
  z.object({ media_id: z.string().min(1) }).transform((body) => body.media_id),
  z.object({ thumb_media_id: z.string().min(1) }).transform((body) => body.thumb_media_id),
])

/** "获取临时素材", of a video, read 2026-09. */
export const videoAnswer = z.object({ video_url: z.url({ protocol: /^https?$/ }) })

/** "获取用户基本信息", read 2026-09. */
export const userAnswer = z.object({ subscribe: z.union([z.literal(0), z.literal(1)]) })

/** One frame of "发送客服消息", read 2026-09. */
export type SendBody = { touser: string; customservice?: { kf_account: string } } & SendPart

export type SendPart =
  | { msgtype: 'text'; text: { content: string } }
  | { msgtype: 'image'; image: { media_id: string } }
  | { msgtype: 'voice'; voice: { media_id: string } }
  | {
      msgtype: 'video'
      video: { media_id: string; thumb_media_id: string; title: string; description: string }
    }
  | { msgtype: 'news'; news: { articles: [Article] } }
  | {
      msgtype: 'miniprogrampage'
      miniprogrampage: { title: string; appid: string; pagepath: string; thumb_media_id: string }
    }
  | {
      msgtype: 'msgmenu'
      msgmenu: {
        head_content: string
        list: { id: string; content: string }[]
        tail_content: string
      }
    }

export interface Article {
  title: string
  description: string
  url: string
  picurl: string
}
