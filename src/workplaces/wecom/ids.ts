import { z } from 'zod'

/** What a button sends back: the action, the lease that the card was drawn with, and what the action needs. */
export interface ButtonKey {
  action: string
  lease: number
  value?: string
}

/** A button's key, at most 1024 bytes (101032, read 2026-09). Nothing in it is secret, and nothing is believed. */
export function makeButtonKey({ action, lease, value }: ButtonKey): string {
  const key = value === undefined ? `${action}:${lease}` : `${action}:${lease}:${value}`
  if (Buffer.byteLength(key) > 1024) throw new Error('a button key of more than 1024 bytes')
  return key
}

/** @throws {Error} when the key is none of ours */
export function parseButtonKey(key: string): ButtonKey {
  const found = /^([a-z-]{1,40}):(\d{1,15})(?::(.+))?$/s.exec(key)
  if (found?.[1] === undefined) throw new Error('not a button of ours')
  const [, action, lease, value] = found
  return { action, lease: Number(lease), ...(value !== undefined && { value }) }
}

/** Where a file that a member sent can be fetched, and until when. */
export interface MediaHandle {
  url: string
  /** Base64; without one the file is not sealed. */
  aesKey?: string
  /** Epoch milliseconds of its arrival here: the link lives 5 minutes. */
  at: number
}

const handleShape = z.object({
  url: z.url({ protocol: /^https?$/ }),
  aesKey: z.string().optional(),
  at: z.number(),
})

/** The `ref` of a MediaRef of this workplace. */
export const makeMediaHandle = (handle: MediaHandle): string => JSON.stringify(handle)

/** @throws {Error} when the text is no handle of ours */
export function parseMediaHandle(ref: string): MediaHandle {
  const { url, aesKey, at } = handleShape.parse(JSON.parse(ref))
  return { url, at, ...(aesKey !== undefined && { aesKey }) }
}

/**
 * The one form of a userid that we keep: they are case-insensitive, so in lower case; encrypted ones (`wo…`) are not and
 * stay as they are.
 */
export const userKey = (userid: string): string =>
  userid.startsWith('wo') ? userid : userid.toLowerCase()
