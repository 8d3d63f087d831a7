import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { open, readFile } from 'node:fs/promises'
import { mediaHash, type MediaHash } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'

export interface MediaLinks {
  /** A path that shows this file for as long as links live; nobody can make one who has not been given it. */
  path(hash: MediaHash): string
  /** The file behind a path's last part; undefined when the signature is not ours. */
  read(token: string): { hash: MediaHash; expiresAt: number } | undefined
}

export interface MediaLinkOptions {
  secret: Buffer
  clock: Clock
  lifeMs: number
}

/** One kind of link so far; a second one gets the next number, so that neither can be turned into the other. */
const KIND = 1
const HASH_BYTES = 32
const HEAD_BYTES = 1 + 6 + HASH_BYTES
const MAC_BYTES = 16

/** Signed links: kind, expiry, content hash, and their HMAC-SHA256 (16 bytes), in base64url. */
export function createMediaLinks({ secret, clock, lifeMs }: MediaLinkOptions): MediaLinks {
  const sign = (head: Buffer): Buffer =>
    createHmac('sha256', secret).update(head).digest().subarray(0, MAC_BYTES)
  return {
    path(hash) {
      const head = Buffer.alloc(HEAD_BYTES)
      head.writeUInt8(KIND, 0)
      head.writeUIntBE(clock.now() + lifeMs, 1, 6)
      head.write(hash, 7, 'hex')
      return `/m/${Buffer.concat([head, sign(head)]).toString('base64url')}`
    },
    read(token) {
      const bytes = Buffer.from(token, 'base64url')
      if (bytes.length !== HEAD_BYTES + MAC_BYTES) return undefined
      const head = bytes.subarray(0, HEAD_BYTES)
      if (!timingSafeEqual(sign(head), bytes.subarray(HEAD_BYTES))) return undefined
      if (head.readUInt8(0) !== KIND) return undefined
      return { hash: mediaHash(head.toString('hex', 7)), expiresAt: head.readUIntBE(1, 6) }
    },
  }
}

/**
 * The secret behind the links, kept in a file so that they outlive a restart; made at the first start.
 * Deleting the file ends all links.
 */
export async function loadLinkSecret(file: string): Promise<Buffer> {
  try {
    return await readSecret(file)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const secret = randomBytes(32)
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(secret)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return secret
}

async function readSecret(file: string): Promise<Buffer> {
  const secret = await readFile(file)
  if (secret.length < 32) throw new Error(`${file} is damaged: delete it, and a new one is made`)
  return secret
}
