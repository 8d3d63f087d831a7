import type { WireFields } from './callback.ts'
import type { PhoneContent } from './model.ts'

/** A message as the customer wrote it: what goes over the wire, and what the phone shows. */
export interface Written {
  type: string
  fields: WireFields
  content: PhoneContent
}

/** The account's library, as far as a phone uses it. */
export interface Sends {
  keepMedia(bytes: Buffer, name: string): string
  /** Where the account's server can see a picture. */
  pictureUrl(mediaId: string): string
}

/** A picture of one pixel, where the platform would make a small one of a video. */
const ONE_PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

// Fields as on the vendor page "接收普通消息", read 2026-09.

export function textMessage(text: string): Written {
  return { type: 'text', fields: { Content: text }, content: { kind: 'text', text } }
}

export function imageMessage(sends: Sends, bytes: Buffer): Written {
  const mediaId = sends.keepMedia(bytes, 'image')
  const fields = { PicUrl: sends.pictureUrl(mediaId), MediaId: mediaId }
  return { type: 'image', fields, content: { kind: 'image', mediaId } }
}

export function voiceMessage(sends: Sends, bytes: Buffer, format: string): Written {
  const mediaId = sends.keepMedia(bytes, `voice.${format}`)
  const fields = { MediaId: mediaId, Format: format, Recognition: '' }
  return { type: 'voice', fields, content: { kind: 'voice', mediaId } }
}

export function videoMessage(sends: Sends, bytes: Buffer, type: 'video' | 'shortvideo'): Written {
  const mediaId = sends.keepMedia(bytes, `${type}.mp4`)
  const fields = { MediaId: mediaId, ThumbMediaId: sends.keepMedia(ONE_PIXEL, 'thumb.png') }
  return { type, fields, content: { kind: type, mediaId } }
}

/** A kind that no official page lists, though it has been seen. */
export function fileMessage(sends: Sends, bytes: Buffer, name: string): Written {
  const mediaId = sends.keepMedia(bytes, name)
  const fields = { Title: name, FileTotalLen: bytes.length, MediaId: mediaId }
  return { type: 'file', fields, content: { kind: 'file', mediaId } }
}

export function locationMessage(latitude: number, longitude: number, label: string): Written {
  const fields = {
    Location_X: latitude.toFixed(6),
    Location_Y: longitude.toFixed(6),
    Scale: 16,
    Label: label,
  }
  return { type: 'location', fields, content: { kind: 'location', latitude, longitude, label } }
}

export function linkMessage(title: string, description: string, url: string): Written {
  const fields = { Title: title, Description: description, Url: url }
  return { type: 'link', fields, content: { kind: 'link', title, description, url } }
}

export function otherMessage(type: string, fields: WireFields): Written {
  return { type, fields, content: { kind: 'other', type } }
}
