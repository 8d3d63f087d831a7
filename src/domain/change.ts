import type { Card, CardElement } from '#cards/elements.ts'
import type { Contact } from './contact.ts'
import type { Content, MediaFile } from './content.ts'
import type { Conversation } from './conversation.ts'
import type { Agent, Group } from './desk.ts'
import type {
  AccountId,
  AgentId,
  CardId,
  ConversationId,
  DeskId,
  EffectId,
  GroupId,
  LaneKey,
  MessageId,
  WorkplaceId,
} from './ids.ts'
import type { Message } from './message.ts'
import type { Thread } from './thread.ts'
import type { Line } from './line.ts'
import type { ChatRef, MediaRef } from './refs.ts'

/** What a handled event commits: whole or not at all. Every part may be missing. */
export interface Change {
  contact?: Contact
  conversation?: Conversation
  /** Only those that changed. */
  threads: Thread[]
  /** New ones, and known ones whose state changed (same id). */
  messages: Message[]
  effects: Effect[]
  deadlines: Deadline[]
  /** Names of deadlines that no longer matter. */
  cancelled: string[]
  /** Events for other lanes. */
  emitted: EmittedEvent[]
  log: LogEntry[]
  desk?: DeskChange
}

export interface DeskChange {
  bind?: Group
  /** The code that allowed it; a second use makes the whole Change stale. */
  bindCode?: string
  unbind?: GroupId
  /** Who an agent's single chat speaks to now; undefined ends it. */
  current?: { agent: AgentId; lane: LaneKey | undefined }[]
  agents?: Agent[]
}

/** Something to be sent: a row of the outbox. */
export type Effect = EffectCore & EffectBody

export interface EffectCore {
  id: EffectId
  /** Rows of one target go out in order, the head holding those behind it. */
  target: string
  /** Lower goes first, see `priority`. */
  priority: number
  notBefore: number
  /** After this it is failed, and said. */
  expiresAt: number
  /** A queued row with the same key is dropped in favour of this one. */
  coalesceKey?: string
  /** Whose token bucket it draws on: an account or a workplace. */
  credential: AccountId | WorkplaceId
  /** The group whose bucket it draws on. */
  group?: GroupId
  /** `all`: the result comes back as a delivery event, `failures`: only a bad one does. */
  notify: 'all' | 'failures'
  /** Messages that this puts on a screen or in the customer's hands. */
  messages: MessageId[]
}

export type EffectBody =
  | { do: 'reply'; to: string; content: Content }
  | { do: 'typing'; to: string }
  /** Neighbours in one thread may leave as one message. */
  | { do: 'line'; chat: ChatRef; line: Line }
  | { do: 'media'; chat: ChatRef; file: MediaFile; caption: Line }
  | {
      do: 'post-card'
      chat: ChatRef
      card: Card
      mention: AgentId[]
      shows: number
      answers?: string
    }
  | { do: 'update-card'; chat: ChatRef; card: Card; shows: number }
  | { do: 'note'; chat: ChatRef; title: string; body: CardElement[]; answers?: string }
  | { do: 'fetch-media'; media: MediaRef; from: 'channel' | 'workplace' }

/**
 * Order of precedence (design.md 3, Limits). What concerns a conversation that nobody holds yet comes after that of held
 * ones, and is folded into a digest when a group's limit is far behind (`isFoldable`).
 */
export const priority = {
  reply: 10,
  confirmation: 20,
  line: 30,
  waitingLine: 32,
  card: 40,
  waitingCard: 42,
} as const

export const isFoldable = (row: { priority: number }): boolean =>
  row.priority === priority.waitingLine || row.priority === priority.waitingCard

/** A reminder: fires once, as an event of its lane. */
export interface Deadline {
  /** Unique; setting it again moves it. */
  name: string
  dueAt: number
  event: EmittedEvent
}

/** An event that we make ourselves, before the inbox gives it an id. */
export interface EmittedEvent {
  lane: LaneKey
  name: string
  body: object
}

/** One line of the event log, from which all figures are counted. */
export interface LogEntry {
  at: number
  name: string
  conversation?: ConversationId
  agent?: AgentId
  card?: CardId
  desk?: DeskId
  detail?: Record<string, string | number | boolean>
}
