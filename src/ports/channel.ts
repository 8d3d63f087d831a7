import type { Content, MediaKind } from '../domain/content.ts'
import type { AccountId } from '../domain/ids.ts'
import type { BotEvent, EventName } from '../router/events.ts'
import type { Check, Health } from './health.ts'
import type { FetchedMedia } from './media.ts'

/** A request as it came over the wire: nothing in it is believed yet. */
export interface RawRequest {
  method: string
  /** Parsed query; of a repeated key the first value. */
  query: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string | undefined>>
  /** At most the server's body limit. Empty for GET. */
  body: Buffer
  receivedAt: number
}

export interface HttpAnswer {
  status: number
  type: string
  body: string
}

/** Everything a handler's event has but what the inbox adds. */
export type Incoming<Name extends EventName = EventName> = {
  [N in Name]: Omit<BotEvent<N>, 'id' | 'receivedAt' | 'late'> & {
    /** Unique per account for ever: the same key is the same event. */
    key: string
    /** Equal for two deliveries that may be one message under two ids. */
    fingerprint?: string
  }
}[Name]

export interface Received {
  /** May be empty: a verification, a kind that nobody needs. */
  events: Incoming[]
  /** Sent once the events are committed. */
  answer: HttpAnswer
}

export interface QuotaRule {
  /** Milliseconds from the event that opened it. */
  windowMs: number
  /** Messages in that time. */
  max: number
}

export interface ChannelCapabilities {
  /** Kinds of message we can send, with their limits in bytes (text: UTF-8; media: the file). */
  send: Partial<Record<Content['kind'], { maxBytes: number }>>
  /** MIME types accepted, per kind of media. */
  mediaTypes: Partial<Record<MediaKind, readonly string[]>>
  /** What opens a right to answer, by the name that events carry in `opens`. Each opening starts anew; leftovers do not add up. */
  quota: Readonly<Record<string, QuotaRule>>
  /** Whether a send may be repeated with our own id without sending twice. */
  idempotent: boolean
  typing: boolean
  /** A second delivery of one message under a new id comes this long after the first; undefined: never. */
  retryWindowMs?: { from: number; to: number }
  /** Calls a second the platform lets this credential make. */
  sendsPerSecond: number
}

export interface Outgoing {
  /** The platform's id of the customer. */
  to: string
  content: Content
  /** The contact's `refs`, as of sending. */
  refs: Readonly<Record<string, string>>
  /** Our id of this send, the same on every try; at most 32 characters. */
  idempotencyKey: string
}

export interface Sent {
  /** The platform's id of the message, where it tells. */
  platformId?: string
}

/** A kind of customer side, for one account. */
export interface Channel {
  readonly account: AccountId
  /** The channel's name in the configuration, e.g. `wechat-oa`. */
  readonly kind: string
  readonly capabilities: ChannelCapabilities
  start(): Promise<void>
  /** Resolves when no call is under way and no timer is left. */
  stop(): Promise<void>
  /**
   * Looks at the address alone, before a body is read: a stranger costs no memory.
   * @throws {Refusal}
   */
  greet(query: RawRequest['query'], receivedAt: number): void
  /**
   * Verifies and decodes one request to `/hooks/<account>`. Does nothing else: no I/O but tokens it already has.
   * @throws {Refusal} for everything that is not authentic, too old or malformed
   */
  receive(request: RawRequest): Promise<Received>
  /** @throws {PlatformError} */
  send(message: Outgoing): Promise<Sent>
  /** Shows the customer that somebody is typing; a failure is swallowed and counted. */
  typing(to: string): Promise<void>
  /**
   * Opens the file behind a MediaRef of this channel.
   * @throws {PlatformError}
   */
  fetchMedia(ref: string): Promise<FetchedMedia>
  health(): Health
  /** What `jieli doctor` asks of this account; reaches the platform. */
  check(): Promise<Check[]>
}
