import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import type { MediaFile, MediaKind } from '../domain/content.ts'
import { mediaHash, type MediaHash } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import { PlatformError } from '../ports/errors.ts'
import type { FetchedMedia, MediaStore } from '../ports/media.ts'
import { describeHttpFailure } from './http.ts'
import { sniff, SNIFF_BYTES } from './sniff.ts'

export interface MediaStoreOptions {
  /** Made when missing, for the owner alone. Must be one file system: files are renamed inside it. */
  folder: string
  clock: Clock
  /** A download that takes longer is given up. */
  timeLimitMs?: number
}

/** Opens the folder of files and removes what a process that died has left half written. */
export async function openMediaStore({
  folder,
  clock,
  timeLimitMs = 60_000,
}: MediaStoreOptions): Promise<MediaStore> {
  const arriving = path.join(folder, 'arriving')
  await mkdir(arriving, { recursive: true, mode: 0o700 })
  for (const left of await readdir(arriving)) await rm(path.join(arriving, left), { force: true })

  return {
    async put(media, kind, maxBytes) {
      const temporary = path.join(arriving, randomUUID())
      // The reading loop throws it; but a stream may fail before the loop begins, and an unheard error ends the process.
      media.stream.on('error', () => undefined)
      const cancelLimit = clock.at(clock.now() + timeLimitMs, () => media.stream.destroy(tooSlow()))
      try {
        const received = await receive(media.stream, temporary, maxBytes)
        await moveInto(folder, temporary, received.hash)
        return describe(received, media, kind)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error instanceof PlatformError ? error : interrupted(error)
      } finally {
        cancelLimit()
        media.stream.destroy()
      }
    },
    open: (hash) => createReadStream(pathOf(folder, hash)),
    read: (hash) => readFile(pathOf(folder, hash)),
  }
}

interface ReceivedFile {
  hash: MediaHash
  bytes: number
  head: Buffer
}

async function receive(stream: Readable, target: string, maxBytes: number): Promise<ReceivedFile> {
  const file = await open(target, 'wx', 0o600)
  try {
    const received = await copy(stream, file, maxBytes)
    await file.sync()
    return received
  } finally {
    await file.close()
  }
}

async function copy(stream: Readable, file: FileHandle, maxBytes: number): Promise<ReceivedFile> {
  const digest = createHash('sha256')
  const heads: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    // Downloads are byte streams; a stream in text mode would be an adapter's mistake and is written as UTF-8.
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer)
    if (bytes < SNIFF_BYTES) heads.push(piece.subarray(0, SNIFF_BYTES - bytes))
    bytes += piece.length
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    digest.update(piece)
    await file.writeFile(piece)
  }
  if (bytes === 0) throw interrupted(new Error('no bytes'))
  return { hash: mediaHash(digest.digest('hex')), bytes, head: Buffer.concat(heads) }
}

/** The same bytes have the same place, so a file that is there already is only written over with itself. */
async function moveInto(folder: string, temporary: string, hash: MediaHash): Promise<void> {
  const target = pathOf(folder, hash)
  const shelf = path.dirname(target)
  const made = await mkdir(shelf, { recursive: true, mode: 0o700 })
  await rename(temporary, target)
  await syncFolder(shelf)
  if (made !== undefined) await syncFolder(folder)
}

/** A rename is only safe from a power cut once its folder has been synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** @throws {Error} when the hash is none, so that no path is ever made of foreign text */
function pathOf(folder: string, hash: MediaHash): string {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error('not a media hash')
  return path.join(folder, hash.slice(0, 2), hash)
}

function describe(received: ReceivedFile, media: FetchedMedia, declared: MediaKind): MediaFile {
  const { type } = sniff(received.head, media.name)
  const kind = fits(declared, type) ? declared : 'file'
  const name = media.name === undefined ? undefined : safeName(media.name)
  return {
    hash: received.hash,
    kind,
    type,
    bytes: received.bytes,
    ...(name ? { name } : {}),
  }
}

/** What is called an image but is none travels as a file, so that no client tries to draw it. */
function fits(kind: MediaKind, type: string): boolean {
  if (kind === 'image') return type.startsWith('image/')
  // A voice message may come in an Ogg or MP4 container; both are known as audio or video by their first bytes.
  if (kind === 'voice') return type.startsWith('audio/') || type === 'video/3gpp'
  if (kind === 'video') return type.startsWith('video/')
  return true
}

/** The last part of a path, without control characters, at most 120 characters. */
function safeName(name: string): string {
  const last = name.replaceAll('\\', '/').split('/').at(-1) ?? ''
  return last.replaceAll(/\p{C}/gu, '').slice(-120).toWellFormed().trim()
}

function tooLarge(maxBytes: number): PlatformError {
  return new PlatformError('media.too_large', `the file has more than ${maxBytes} bytes`, {
    delivered: 'no',
    next: { do: 'give-up', reason: 'media.too_large' },
  })
}

function tooSlow(): PlatformError {
  return new PlatformError('media.too_slow', 'the download took too long', {
    delivered: 'no',
    next: { do: 'retry' },
  })
}

function interrupted(error: unknown): PlatformError {
  // `ENOSPC` and its like come from the disk, everything else from the connection.
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const why = typeof code === 'string' ? code : describeHttpFailure(error)
  return new PlatformError('media.interrupted', `a file could not be kept: ${why}`, {
    delivered: 'no',
    next: { do: 'retry' },
    cause: error,
  })
}
