import { type AesKey, decryptMessage, isSignedBy } from '#src/platform/tencent-crypto.ts'
import { parseXml, type XmlNode, type XmlValue } from '#src/platform/xml.ts'
import type { Article, CallbackMode, PhoneContent } from './model.ts'

/** What an answer to a callback says to the customer: nothing, something, or nonsense. */
export type PassiveReply = { ok: true; content?: PhoneContent } | { ok: false }

export interface PassiveContext {
  appid: string
  token: string
  key: AesKey
  mode: CallbackMode
  openid: string
  originalId: string
  hasMedia: (mediaId: string) => boolean
}

const NOTHING: PassiveReply = { ok: true }
const NONSENSE: PassiveReply = { ok: false }

/** Reads the body of an answer as the platform does; vendor page "被动回复用户消息", read 2026-09. */
export function readPassiveReply(body: string, context: PassiveContext): PassiveReply {
  const text = body.trim()
  if (text === '' || text === 'success') return NOTHING
  try {
    const clear = open(parseXml(text), context)
    return clear === undefined ? NONSENSE : readMessage(clear, context)
  } catch {
    return NONSENSE // neither `success` nor XML
  }
}

/** The clear message; undefined when the answer is sealed wrongly, or not sealed where it must be. */
function open(node: XmlNode, context: PassiveContext): XmlNode | undefined {
  const encrypted = node['Encrypt']
  if (encrypted === undefined) return context.mode === 'safe' ? undefined : node
  if (context.mode === 'plain' || typeof encrypted !== 'string') return undefined
  const { token, key, appid } = context
  const signature = textOf(node, 'MsgSignature')
  const timestamp = textOf(node, 'TimeStamp')
  if (!isSignedBy(signature, token, timestamp, textOf(node, 'Nonce'), encrypted)) return undefined
  const opened = decryptMessage(encrypted, [key], appid)
  return opened.ok ? parseXml(opened.message) : undefined
}

function readMessage(node: XmlNode, context: PassiveContext): PassiveReply {
  if (textOf(node, 'ToUserName') !== context.openid) return NONSENSE
  if (textOf(node, 'FromUserName') !== context.originalId) return NONSENSE
  if (!/^\d+$/.test(textOf(node, 'CreateTime'))) return NONSENSE
  const type = textOf(node, 'MsgType')
  if (type === 'transfer_customer_service') return NOTHING
  const content = Object.hasOwn(READERS, type) ? READERS[type]?.(node) : undefined
  if (content === undefined) return NONSENSE
  if ('mediaId' in content && !context.hasMedia(content.mediaId)) return NONSENSE
  return { ok: true, content }
}

const READERS: Readonly<Record<string, (node: XmlNode) => PhoneContent>> = {
  text: (node) => ({ kind: 'text', text: textOf(node, 'Content') }),
  image: (node) => ({ kind: 'image', mediaId: textOf(childOf(node, 'Image'), 'MediaId') }),
  voice: (node) => ({ kind: 'voice', mediaId: textOf(childOf(node, 'Voice'), 'MediaId') }),
  video: (node) => {
    const video = childOf(node, 'Video')
    return {
      kind: 'video',
      mediaId: textOf(video, 'MediaId'),
      title: textOf(video, 'Title'),
      description: textOf(video, 'Description'),
    }
  },
  music: (node) => {
    const music = childOf(node, 'Music')
    return {
      kind: 'music',
      title: textOf(music, 'Title'),
      description: textOf(music, 'Description'),
      url: textOf(music, 'MusicUrl'),
    }
  },
  news: (node) => ({ kind: 'news', articles: articlesOf(childOf(node, 'Articles')['item']) }),
}

function articlesOf(items: XmlValue | undefined): Article[] {
  const list = isList(items) ? items : [items]
  return list.filter(isNode).map((item) => ({
    title: textOf(item, 'Title'),
    description: textOf(item, 'Description'),
    url: textOf(item, 'Url'),
    picture: textOf(item, 'PicUrl'),
  }))
}

function textOf(node: XmlNode, name: string): string {
  const value = node[name]
  return typeof value === 'string' ? value : ''
}

function childOf(node: XmlNode, name: string): XmlNode {
  const value = node[name]
  return isNode(value) ? value : {}
}

function isNode(value: XmlValue | undefined): value is XmlNode {
  return typeof value === 'object' && !Array.isArray(value)
}

function isList(value: XmlValue | undefined): value is readonly XmlValue[] {
  return Array.isArray(value)
}
