import { createCipheriv, createDecipheriv, hash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Tencent's callback signature and encryption, the same for 公众号, 小程序 and 企业微信: SHA-1 over sorted parts, and
 * AES-256-CBC over random(16) + length(4, big endian) + message + receiver's id, padded to blocks of 32 bytes.
 * Vendor pages: developers.weixin.qq.com "消息加解密说明", developer.work.weixin.qq.com 90968, both read 2026-09.
 */

/** A decoded EncodingAESKey, made once per account by {@link readAesKey}. */
export interface AesKey {
  readonly key: Buffer
  readonly iv: Buffer
}

export type Decrypted =
  | { ok: true; message: string; key: AesKey }
  /** `no-key-fits`: none of the keys opens it. `other-receiver`: a key opens it, but it was written to somebody else. */
  | { ok: false; reason: 'no-key-fits' | 'other-receiver' }

const ENCODED_KEY = /^[A-Za-z0-9]{43}$/
const RANDOM_BYTES = 16
const HEADER_BYTES = RANDOM_BYTES + 4
const BLOCK_BYTES = 32

/** Whether `text` has the form of an EncodingAESKey: 43 letters and digits. */
export function isEncodingAesKey(text: string): boolean {
  return ENCODED_KEY.test(text)
}

/**
 * Decodes an EncodingAESKey; the initial vector is its first half.
 * @throws {TypeError} when it is not 43 letters and digits; the message does not hold the key
 */
export function readAesKey(encodingAesKey: string): AesKey {
  if (!isEncodingAesKey(encodingAesKey)) {
    throw new TypeError('an EncodingAESKey has exactly 43 letters and digits')
  }
  const key = Buffer.from(`${encodingAesKey}=`, 'base64')
  return { key, iv: key.subarray(0, 16) }
}

/** The signature of a callback: lower-case hex SHA-1 over the sorted parts (token, timestamp, nonce and, encrypted, the cipher text). */
export function sha1Signature(...parts: string[]): string {
  return hash('sha1', parts.sort().join(''))
}

/** Compares two texts in a time that depends on their lengths only. */
export function sameText(left: string, right: string): boolean {
  const leftBytes = Buffer.from(left)
  const rightBytes = Buffer.from(right)
  return leftBytes.length === rightBytes.length && timingSafeEqual(leftBytes, rightBytes)
}

/** Whether `signature` is the one that these parts give; an absent signature never is. */
export function isSignedBy(signature: string | undefined, ...parts: string[]): boolean {
  return signature !== undefined && sameText(signature, sha1Signature(...parts))
}

/**
 * Encrypts one message to base64.
 * @param receiveId AppID of a 公众号 or 小程序, CorpID of a 企业微信 app
 * @param random 16 bytes; given only by tests
 */
export function encryptMessage(
  message: string,
  { key, iv }: AesKey,
  receiveId: string,
  random: Buffer = randomBytes(RANDOM_BYTES),
): string {
  const messageBytes = Buffer.byteLength(message)
  const size = HEADER_BYTES + messageBytes + Buffer.byteLength(receiveId)
  const padding = BLOCK_BYTES - (size % BLOCK_BYTES)
  const plain = Buffer.alloc(size + padding, padding)
  random.copy(plain, 0, 0, RANDOM_BYTES)
  plain.writeUInt32BE(messageBytes, RANDOM_BYTES)
  plain.write(message, HEADER_BYTES)
  plain.write(receiveId, HEADER_BYTES + messageBytes)
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
  return cipher.update(plain, undefined, 'base64') + cipher.final('base64')
}

/**
 * Decrypts one message, trying the keys in order: after a change of key, messages under the previous one still arrive
 * for a while. The returned key is the one that an answer must be encrypted with.
 */
export function decryptMessage(
  encrypted: string,
  keys: readonly AesKey[],
  receiveId: string,
): Decrypted {
  const bytes = Buffer.from(encrypted, 'base64')
  if (bytes.length === 0 || bytes.length % BLOCK_BYTES !== 0) {
    return { ok: false, reason: 'no-key-fits' }
  }
  let reason: 'no-key-fits' | 'other-receiver' = 'no-key-fits'
  for (const key of keys) {
    const opened = open(bytes, key)
    if (opened === undefined) continue
    if (opened.receiveId === receiveId) return { ok: true, message: opened.message, key }
    reason = 'other-receiver'
  }
  return { ok: false, reason }
}

function open(
  bytes: Buffer,
  { key, iv }: AesKey,
): { message: string; receiveId: string } | undefined {
  const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false)
  const plain = decipher.update(bytes) // without padding every block is already in here
  const end = unpaddedLength(plain)
  if (end < HEADER_BYTES) return undefined
  const messageEnd = HEADER_BYTES + plain.readUInt32BE(RANDOM_BYTES)
  if (messageEnd > end) return undefined
  return {
    message: plain.toString('utf8', HEADER_BYTES, messageEnd),
    receiveId: plain.toString('utf8', messageEnd, end),
  }
}

/** Where the padding begins; 0 when it is not what PKCS#7 with blocks of 32 asks for. */
function unpaddedLength(plain: Buffer): number {
  const padding = plain[plain.length - 1] ?? 0
  if (padding < 1 || padding > BLOCK_BYTES) return 0
  const end = plain.length - padding
  for (let index = end; index < plain.length; index++) {
    if (plain[index] !== padding) return 0
  }
  return end
}
