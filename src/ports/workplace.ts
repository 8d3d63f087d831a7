import type { Card, CardElement } from '#cards/elements.ts'
import type { MediaFile } from '../domain/content.ts'
import type { AgentId, CardId, WorkplaceId } from '../domain/ids.ts'
import type { Line } from '../domain/line.ts'
import type { AgentRef, ChatRef, MediaRef } from '../domain/refs.ts'
import type { Check, Health } from './health.ts'
import type { FetchedMedia } from './media.ts'

export interface RateLimit {
  count: number
  perMs: number
}

export interface WorkplaceCapabilities {
  /** Cards at all; false: marked lines and text commands carry everything (DingTalk without a template). */
  cards: boolean
  /** The card has a box to type an answer in. */
  cardReply: boolean
  /** A new card can be pushed into a group. */
  cardPushGroup: boolean
  /** A card can be redrawn at will, not only as the answer to a click. */
  cardUpdateLater: boolean
  /** Where a group reads the customer's words: on the card, or as marked lines. */
  transcript: 'card' | 'lines'
  /** A group message can mention members. */
  mention: boolean
  /** Card posts may be repeated with the same id without posting twice. */
  cardIdempotent: boolean
  /** How many lines and bytes of talk fit on a card. */
  transcriptLines: number
  transcriptLineChars: number
  /** Buttons for colleagues on one card. */
  maxColleagues: number
  /** UTF-8 bytes of one group message. */
  maxTextBytes: number
  maxMediaBytes: Readonly<Record<'image' | 'voice' | 'video' | 'file', number>>
  /** A click must be answered within this; the true state follows later. */
  clickAnswerMs: number
  /** Token buckets: for one group, and for the credential as a whole. */
  groupLimits: readonly RateLimit[]
  credentialLimits: readonly RateLimit[]
  /** Least time between two groups of lines of one thread, and between two updates of one card. */
  lineGapMs: number
  cardGapMs: number
}

/** What the outbox asks a workplace to do. */
export type Delivery =
  /** One message with one or several lines of one thread. */
  | { do: 'lines'; chat: ChatRef; lines: Line[] }
  /** One file, sent as the workplace shows it; `caption` is the marked line that goes with it. */
  | { do: 'media'; chat: ChatRef; file: MediaFile; caption: Line }
  /** `answers` is the message that asked for it: the only way to show a card where `cardPushGroup` is off. */
  | { do: 'post-card'; chat: ChatRef; card: Card; mention: AgentId[]; answers?: string }
  | { do: 'update-card'; chat: ChatRef; card: Card }
  /** Words of ours without a thread, to a group or to one person. */
  | { do: 'note'; chat: ChatRef; title: string; body: CardElement[]; answers?: string }

export interface Delivered {
  /** The platform's id of what was posted, by which a quote is recognised later. */
  platformId?: string
}

/** What an agent typed. The relay finds the lane: by quoted card or line, by marker, by chat. */
export interface AgentInput {
  /** Unique per workplace for ever. */
  key: string
  at: number
  /** undefined: the workplace did not say who (DingTalk without senderStaffId); refused politely. */
  agent: AgentRef | undefined
  chat: ChatRef
  messageId: string
  /** Without the mention of the bot and the spaces around it. */
  text: string
  media: MediaRef[]
  /** What the message quotes, as far as the platform tells. */
  quoted?: { platformId?: string; text?: string; media?: MediaRef }
  raw?: unknown
}

export interface CardClick {
  /** Unique per workplace for ever; the same click delivered again has the same key. */
  key: string
  at: number
  agent: AgentRef
  chat: ChatRef
  card: CardId
  lease: number
  /** A CardAction; one that is not known is treated as `show`. */
  action: string
  value?: string
  /** For `reply`. */
  text?: string
  raw?: unknown
}

/** What the clicker is shown. */
export interface ClickAnswer {
  /** The present state, as of the commit; undefined: leave the card as it is. */
  card?: Card
  /** A short word to the clicker alone, where the workplace can; otherwise left out. */
  hint?: string
  /** Whether a text typed into the card was taken over, so that the box is emptied. */
  accepted: boolean
}

/** The core, as a workplace sees it. */
export interface AgentInbox {
  /** Resolves once the words are committed; only then may the frame be acknowledged. Rejects if they could not be. */
  message(input: AgentInput): Promise<void>
  /** Resolves with what to show the clicker, at the latest after `clickAnswerMs`. */
  click(click: CardClick): Promise<ClickAnswer>
  /** The connection is up again, or somebody wrote in a chat: what waits for it may go. */
  reachable(chat?: ChatRef): void
}

/** A kind of agent side, for one bot. */
export interface Workplace {
  readonly id: WorkplaceId
  /** `dingtalk` or `wecom`: shown to people, never asked by the core. */
  readonly kind: string
  /** 钉钉, 企业微信. */
  readonly label: string
  readonly capabilities: WorkplaceCapabilities
  start(inbox: AgentInbox): Promise<void>
  /** Resolves when no call is under way and no timer is left. */
  stop(): Promise<void>
  /** False while nothing can be sent (socket down, lease lost): the outbox waits and tries nothing. */
  available(): boolean
  /** @throws {PlatformError} */
  deliver(delivery: Delivery): Promise<Delivered>
  /** @throws {PlatformError} */
  fetchMedia(ref: string): Promise<FetchedMedia>
  health(): Health
  /** What `jieli doctor` asks of this bot; reaches the platform. */
  check(): Promise<Check[]>
}
