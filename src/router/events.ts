import type { Content, MediaFile } from '../domain/content.ts'
import type {
  AccountId,
  AgentId,
  CardId,
  EffectId,
  EventId,
  GroupId,
  LaneKey,
  MessageId,
} from '../domain/ids.ts'
import type { AgentRef, ChatRef, MediaRef } from '../domain/refs.ts'

export type { AgentRef, ChatRef, MediaRef } from '../domain/refs.ts'

/**
 * The one table of events. Adapters fill it, handlers read it. A name is `kind:part`. Nobody adds a platform's field:
 * platform extras stay under `raw`.
 */
export interface EventTable {
  'customer:text': CustomerEvent & { text: string; menuId?: string }
  'customer:image': CustomerEvent & { media: MediaRef }
  'customer:voice': CustomerEvent & { media: MediaRef; transcript?: string; durationMs?: number }
  'customer:video': CustomerEvent & { media: MediaRef }
  'customer:file': CustomerEvent & { media: MediaRef }
  'customer:location': CustomerEvent & { content: Content & { kind: 'location' } }
  'customer:link': CustomerEvent & { content: Content & { kind: 'link' } }
  'customer:miniprogram': CustomerEvent & { content: Content & { kind: 'miniprogram' } }
  /** A kind we cannot show; `type` is the platform's word for it. */
  'customer:unsupported': CustomerEvent & { type: string }
  'customer:subscribe': CustomerEvent & { scene?: string }
  'customer:unsubscribe': CustomerEvent
  'customer:scan': CustomerEvent & { scene: string }
  /** A tap on the account's own menu. `action` is the platform's event name in lower case, `item` what was tapped. */
  'customer:menu': CustomerEvent & { action: string; item: string }
  /** Anything else the platform tells about this customer; logged, never shown. `notice` is the platform's word. */
  'customer:notice': CustomerEvent & { notice: string }

  /** Words of a member of staff, in a group (to the bot) or in a single chat with it. */
  'agent:text': AgentEvent & { text: string }
  /** Files of a member of staff, with or without words. */
  'agent:media': AgentEvent & { text: string; media: MediaRef[] }

  'card:claim': CardEvent
  'card:release': CardEvent
  'card:close': CardEvent
  'card:reply': CardEvent & { text: string }
  /** The list of colleagues to hand over to. */
  'card:colleagues': CardEvent
  'card:transfer': CardEvent & { to: AgentId }
  /** Send again what failed or is uncertain. */
  'card:retry': CardEvent & { message: MessageId }
  /** Draw the present state: 返回, 详情, and every button we do not know. */
  'card:show': CardEvent

  'delivery:sent': DeliveryEvent & { platformId?: string }
  'delivery:failed': DeliveryEvent & { reason: string }
  'delivery:unknown': DeliveryEvent
  /** Accepted by the platform first, refused later. */
  'delivery:undelivered': DeliveryEvent & { reason: string }

  'media:ready': MediaEvent & { file: MediaFile }
  'media:failed': MediaEvent & { reason: string }

  /** Somebody writes to the bot whom the workplace does not name. */
  'stranger:text': { chat: ChatRef; messageId: string }

  /** A group was bound to the desk while this conversation was open. */
  'thread:open': { group: GroupId }
  /** An event of this lane could not be handled and waits for an operator. */
  'thread:parked': { parked: EventId }

  /** Nobody wrote for a while: `idle` gives a held conversation back, `close` ends it. */
  'tick:idle': TickEvent
  'tick:close': TickEvent
  /** A line that waited for its picture waits no longer. */
  'tick:media': TickEvent & { message: MessageId }
}

export type EventName = keyof EventTable

export interface EventCore {
  id: EventId
  lane: LaneKey
  /** Epoch milliseconds, UTC: the platform's time when it is believable, else that of receipt. */
  at: number
  receivedAt: number
  /** An old event replayed: no automatic text, no clock in the past. */
  late?: boolean
  /** What the platform sent, for the record. */
  raw?: unknown
}

export interface CustomerEvent {
  account: AccountId
  /** The platform's id of the customer. */
  externalId: string
  /** Name of the quota rule that this event opens (see ChannelCapabilities.quota). */
  opens?: string
  /** Small facts needed to answer (the latest message id, a welcome code); merged into the contact's. */
  refs?: Record<string, string>
}

export interface AgentEvent {
  agent: AgentRef
  chat: ChatRef
  /** The platform's id of this message, for an answer that quotes it. */
  messageId: string
  /** The conversation that the message names or quotes, as typed, when there is none such. */
  unknownMarker?: string
  /** It quotes something that belongs to no conversation we know. */
  unknownQuote?: true
}

export interface CardEvent {
  agent: AgentRef
  chat: ChatRef
  card: CardId
  /** The lease the card was drawn with; an older one than the present is answered, and does nothing. */
  lease: number
}

export interface DeliveryEvent {
  effect: EffectId
  /** `do` of the effect: `reply`, `line`, `post-card`, … */
  what: string
  group?: GroupId
  messages: MessageId[]
}

export interface MediaEvent {
  message: MessageId
}

export interface TickEvent {
  dueAt: number
}

/** An event as a handler sees it: `name` and exactly the fields of its row in the table. */
export type BotEvent<Name extends EventName = EventName> = {
  [N in Name]: EventCore & { name: N } & EventTable[N]
}[Name]

/** What becomes a message of a conversation, and counts in the ledger. */
export const messageEvents = [
  'customer:text',
  'customer:image',
  'customer:voice',
  'customer:video',
  'customer:file',
  'customer:location',
  'customer:link',
  'customer:miniprogram',
  'customer:unsupported',
] as const satisfies readonly EventName[]

/** All names, for checking a query when the bot is put together. */
export const eventNames = [
  ...messageEvents,
  'customer:subscribe',
  'customer:unsubscribe',
  'customer:scan',
  'customer:menu',
  'customer:notice',
  'agent:text',
  'agent:media',
  'card:claim',
  'card:release',
  'card:close',
  'card:reply',
  'card:colleagues',
  'card:transfer',
  'card:retry',
  'card:show',
  'delivery:sent',
  'delivery:failed',
  'delivery:unknown',
  'delivery:undelivered',
  'media:ready',
  'media:failed',
  'stranger:text',
  'thread:open',
  'thread:parked',
  'tick:idle',
  'tick:close',
  'tick:media',
] as const satisfies readonly EventName[]

// Fails to compile when a name of the table is missing above.
type Missing = Exclude<EventName, (typeof eventNames)[number]>
export const everyNameIsListed: [Missing] extends [never] ? true : Missing = true
