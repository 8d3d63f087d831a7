import { randomInt } from 'node:crypto'
import { type AesKey, encryptMessage, sha1Signature } from '#src/platform/tencent-crypto.ts'
import type { CallbackFormat, CallbackMode } from './model.ts'

/**
 * A callback's fields in the order in which the platform writes them. Bigints are ids above 2^53, bare in both formats;
 * lists become `<item>`s in XML.
 */
export type WireValue = string | number | bigint | WireFields | readonly WireFields[]
export interface WireFields {
  readonly [name: string]: WireValue | undefined
}

export interface CallbackRequest {
  query: string
  body: string
  type: string
}

export interface Sealing {
  appid: string
  openid: string
  token: string
  key: AesKey
  mode: CallbackMode
  format: CallbackFormat
}

/** Puts one message into the form in which the account's server gets it: query and body. */
export function sealCallback(fields: WireFields, by: Sealing, nowMs: number): CallbackRequest {
  const clear = write(fields, by.format)
  const signed = signedQuery(by.token, nowMs)
  const openid = `&openid=${encodeURIComponent(by.openid)}`
  const type = by.format === 'json' ? 'application/json' : 'text/xml'
  if (by.mode === 'plain') return { query: `${signed.query}${openid}`, body: clear, type }
  const encrypted = encryptMessage(clear, by.key, by.appid)
  const shown = by.mode === 'compatible' ? fields : { ToUserName: fields['ToUserName'] }
  const signature = sha1Signature(by.token, signed.timestamp, signed.nonce, encrypted)
  return {
    query: `${signed.query}${openid}&encrypt_type=aes&msg_signature=${signature}`,
    body: write({ ...shown, Encrypt: encrypted }, by.format),
    type,
  }
}

/** The query that every request of the platform carries, from the moment `nowMs`. */
export function signedQuery(
  token: string,
  nowMs: number,
): { query: string; timestamp: string; nonce: string } {
  const timestamp = String(Math.floor(nowMs / 1000))
  const nonce = String(randomInt(1_000_000_000, 2_147_483_647))
  const signature = sha1Signature(token, timestamp, nonce)
  return { query: `signature=${signature}&timestamp=${timestamp}&nonce=${nonce}`, timestamp, nonce }
}

function write(fields: WireFields, format: CallbackFormat): string {
  return format === 'json' ? jsonObject(fields) : `<xml>${xmlElements(fields)}</xml>`
}

function jsonObject(fields: WireFields): string {
  const members: string[] = []
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) members.push(`${JSON.stringify(name)}:${jsonValue(value)}`)
  }
  return `{${members.join(',')}}`
}

function jsonValue(value: WireValue): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (isList(value)) return `[${value.map(jsonObject).join(',')}]`
  return jsonObject(value)
}

function xmlElements(fields: WireFields): string {
  let elements = ''
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) elements += `<${name}>${xmlValue(value)}</${name}>\n`
  }
  return elements
}

function xmlValue(value: WireValue): string {
  if (typeof value === 'string') return `<![CDATA[${value.split(']]>').join(']]]]><![CDATA[>')}]]>`
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (isList(value)) return value.map((item) => `<item>${xmlElements(item)}</item>`).join('')
  return xmlElements(value)
}

function isList(value: WireFields | readonly WireFields[]): value is readonly WireFields[] {
  return Array.isArray(value)
}
