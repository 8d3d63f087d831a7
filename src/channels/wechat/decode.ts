import type { z } from 'zod'
import type { AccountId } from '#src/domain/ids.ts'
import { contactLane } from '#src/domain/ids.ts'
import type { Incoming } from '#src/ports/channel.ts'
import { Refusal } from '#src/ports/errors.ts'
import type { CustomerEvent, EventName, EventTable } from '#src/router/events.ts'
import { isSticker, readFaces } from './faces.ts'
import { makeFingerprint, makeKey, makeMediaRef, type WechatMedia } from './ids.ts'
import * as wire from './wire.ts'

// Shared by 公众号 and 小程序.

const DAY_MS = 24 * 60 * 60_000
const MINUTE_MS = 60_000

/** The names under which capabilities.ts gives the quota rules. */
type Opens = 'message' | 'menu' | 'subscribe' | 'scan'

type CustomerName = Extract<EventName, `customer:${string}`>

/** The part of an event that its kind decides. */
type Said = {
  [Name in CustomerName]: Omit<EventTable[Name], keyof CustomerEvent> & { name: Name }
}[CustomerName]

/** `content` is what two deliveries of one message have in common. */
interface Decoded {
  event: Said
  opens?: Opens
  content: string
}

/** What every event of one callback has. */
interface Common {
  account: AccountId
  externalId: string
  receivedAt: number
}

/**
 * Turns a callback's clear fields into our events: one, or none for what is about no conversation (LOCATION, which can
 * come every 5 s, and the result of a mass sending).
 * @throws {Refusal} 400 when a field that every callback has is missing
 */
export function decode(fields: wire.Fields, account: AccountId, receivedAt: number): Incoming[] {
  const parsed = wire.envelope.safeParse(fields)
  if (!parsed.success) throw new Refusal('wechat.malformed', 400, 'the callback lacks a field')
  const head = parsed.data
  if (head.MsgType === 'event' && IGNORED.has((head.Event ?? '').toLowerCase())) return []
  const decoded = head.MsgType === 'event' ? decodeEvent(head) : decodeMessage(head, fields)
  const externalId = (head.MsgType === 'event' ? head.OpenID : undefined) ?? head.FromUserName
  return [assemble(decoded, head, fields, { account, externalId, receivedAt })]
}

const IGNORED = new Set(['location', 'masssendjobfinish'])

function assemble(
  { event, opens, content }: Decoded,
  head: wire.Envelope,
  fields: wire.Fields,
  { account, externalId, receivedAt }: Common,
): Incoming {
  return {
    ...event,
    account,
    externalId,
    ...(opens === undefined ? {} : { opens }),
    lane: contactLane(account, externalId),
    at: believable(Number(head.CreateTime) * 1000, receivedAt),
    key: makeKey(account, head, content),
    ...(head.MsgType === 'event' ? {} : { fingerprint: makeFingerprint(head, content) }),
    raw: fields,
  }
}

/** The platform's time within three days before and a minute after receipt; else that of receipt (design.md 3). */
function believable(atMs: number, receivedAt: number): number {
  return atMs >= receivedAt - 3 * DAY_MS && atMs <= receivedAt + MINUTE_MS ? atMs : receivedAt
}

type Decoder = (fields: wire.Fields) => Omit<Decoded, 'opens'> | undefined

/** One row per MsgType; vendor page "接收普通消息", read 2026-09. A row that cannot read its fields gives undefined. */
const MESSAGES: Readonly<Record<string, Decoder>> = {
  text: using(wire.text, ({ Content, bizmsgmenuid }) => {
    if (isSticker(Content)) return { event: unsupported('sticker'), content: Content }
    const menu = bizmsgmenuid === undefined ? {} : { menuId: bizmsgmenuid }
    return { event: { name: 'customer:text', text: readFaces(Content), ...menu }, content: Content }
  }),
  image: using(wire.media, ({ MediaId }) => decodeMedia({ kind: 'image', mediaId: MediaId })),
  voice: using(wire.voice, ({ MediaId, Recognition }) => {
    const { event, content } = decodeMedia({ kind: 'voice', mediaId: MediaId })
    return { event: { ...event, ...(Recognition ? { transcript: Recognition } : {}) }, content }
  }),
  video: using(wire.media, ({ MediaId }) => decodeMedia({ kind: 'video', mediaId: MediaId })),
  shortvideo: using(wire.media, ({ MediaId }) => decodeMedia({ kind: 'video', mediaId: MediaId })),
  location: using(wire.location, ({ Location_X, Location_Y, Label }) => {
    const place = { latitude: Number(Location_X), longitude: Number(Location_Y), label: Label }
    return {
      event: { name: 'customer:location', content: { kind: 'location', ...place } },
      content: `${Location_X},${Location_Y}`,
    }
  }),
  link: using(wire.link, ({ Title, Description, Url }) => {
    const link = { kind: 'link', title: Title, description: Description, url: Url } as const
    return { event: { name: 'customer:link', content: link }, content: Url }
  }),
  miniprogrampage: using(wire.miniprogram, ({ Title, AppId, PagePath }) => {
    const page = { kind: 'miniprogram', title: Title, appId: AppId, path: PagePath } as const
    return {
      event: { name: 'customer:miniprogram', content: page },
      content: `${AppId}/${PagePath}`,
    }
  }),
}

/** A message; one of a kind or form that we do not know is kept and shown as such, never dropped. */
function decodeMessage(head: wire.Envelope, fields: wire.Fields): Decoded {
  const decoder = Object.hasOwn(MESSAGES, head.MsgType) ? MESSAGES[head.MsgType] : undefined
  const decoded = decoder?.(fields)
  if (decoded !== undefined) return { ...decoded, opens: 'message' }
  const { MsgId: _id, ...said } = fields // a retry under a new id says the same
  const content = JSON.stringify(said)
  return { event: unsupported(head.MsgType), opens: 'message', content }
}

function using<Part>(
  schema: z.ZodType<Part>,
  read: (part: Part) => Omit<Decoded, 'opens'>,
): Decoder {
  return (fields) => {
    const parsed = schema.safeParse(fields)
    return parsed.success ? read(parsed.data) : undefined
  }
}

function decodeMedia(media: WechatMedia): Omit<Decoded, 'opens'> {
  const ref = { kind: media.kind, ref: makeMediaRef(media) }
  return { event: { name: `customer:${media.kind}`, media: ref }, content: media.mediaId }
}

function unsupported(type: string): Said {
  return { name: 'customer:unsupported', type }
}

/** Events of the menu; only some of them let us answer (vendor page "客服消息", read 2026-09). */
const MENU: Readonly<Record<string, { opens?: Opens }>> = {
  click: { opens: 'menu' },
  scancode_push: { opens: 'menu' },
  scancode_waitmsg: { opens: 'menu' },
  view: {},
  view_miniprogram: {},
  pic_sysphoto: {},
  pic_photo_or_album: {},
  pic_weixin: {},
  location_select: {},
}

function decodeEvent({ Event = '', EventKey = '' }: wire.Envelope): Decoded {
  const name = Event.toLowerCase()
  const content = '' // events are told apart by their keys alone
  if (name === 'subscribe') {
    const scene = EventKey.startsWith('qrscene_') ? { scene: EventKey.slice(8) } : {}
    return { event: { name: 'customer:subscribe', ...scene }, opens: 'subscribe', content }
  }
  if (name === 'unsubscribe') return { event: { name: 'customer:unsubscribe' }, content }
  if (name === 'scan') {
    return { event: { name: 'customer:scan', scene: EventKey }, opens: 'scan', content }
  }
  const menu = Object.hasOwn(MENU, name) ? MENU[name] : undefined
  if (menu === undefined) return { event: { name: 'customer:notice', notice: name }, content }
  return { event: { name: 'customer:menu', action: name, item: EventKey }, ...menu, content }
}
