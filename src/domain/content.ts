import type { MediaHash } from './ids.ts'

export type MediaKind = 'image' | 'voice' | 'video' | 'file'

/** A file that we keep. `name` is what the sender called it, if they did. */
export interface MediaFile {
  hash: MediaHash
  kind: MediaKind
  /** MIME type, sniffed from the bytes. */
  type: string
  bytes: number
  name?: string
}

/** What one message says, either way. All text is plain: drawing escapes it. */
export type Content =
  | { kind: 'text'; text: string }
  | MediaContent
  | { kind: 'location'; latitude: number; longitude: number; label: string }
  | { kind: 'link'; title: string; description: string; url: string; picture?: string }
  | { kind: 'miniprogram'; title: string; appId: string; path: string; thumb?: MediaHash }
  | { kind: 'menu'; head: string; items: { id: string; text: string }[]; tail: string }
  /** A kind that the platform sends and we cannot show; the raw body is kept. `type` is the platform's word. */
  | { kind: 'unsupported'; type: string }

export interface MediaContent {
  kind: MediaKind
  /** Missing while it is being fetched. */
  file?: MediaFile
  /** Why there is no file, a key of cards/reasons.ts. */
  lost?: string
  /** Speech as text, when the platform recognised it. */
  transcript?: string
  /** Milliseconds. */
  durationMs?: number
}

export function isMedia(content: Content): content is MediaContent {
  return (
    content.kind === 'image' ||
    content.kind === 'voice' ||
    content.kind === 'video' ||
    content.kind === 'file'
  )
}
