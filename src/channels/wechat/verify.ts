import type { RawRequest } from '#src/ports/channel.ts'
import { Refusal } from '#src/ports/errors.ts'
import { type AesKey, decryptMessage, isSignedBy } from '#src/platform/tencent-crypto.ts'
import { parseXml } from '#src/platform/xml.ts'
import { type Fields, sealed } from './wire.ts'

// Shared by 公众号 and 小程序.

/** What a request must agree with. */
export interface Credentials {
  appId: string
  token: string
  /** The present EncodingAESKey and, after a change, the one before. */
  keys: readonly AesKey[]
  mode: 'plain' | 'compatible' | 'safe'
  timestampToleranceMs: number
}

/** A request that the platform has certainly sent: the check of the address, or a callback's clear fields. */
export type Trusted = { kind: 'check'; echo: string } | { kind: 'callback'; fields: Fields }

/**
 * Believes a request or refuses it. Cheapest first: signature, age, signature of the body, decryption, form.
 * @throws {Refusal} 403 for what is not authentic, 400 for what is malformed, 405 for another method
 */
export function open(request: RawRequest, credentials: Credentials): Trusted {
  checkQuery(request, credentials)
  if (request.method === 'GET') {
    const echo = request.query['echostr']
    if (echo === undefined) throw new Refusal('wechat.no_echo', 400, 'echostr is missing')
    return { kind: 'check', echo }
  }
  if (request.method !== 'POST') {
    throw new Refusal('wechat.method', 405, 'only GET and POST are taken')
  }
  return { kind: 'callback', fields: openBody(request, credentials) }
}

/**
 * Signature and age, which stand in the address.
 * @throws {Refusal} 403
 */
export function checkQuery(
  { query, receivedAt }: Pick<RawRequest, 'query' | 'receivedAt'>,
  credentials: Credentials,
): void {
  const { signature, timestamp = '', nonce = '' } = query
  if (!isSignedBy(signature, credentials.token, timestamp, nonce)) {
    throw new Refusal('wechat.bad_signature', 403, 'the signature does not fit')
  }
  const sentAtMs = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * 1000 : Number.NaN
  // Written so that a timestamp that is no number is refused as well.
  if (!(Math.abs(receivedAt - sentAtMs) <= credentials.timestampToleranceMs)) {
    throw new Refusal('wechat.stale', 403, 'the timestamp is too far off')
  }
}

/**
 * The clear fields of a body. `signature` does not cover the body, so where the account has a key only what was
 * decrypted counts: a clear body is refused, and the clear half of the compatible mode is not looked at.
 */
function openBody(request: RawRequest, credentials: Credentials): Fields {
  const encrypted = request.query['encrypt_type'] === 'aes'
  if (!encrypted && credentials.mode === 'plain') return parse(request.body.toString())
  if (!encrypted) throw new Refusal('wechat.not_encrypted', 403, 'the body must be encrypted')
  const frame = sealed.safeParse(parse(request.body.toString()))
  if (!frame.success) throw new Refusal('wechat.not_encrypted', 403, 'the body must be encrypted')
  return parse(decrypt(frame.data.Encrypt, request, credentials))
}

function decrypt(encrypted: string, { query }: RawRequest, credentials: Credentials): string {
  const { msg_signature: signature, timestamp = '', nonce = '' } = query
  if (!isSignedBy(signature, credentials.token, timestamp, nonce, encrypted)) {
    throw new Refusal('wechat.bad_signature', 403, 'the signature does not fit')
  }
  const opened = decryptMessage(encrypted, credentials.keys, credentials.appId)
  if (opened.ok) return opened.message
  const code = opened.reason === 'other-receiver' ? 'wechat.other_receiver' : 'wechat.no_key_fits'
  throw new Refusal(code, 403, 'the body cannot be decrypted')
}

/** Reads XML or JSON, whichever it is, into strings. */
function parse(body: string): Fields {
  const text = body.startsWith('\ufeff') ? body.slice(1).trimStart() : body.trimStart()
  try {
    if (text.startsWith('<')) return parseXml(text)
    if (text.startsWith('{')) return parseJson(text)
  } catch {
    // what cannot be read is refused below, whatever was wrong with it
  }
  throw new Refusal('wechat.malformed', 400, 'the body is neither XML nor JSON')
}

function parseJson(text: string): Fields {
  // The third parameter of a reviver is newer than the compiler's types; the text begins with a brace, so it is an object.
  return JSON.parse(text, asWritten as (key: string, value: unknown) => unknown) as Fields
}

/** Keeps numbers as they were written: a 64-bit id does not fit into a number. */
function asWritten(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value === 'number') return context.source ?? String(value)
  if (typeof value === 'boolean') return String(value)
  return value === null ? undefined : value
}
