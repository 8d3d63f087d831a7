import type { Readable } from 'node:stream'
import type { MediaFile, MediaKind } from '../domain/content.ts'
import type { MediaHash } from '../domain/ids.ts'

/** A file on its way in from a platform. The type is not believed: the store sniffs the bytes. */
export interface FetchedMedia {
  stream: Readable
  /** As the platform calls it. */
  name?: string
}

/** Files by content hash. Written to a temporary name, synced, renamed; the same bytes are kept once. */
export interface MediaStore extends MediaReader {
  /** @throws {PlatformError} `media.too_large` (never retried) when the stream is longer than `maxBytes` */
  put(media: FetchedMedia, kind: MediaKind, maxBytes: number): Promise<MediaFile>
}

export interface MediaReader {
  open(hash: MediaHash): Readable
  /** The whole file, for an upload that needs its length and hash. */
  read(hash: MediaHash): Promise<Uint8Array>
}
