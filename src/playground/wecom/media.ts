import { createCipheriv, createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type Answer, OK, refused } from './answers.ts'
import { uploadLimit } from './limits.ts'
import type { Media, MediaType } from './model.ts'

const MEBIBYTE = 1024 * 1024
/** Sizes of (101463), read 2026-09; another copy of that page says 2 MB for images. */
const MAX_BYTES: Record<MediaType, number> = {
  image: 10 * MEBIBYTE,
  voice: 2 * MEBIBYTE,
  video: 10 * MEBIBYTE,
  file: 20 * MEBIBYTE,
}
const CHUNK_BYTES = 512 * 1024
const UPLOAD_MS = 30 * 60_000
const MEDIA_ID_MS = 3 * 24 * 60 * 60_000
const LINK_MS = 5 * 60_000

const initBody = z.object({
  type: z.enum(['image', 'file', 'voice', 'video']),
  filename: z
    .string()
    .min(1)
    .refine((name) => Buffer.byteLength(name) <= 256),
  total_size: z.int().min(5),
  total_chunks: z.int().min(1).max(100),
  md5: z.string().optional(),
})
const chunkBody = z.object({
  upload_id: z.string(),
  chunk_index: z.int().min(0),
  base64_data: z.string().min(1),
})
const finishBody = z.object({ upload_id: z.string() })

interface Upload extends z.infer<typeof initBody> {
  atMs: number
  chunks: Map<number, Buffer>
}

/** Uploads of the bot, and the encrypted links under which it fetches what members sent. */
export class MediaStore {
  readonly #now: () => number
  readonly #uploads = new Map<string, Upload>()
  readonly #uploaded = new Map<string, Media & { atMs: number }>()
  readonly #links = new Map<string, { media: Media; sealed: Buffer; atMs: number }>()
  #limit = uploadLimit()
  limited = true

  constructor(now: () => number) {
    this.#now = now
  }

  /** `aibot_upload_media_init` (101463): gives an upload_id that lives 30 minutes, across reconnects. */
  init(body: unknown): Answer {
    const parsed = initBody.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'upload init')
    if (parsed.data.total_size > MAX_BYTES[parsed.data.type]) return refused('mediaTooLarge')
    if (this.limited && !this.#limit.take(this.#now())) return refused('tooOften', 'uploads')
    const uploadId = randomBytes(12).toString('hex')
    this.#uploads.set(uploadId, { ...parsed.data, atMs: this.#now(), chunks: new Map() })
    return { ...OK, body: { upload_id: uploadId } }
  }

  /** `aibot_upload_media_chunk` (101463): from index 0, in any order, repeatable, 512 KB each before base64. */
  chunk(body: unknown): Answer {
    const parsed = chunkBody.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'upload chunk')
    const upload = this.#open(parsed.data.upload_id)
    if (upload === undefined) return refused('badRequest', 'upload_id')
    if (parsed.data.chunk_index >= upload.total_chunks) return refused('badRequest', 'chunk_index')
    const bytes = Buffer.from(parsed.data.base64_data, 'base64')
    if (bytes.length > CHUNK_BYTES) return refused('mediaTooLarge', 'chunk')
    upload.chunks.set(parsed.data.chunk_index, bytes)
    return OK
  }

  /** `aibot_upload_media_finish` (101463): gives a media_id that lives 3 days. */
  finish(body: unknown): Answer {
    const parsed = finishBody.safeParse(body)
    const upload = parsed.success ? this.#open(parsed.data.upload_id) : undefined
    if (!parsed.success || upload === undefined) return refused('badRequest', 'upload_id')
    const bytes = joined(upload)
    if (bytes === undefined) return refused('badRequest', 'size, chunks or md5 do not match')
    this.#uploads.delete(parsed.data.upload_id)
    const mediaId = randomBytes(24).toString('base64url')
    const { type, filename } = upload
    this.#uploaded.set(mediaId, { type, filename, bytes, atMs: this.#now() })
    return {
      ...OK,
      body: { type, media_id: mediaId, created_at: String(Math.floor(this.#now() / 1000)) },
    }
  }

  /** What the bot uploaded under this id, while it lives and is of that type. */
  uploaded(mediaId: string, type: MediaType): Media | undefined {
    const media = this.#uploaded.get(mediaId)
    if (media === undefined || media.type !== type) return undefined
    if (media.atMs + MEDIA_ID_MS < this.#now()) return undefined
    return { type: media.type, filename: media.filename, bytes: media.bytes }
  }

  /** Encrypts a member's media under a key of its own; the path is good for 5 minutes (101463). */
  link(media: Media): { path: string; aeskey: string } {
    this.#forgetOldLinks()
    const aesKey = randomBytes(32)
    const token = randomBytes(16).toString('hex')
    this.#links.set(token, { media, sealed: seal(media.bytes, aesKey), atMs: this.#now() })
    return { path: `/media/${token}`, aeskey: aesKey.toString('base64') }
  }

  /** The sealed bytes behind a link's path; undefined when unknown or older than 5 minutes. */
  fetch(path: string): { filename: string; sealed: Buffer } | undefined {
    const found = this.#links.get(path.slice('/media/'.length))
    if (found === undefined || found.atMs + LINK_MS < this.#now()) return undefined
    return { filename: found.media.filename, sealed: found.sealed }
  }

  #forgetOldLinks(): void {
    for (const [token, { atMs }] of this.#links) {
      if (atMs + LINK_MS >= this.#now()) return
      this.#links.delete(token)
    }
  }

  #open(uploadId: string): Upload | undefined {
    const upload = this.#uploads.get(uploadId)
    return upload !== undefined && upload.atMs + UPLOAD_MS >= this.#now() ? upload : undefined
  }
}

function joined(upload: Upload): Buffer | undefined {
  const parts: Buffer[] = []
  for (let index = 0; index < upload.total_chunks; index += 1) {
    const part = upload.chunks.get(index)
    if (part === undefined) return undefined
    parts.push(part)
  }
  const bytes = Buffer.concat(parts)
  if (bytes.length !== upload.total_size) return undefined
  const md5 = createHash('md5').update(bytes).digest('hex')
  return upload.md5 === undefined || upload.md5 === md5 ? bytes : undefined
}

/** AES-256-CBC, iv = first 16 bytes of the key, PKCS#7 to 32 (101463, read 2026-09). */
function seal(bytes: Buffer, key: Buffer): Buffer {
  const pad = 32 - (bytes.length % 32)
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([
    cipher.update(bytes),
    cipher.update(Buffer.alloc(pad, pad)),
    cipher.final(),
  ])
}
