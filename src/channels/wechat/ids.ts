import { hash } from 'node:crypto'
import type { AccountId } from '#src/domain/ids.ts'
import type { Envelope } from './wire.ts'

// Shared by 公众号 and 小程序.

/**
 * The inbox key of a callback. A MsgId alone has collided between customers (WxJava #333), and two events of one
 * customer in one second do without `Event` and `EventKey` (weixin-java-tools #66).
 */
export function makeKey(account: AccountId, envelope: Envelope, content: string): string {
  const { FromUserName: from, CreateTime: at, MsgType: type, MsgId, MsgID } = envelope
  if (type !== 'event') return `${account}|${from}|${MsgId ?? `${type}:${digest(content)}`}|${at}`
  const { Event: event = '', EventKey: eventKey = '' } = envelope
  const job = MsgID ?? MsgId // the event of a finished template message names the message that it is about
  return `${account}|${from}|${event}|${eventKey}|${at}${job === undefined ? '' : `|${job}`}`
}

/**
 * Equal for two deliveries of one message under two ids: sender, second, kind and content.
 * @param content the text, or the id of the media
 */
export function makeFingerprint(envelope: Envelope, content: string): string {
  const { FromUserName: from, CreateTime: at, MsgType: type } = envelope
  return `${from}|${at}|${type}|${digest(content)}`
}

function digest(text: string): string {
  return hash('sha1', text).slice(0, 24)
}

/** Where a file of a customer lies: its kind, so that the right call fetches it, and the platform's media id. */
export interface WechatMedia {
  kind: 'image' | 'voice' | 'video'
  mediaId: string
}

export function makeMediaRef({ kind, mediaId }: WechatMedia): string {
  return `${kind}/${mediaId}`
}

/** @throws {Error} when the reference is none of ours */
export function parseMediaRef(ref: string): WechatMedia {
  const [, kind, mediaId] = /^(image|voice|video)\/(.+)$/s.exec(ref) ?? []
  if (mediaId === undefined) throw new Error('not a media reference of WeChat')
  // The expression lets nothing else through.
  return { kind: kind as WechatMedia['kind'], mediaId }
}
