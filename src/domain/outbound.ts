import type { Contact } from './contact.ts'
import { type Content, isMedia } from './content.ts'
import { type Conversation, isHeldBy } from './conversation.ts'
import type { AgentId } from './ids.ts'
import { type QuotaLedger, type QuotaRules, noRoomReason, reserve, room } from './quota.ts'

/** What a channel can carry, as far as the door needs it (ChannelCapabilities has it). */
export interface Carrier {
  send: Partial<Record<Content['kind'], { maxBytes: number }>>
  mediaTypes: Partial<Record<string, readonly string[]>>
  quota: QuotaRules
  typing: boolean
}

export type OutboundRefusal =
  | 'not-held'
  | 'held-by-other'
  | 'closed'
  | 'not-following'
  | 'window-closed'
  | 'quota-used'
  | 'quota-too-small'
  | 'kind-unsupported'
  | 'type-unsupported'
  | 'too-large'
  | 'no-file'
  | 'empty'
  | 'stale-card'

export type Outbound =
  /** One message each, in order; `quota` with all of them reserved under the opening that is named. */
  | { ok: true; parts: Content[]; trigger: string; triggerOpenedAt: number; quota: QuotaLedger }
  | { ok: false; refusal: OutboundRefusal }

/**
 * The one door through which every text bound for a customer passes: holder and lease, window, quota, kind, length.
 * It fails closed.
 */
export function outbound(
  said: { by: AgentId; lease?: number; content: Content },
  conversation: Conversation | undefined,
  contact: Contact,
  carrier: Carrier,
  now: number,
): Outbound {
  const refusal = maySpeak(said, conversation, contact)
  if (refusal) return { ok: false, refusal }
  const fitted = fit(said.content, carrier)
  if (typeof fitted === 'string') return { ok: false, refusal: fitted }
  const open = room(contact.quota, carrier.quota, now)
  if (!open) return { ok: false, refusal: noRoomReason(contact.quota, carrier.quota, now) }
  if (open.left < fitted.length) return { ok: false, refusal: 'quota-too-small' }
  let quota = contact.quota
  for (const _ of fitted) quota = reserve(quota, open.trigger)
  const { trigger, openedAt: triggerOpenedAt } = open
  return { ok: true, parts: fitted, trigger, triggerOpenedAt, quota }
}

function maySpeak(
  said: { by: AgentId; lease?: number },
  conversation: Conversation | undefined,
  contact: Contact,
): OutboundRefusal | undefined {
  if (!conversation || conversation.status === 'closed') return 'closed'
  if (conversation.status === 'waiting') return 'not-held'
  if (!isHeldBy(conversation, said.by)) return 'held-by-other'
  if (said.lease !== undefined && said.lease !== conversation.lease) return 'stale-card'
  return contact.following ? undefined : 'not-following'
}

/** The content as messages that each fit; a text that is too long is split where a line or a sentence ends. */
function fit(content: Content, carrier: Carrier): Content[] | OutboundRefusal {
  const limit = carrier.send[content.kind]
  if (!limit) return 'kind-unsupported'
  if (content.kind === 'text') {
    const words = content.text.trim()
    return words === ''
      ? 'empty'
      : splitText(words, limit.maxBytes).map((text) => ({ kind: 'text', text }))
  }
  if (!isMedia(content)) return [content]
  if (!content.file) return 'no-file'
  if (content.file.bytes > limit.maxBytes) return 'too-large'
  const types = carrier.mediaTypes[content.kind]
  return types && !types.includes(content.file.type) ? 'type-unsupported' : [content]
}

/**
 * @returns parts of at most `maxBytes` of UTF-8, none empty; prefers line and sentence ends, and never cuts what is one
 * character to the eye unless it is too big by itself
 */
export function splitText(text: string, maxBytes: number): string[] {
  if (Buffer.byteLength(text) <= maxBytes) return text.trim() === '' ? [] : [text]
  const parts: string[] = []
  let part: string[] = []
  for (const piece of piecesOf(text, maxBytes)) {
    while (part.length > 0 && bytesOf(part) + Buffer.byteLength(piece) > maxBytes) {
      const at = lastBreak(part)
      parts.push(trimmed(part.slice(0, at)).join(''))
      part = trimmed(part.slice(at))
    }
    part.push(piece)
  }
  parts.push(trimmed(part).join(''))
  return parts.filter((one) => one !== '')
}

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' })

function piecesOf(text: string, maxBytes: number): string[] {
  const characters = Array.from(graphemes.segment(text), ({ segment }) => segment)
  return characters.flatMap((one) =>
    Buffer.byteLength(one) > maxBytes ? chunksOf(one, maxBytes) : [one],
  )
}

/** A heap of marks on one letter, or a family of emoji, where even that is too long. */
function chunksOf(character: string, maxBytes: number): string[] {
  const chunks = ['']
  for (const point of character)
    if (Buffer.byteLength(chunks.at(-1)! + point) > maxBytes) chunks.push(point)
    else chunks.push(chunks.pop()! + point)
  return chunks.filter((one) => one !== '')
}

/** Just behind the last good place to break, unless that would leave less than half. */
function lastBreak(part: readonly string[]): number {
  for (const ends of [['\n', '\r\n'], [...'。！？!?'], [...'；;，, ']]) {
    const at = part.findLastIndex((piece) => ends.includes(piece))
    if (at >= part.length / 2) return at + 1
  }
  return part.length
}

function trimmed(pieces: readonly string[]): string[] {
  const first = pieces.findIndex((piece) => piece.trim() !== '')
  const last = pieces.findLastIndex((piece) => piece.trim() !== '')
  return first < 0 ? [] : pieces.slice(first, last + 1)
}

const bytesOf = (pieces: readonly string[]): number => Buffer.byteLength(pieces.join(''))
