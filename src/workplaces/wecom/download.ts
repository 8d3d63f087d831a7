import { createDecipheriv, type Decipheriv } from 'node:crypto'
import { Readable, Transform, type TransformCallback } from 'node:stream'
import { describeHttpFailure, type Http } from '#src/platform/http.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { FetchedMedia } from '#src/ports/media.ts'
import { parseMediaHandle } from './ids.ts'

/** Links of callbacks live 5 minutes (101463, read 2026-09). */
const LINK_MS = 5 * 60_000
const BLOCK = 32

/**
 * Opens a file that a member sent, decrypting it on the way.
 * @throws {PlatformError} give-up `wecom.media_expired` once the link is old
 */
export async function download(ref: string, http: Http, nowMs: number): Promise<FetchedMedia> {
  const { url, aesKey, at } = parseMediaHandle(ref)
  if (nowMs > at + LINK_MS) throw expired('the link is older than 5 minutes')
  const answer = await get(http, url)
  const name = fileNameOf(answer.disposition)
  const stream = aesKey === undefined ? answer.stream : unseal(answer.stream, aesKey)
  return { stream, ...(name !== undefined && { name }) }
}

async function get(http: Http, url: string): Promise<{ stream: Readable; disposition: string }> {
  const answer = await http
    .get<unknown>(url, { responseType: 'stream' })
    .catch((error: unknown) => {
      throw failed(describeHttpFailure(error), error)
    })
  const { data, status, headers } = answer
  if (!(data instanceof Readable)) throw failed('no stream')
  if (status !== 200) data.destroy()
  if (status >= 400 && status < 500) throw expired(`HTTP ${status}`)
  if (status !== 200) throw failed(`HTTP ${status}`)
  return { stream: data, disposition: String(headers['content-disposition'] ?? '') }
}

/** `filename*` (RFC 5987) before `filename`, which WeCom percent-encodes. */
function fileNameOf(disposition: string): string | undefined {
  const found =
    /filename\*=UTF-8''([^;\s]+)/i.exec(disposition) ?? /filename="?([^";]+)"?/i.exec(disposition)
  if (found?.[1] === undefined) return undefined
  try {
    return decodeURIComponent(found[1])
  } catch {
    return found[1]
  }
}

/** AES-256-CBC, iv = first 16 bytes of the key, PKCS#7 to 32 bytes (101463); a broken padding fails the stream. */
function unseal(sealed: Readable, aesKey: string): Readable {
  const key = Buffer.from(aesKey, 'base64')
  if (key.length !== 32) throw failed('a key that is not 32 bytes long')
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  const open = sealed.pipe(new Unseal(decipher))
  sealed.on('error', (error) => open.destroy(error))
  open.on('close', () => sealed.destroy())
  return open
}

/** Decrypts and holds the last block back until it is known to be the last. */
class Unseal extends Transform {
  readonly #decipher: Decipheriv
  #held = Buffer.alloc(0)

  constructor(decipher: Decipheriv) {
    super()
    this.#decipher = decipher
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    const clear = Buffer.concat([this.#held, this.#decipher.update(chunk)])
    const ready = Math.max(0, clear.length - BLOCK)
    this.#held = clear.subarray(ready)
    done(null, clear.subarray(0, ready))
  }

  override _flush(done: TransformCallback): void {
    try {
      this.#decipher.final()
      done(null, withoutPadding(this.#held))
    } catch (error) {
      done(failed('it could not be decrypted', error))
    }
  }
}

function withoutPadding(last: Buffer): Buffer {
  const pad = last.at(-1) ?? 0
  const isPadding = last.subarray(last.length - pad).every((byte) => byte === pad)
  if (pad < 1 || pad > BLOCK || pad > last.length || !isPadding) throw new Error('bad padding')
  return last.subarray(0, last.length - pad)
}

const failed = (what: string, cause?: unknown): PlatformError =>
  new PlatformError('wecom.download_failed', `WeCom media download: ${what}`, {
    delivered: 'no',
    next: { do: 'retry', afterMs: 2000 },
    cause,
  })

const expired = (what: string): PlatformError =>
  new PlatformError('wecom.media_expired', `WeCom media download: ${what}`, {
    delivered: 'no',
    next: { do: 'give-up', reason: 'wecom.media_expired' },
  })
