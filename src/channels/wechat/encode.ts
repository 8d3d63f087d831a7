import type { Content } from '#src/domain/content.ts'
import { notSendable } from './errors.ts'
import type { SendBody, SendPart } from './wire.ts'

/** The platform's ids of the files of one message, uploaded before it is encoded. */
export interface Uploaded {
  mediaId?: string
  thumbId?: string
}

export interface EncodeOptions {
  textMaxBytes: number
  kfAccount?: string | undefined
}

/**
 * Writes our message as the body of "发送客服消息" (read 2026-09).
 * @returns JSON text without `\u` escapes, which the platform refuses (40033)
 * @throws {PlatformError} for what a 公众号 cannot send: splitting, and choosing another kind, is the core's part
 */
export function encode(
  to: string,
  content: Content,
  uploaded: Uploaded,
  { textMaxBytes, kfAccount }: EncodeOptions,
): string {
  const part = encodePart(content, uploaded)
  if (part.msgtype === 'text') checkText(part.text.content, textMaxBytes)
  const service = kfAccount === undefined ? {} : { customservice: { kf_account: kfAccount } }
  const body: SendBody = { touser: to, ...part, ...service }
  return JSON.stringify(body)
}

function encodePart(content: Content, { mediaId = '', thumbId = '' }: Uploaded): SendPart {
  switch (content.kind) {
    case 'text':
      return { msgtype: 'text', text: { content: plain(content.text) } }
    case 'image':
      return { msgtype: 'image', image: { media_id: mediaId } }
    case 'voice':
      return { msgtype: 'voice', voice: { media_id: mediaId } }
    case 'video': {
      const video = { media_id: mediaId, thumb_media_id: thumbId, title: '', description: '' }
      return { msgtype: 'video', video }
    }
    case 'link': {
      const { title, description, url, picture = '' } = content
      const article = { title: plain(title), description: plain(description), url, picurl: picture }
      return { msgtype: 'news', news: { articles: [article] } }
    }
    case 'miniprogram': {
      const { title, appId, path } = content
      const page = { title: plain(title), appid: appId, pagepath: path, thumb_media_id: thumbId }
      return { msgtype: 'miniprogrampage', miniprogrampage: page }
    }
    case 'menu': {
      const list = content.items.map(({ id, text }) => ({ id: plain(id), content: plain(text) }))
      const menu = { head_content: plain(content.head), list, tail_content: plain(content.tail) }
      return { msgtype: 'msgmenu', msgmenu: menu }
    }
    default: // file, location, unsupported: not in the platform's list
      throw notSendable('kind', `a 公众号 cannot send ${content.kind}`, 'kind-unsupported')
  }
}

function checkText(text: string, maxBytes: number): void {
  if (text.trim() === '') throw notSendable('empty', 'the text is empty', 'empty')
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes) {
    throw notSendable('too_long', `the text has ${bytes} bytes`, 'wechat.too-long')
  }
}

/** Without what JSON would have to escape as `\uXXXX`: control characters but tab and line ends, and half characters. */
function plain(text: string): string {
  return text.replaceAll(/(?![\t\n\r])\p{Cc}/gu, '').toWellFormed()
}
