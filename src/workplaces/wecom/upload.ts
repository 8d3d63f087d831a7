import { createHash } from 'node:crypto'
import type { MediaFile } from '#src/domain/content.ts'
import { PlatformError } from '#src/ports/errors.ts'
import { UPLOAD_BYTES } from './capabilities.ts'
import { cutBytes } from './markdown.ts'
import type { MediaType } from './wire.ts'

/** Before base64 (101463, read 2026-09). */
export const CHUNK_BYTES = 512 * 1024
/** Smaller files are refused (101463). */
const LEAST_BYTES = 5
const FILE_NAME_BYTES = 256

export interface UploadPlan {
  type: MediaType
  filename: string
}

/**
 * How a file goes out: as what it is where WeCom takes that (png, jpg, gif; AMR; MP4; each within its size), else as a
 * plain file.
 * @throws {PlatformError} give-up `too-large` or `empty`
 */
export function planUpload(file: MediaFile, imageMaxBytes: number): UploadPlan {
  if (file.bytes > UPLOAD_BYTES.file) throw unfit('too-large', `${file.bytes} bytes`)
  if (file.bytes < LEAST_BYTES) throw unfit('empty', `${file.bytes} bytes`)
  return { type: uploadType(file, imageMaxBytes), filename: fileName(file) }
}

function uploadType({ kind, type, bytes }: MediaFile, imageMaxBytes: number): MediaType {
  if (kind === 'image' && IMAGES.has(type) && bytes <= imageMaxBytes) return 'image'
  if (kind === 'voice' && type === 'audio/amr' && bytes <= UPLOAD_BYTES.voice) return 'voice'
  if (kind === 'video' && type === 'video/mp4' && bytes <= UPLOAD_BYTES.video) return 'video'
  return 'file'
}

const IMAGES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif'])

/** The sender's name for it, with an ending that phones can open by. */
function fileName({ name, kind, type }: MediaFile): string {
  const ending = ENDINGS[type] ?? ''
  const given = name ?? kind
  const dot = given.lastIndexOf('.')
  const stem = dot > 0 ? given.slice(0, dot) : given
  const tail = dot > 0 ? given.slice(dot) : ending
  return cutBytes(stem, FILE_NAME_BYTES - Buffer.byteLength(tail)) + tail
}

const ENDINGS: Readonly<Record<string, string>> = {
  'image/png': '.png',
  'image/jpeg': '.jpg',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'audio/amr': '.amr',
  'audio/mpeg': '.mp3',
  'audio/wav': '.wav',
  'video/mp4': '.mp4',
  'application/pdf': '.pdf',
  'text/plain': '.txt',
}

/** The body of `aibot_upload_media_init` (101463). */
export function initBody({ type, filename }: UploadPlan, bytes: Uint8Array) {
  return {
    type,
    filename,
    total_size: bytes.length,
    total_chunks: Math.ceil(bytes.length / CHUNK_BYTES),
    md5: createHash('md5').update(bytes).digest('hex'),
  }
}

/** The bodies of `aibot_upload_media_chunk`, from index 0 (the field table of 101463; one example there says 1). */
export function* chunkBodies(uploadId: string, bytes: Uint8Array) {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let index = 0; index * CHUNK_BYTES < whole.length; index += 1) {
    const chunk = whole.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)
    yield { upload_id: uploadId, chunk_index: index, base64_data: chunk.toString('base64') }
  }
}

const unfit = (reason: 'too-large' | 'empty', what: string): PlatformError =>
  new PlatformError('wecom.media_refused', `WeCom takes no file of ${what}`, {
    delivered: 'no',
    next: { do: 'give-up', reason },
  })
