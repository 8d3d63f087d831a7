import type { Change, Deadline, Effect } from '../domain/change.ts'
import type { Contact } from '../domain/contact.ts'
import type { MediaFile } from '../domain/content.ts'
import type { Conversation } from '../domain/conversation.ts'
import type { Agent, Desk, Group } from '../domain/desk.ts'
import type {
  AccountId,
  AgentId,
  CardId,
  ConversationId,
  DeskId,
  EffectId,
  EventId,
  GroupId,
  LaneKey,
  MediaHash,
  MessageId,
  WorkplaceId,
} from '../domain/ids.ts'
import type { Message } from '../domain/message.ts'
import type { Thread } from '../domain/thread.ts'
import type { BotEvent } from '../router/events.ts'

/** An event on its way into the inbox. */
export interface Arrival {
  /** Complete: id, lane, times. */
  event: BotEvent
  /** Whose keys these are: an account, a workplace, or `clock`. */
  source: string
  /** Unique per source for ever. */
  key: string
  fingerprint?: string
  /** Milliseconds after the first delivery in which an equal fingerprint is a retry under a new id. */
  retryWindowMs?: { from: number; to: number }
  /** The agent who acts, kept with the name and group they were seen with. */
  seen?: { agent: Agent }
}

/** `duplicate`: the key was known. `retry`: the fingerprint was; kept and counted as filtered. */
export type Acceptance = 'new' | 'duplicate' | 'retry'

/** Everything a handler may look at, of one lane, as of one version. */
export interface Snapshot {
  lane: LaneKey
  version: number
  contact?: Contact
  /** The open conversation, else the last closed one. */
  conversation?: Conversation
  threads: Thread[]
  /** The last 20, oldest first. */
  messages: Message[]
}

/** The next thing to do in a lane. */
export interface Work {
  event: BotEvent
  /** How often it was tried before. */
  attempts: number
  snapshot: Snapshot
}

/** How a send ended. */
export type EffectResult =
  | { state: 'sent'; platformId?: string; file?: MediaFile }
  /** Certainly not delivered; tried again at `retryAt`. */
  | { state: 'retry'; retryAt: number; code: string }
  | { state: 'failed'; reason: string; code: string }
  | { state: 'unknown'; code: string }

/** A row of the outbox as its worker sees it before taking it. */
export interface Pending {
  id: EffectId
  /** Position among all rows: within a target the lower goes first. */
  seq: number
  lane: LaneKey
  target: string
  do: Effect['do']
  priority: number
  notBefore: number
  expiresAt: number
  coalesceKey?: string
  credential: AccountId | WorkplaceId
  group?: GroupId
  /** How often it was tried. */
  attempts: number
  /** When it was first tried; 0 before. */
  firstTriedAt: number
}

/** A row marked `sending`. */
export interface Taken {
  lane: LaneKey
  /** As of now: put back by hand it has other times than when it was decided, and it may have taken over messages. */
  effect: Effect
  /** How often it was tried before; of an interrupted one, that try included. */
  attempts: number
  /** When it was first tried; the present try included. */
  firstTriedAt: number
}

export interface Committed {
  outcome: 'done' | 'stale'
  /** New rows of the outbox, in order. */
  pending: Pending[]
  /** Rows that a newer one with the same coalesce key has replaced. */
  superseded: EffectId[]
  /** Lanes that got an event. */
  woken: LaneKey[]
  /** The state as committed; saves the next load of this lane. Undefined when stale. */
  version?: number
}

/** Everything on disk. Asynchronous and coarse; every promise resolves only after the commit has been synced. */
export interface Store {
  /** All of them in one commit, each judged by itself. */
  accept(arrivals: Arrival[]): Promise<Acceptance[]>
  /** The lane's next event that is due, in order; undefined when there is none, or the head waits for a later try. */
  load(lane: LaneKey, now: number): Promise<Work | undefined>
  /**
   * Writes the Change and marks the event done, if it is still the lane's next one and the lane still has that version;
   * else does nothing and says `stale`. So too when its bind code was used before, or when the marker of its new
   * conversation belongs to another one. A deadline that is both cancelled and set is set. Where a customer's message
   * stands, how much a card has shown and how many posts a group has had are the store's own: a Change that was computed
   * from an older state does not turn them back.
   */
  commit(event: EventId, lane: LaneKey, version: number, change: Change): Promise<Committed>
  /** After a handler threw: tried again at `retryAt`, or parked when undefined. The lane goes on only when parked. */
  failEvent(event: EventId, error: string, retryAt: number | undefined): Promise<void>
  /** Puts a parked event back into its place in the lane, as `late`. Undefined when there is none such. */
  replayEvent(event: EventId, now: number): Promise<LaneKey | undefined>

  /**
   * Marks rows `sending`, committed before the call goes out; those no longer queued are left out. Rows that may be sent
   * twice need no mark (`read.queuedEffects`): after a crash they are queued as before.
   */
  takeEffects(ids: EffectId[], now: number): Promise<Taken[]>
  /**
   * Result and `delivery:*` or `media:*` event together. Sent lines and cards mark their messages `relayed`, sent cards
   * their `shown` number, posts count in their group and are found by their platform id later. A message whose rows have
   * all ended without success is `parked`. A row that was sent stays sent, one that failed can only turn out to have been
   * sent: anything else does nothing.
   * @param event the delivery event to put into the lane, already complete
   */
  finishEffect(id: EffectId, result: EffectResult, now: number, event?: BotEvent): Promise<void>
  /** Puts a failed or unknown row back into its place in the queue; not an old drawing over a newer one that arrived. */
  replayEffect(id: EffectId, now: number, expiresAt: number): Promise<Pending | undefined>

  /** Turns a deadline into an event of its lane, once: false when it was moved, cancelled or fired before. */
  fire(deadline: Deadline, event: BotEvent): Promise<boolean>
  /** Deadlines due before `until`, earliest first. */
  due(until: number, limit: number): Promise<Deadline[]>

  /** At start: rows left `sending` become `unknown`, and what there is to do is listed. */
  recover(now: number): Promise<Recovery>

  /**
   * Takes or renews a lease; undefined while another owner has it.
   * @param untilMs epoch milliseconds
   */
  lease(
    name: string,
    owner: string,
    now: number,
    untilMs: number,
  ): Promise<{ fence: number } | undefined>
  releaseLease(name: string, owner: string): Promise<void>
  token(name: string): Promise<StoredToken | undefined>
  putToken(name: string, token: StoredToken): Promise<void>

  putBindCode(code: string, desk: DeskId, expiresAt: number): Promise<void>
  putMedia(file: MediaFile, now: number): Promise<void>
  /** The agents of the configuration, known before they act; one that is known keeps its groups, and takes the name. */
  putAgents(agents: Agent[]): Promise<void>
  /** A small value that outlives a restart: the last cron minute, a quota meter. */
  putValue(key: string, value: string): Promise<void>

  /** Deletes in small batches what is past its keeping; returns how many rows went. */
  prune(now: number): Promise<number>
  close(): Promise<void>

  readonly read: Reads
}

export interface Recovery {
  lanes: LaneKey[]
  pending: Pending[]
  /**
   * Sends cut off by the end of a process: nobody knows whether they arrived. Listed again at every start until
   * finishEffect or replayEffect has dealt with them.
   */
  interrupted: Taken[]
  /** Events that wait for a later try. */
  retries: { lane: LaneKey; at: number }[]
}

export interface StoredToken {
  token: string
  /** Epoch milliseconds. */
  expiresAt: number
  fetchedAt: number
}

/** Named queries: the only I/O a handler may await. None of them writes. */
export interface Reads {
  /** A desk's groups, the oldest first, and the agents seen in one of them; served from memory. */
  desk(desk: DeskId): Desk
  group(id: GroupId): Group | undefined
  agent(id: AgentId): Agent | undefined
  /** The lane of a card, an older revision included. */
  laneOfCard(card: CardId): Promise<LaneKey | undefined>
  /** Of the conversations of the last 90 days. */
  laneOfMarker(marker: string): Promise<LaneKey | undefined>
  laneOfPost(workplace: WorkplaceId, platformId: string): Promise<LaneKey | undefined>
  conversation(lane: LaneKey): Promise<Conversation | undefined>
  contact(lane: LaneKey): Promise<Contact | undefined>
  /** Waiting and held ones, the longest owed first. */
  openConversations(desk: DeskId, limit: number): Promise<OpenConversation[]>
  heldBy(agent: AgentId): Promise<OpenConversation[]>
  bindCode(code: string): Promise<{ desk: DeskId; expiresAt: number; used: boolean } | undefined>
  media(hash: MediaHash): Promise<MediaFile | undefined>
  messages(conversation: ConversationId, after: number, limit: number): Promise<Message[]>
  messagesById(ids: readonly MessageId[]): Promise<Message[]>
  /** Those of these rows that still wait, with their bodies, in order. */
  queuedEffects(ids: readonly EffectId[]): Promise<{ lane: LaneKey; effect: Effect }[]>
  value(key: string): Promise<string | undefined>
  parkedEvents(limit: number): Promise<ParkedEvent[]>
  deadEffects(limit: number): Promise<DeadEffect[]>
  /** Promise 6: per account, of the customers' messages of all time. */
  ledger(): Promise<LedgerRow[]>
  counts(): Promise<StoreCounts>
}

export interface OpenConversation {
  lane: LaneKey
  conversation: Conversation
  contact: Contact
}

export interface ParkedEvent {
  id: EventId
  lane: LaneKey
  name: string
  at: number
  error: string
}

export interface DeadEffect {
  id: EffectId
  do: Effect['do']
  target: string
  state: 'failed' | 'unknown'
  code: string
  at: number
}

export interface LedgerRow {
  account: AccountId
  received: number
  relayed: number
  filtered: number
  waiting: number
  parked: number
}

export interface StoreCounts {
  inboxWaiting: number
  inboxParked: number
  outboxQueued: number
  outboxDead: number
  conversationsOpen: number
  messages: number
}
