import { randomFillSync } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { Change, EmittedEvent, LogEntry } from '../../domain/change.ts'
import {
  type ConversationId,
  type EventId,
  type LaneKey,
  makeId,
  type MessageId,
} from '../../domain/ids.ts'
import type { RelayState } from '../../domain/message.ts'
import type { Arrival, Committed } from '../../ports/store.ts'
import type { Cards } from './cards.ts'
import type { Deadlines } from './deadlines.ts'
import { accountOf } from './delivery.ts'
import type { Directory } from './directory.ts'
import type { Inbox } from './inbox.ts'
import type { Lanes } from './lanes.ts'
import { countHandled } from './ledger.ts'
import type { Messages } from './messages.ts'
import type { Outbox } from './outbox.ts'
import type { Part } from './writer.ts'

export interface CommitParts {
  inbox: Inbox
  lanes: Lanes
  messages: Messages
  cards: Cards
  outbox: Outbox
  deadlines: Deadlines
  directory: Directory
  now: () => number
}

/** A Change that is being written. */
interface Writing {
  part: Part
  lane: LaneKey
  change: Change
  /** Whose threads and messages these are. */
  conversation: ConversationId | undefined
}

/** What its effects did. */
interface Queued extends Pick<Committed, 'pending' | 'superseded'> {
  /** How many more open rows name a message. */
  opened: Map<MessageId, number>
  /** Messages named by rows that were replaced. */
  closed: MessageId[]
}

/** Writes a Change, whole or not at all. */
export class Commit {
  readonly #parts: CommitParts
  readonly #log
  readonly #random = new Uint8Array(10)

  constructor(db: DatabaseSync, parts: CommitParts) {
    this.#parts = parts
    this.#log = db.prepare(
      'INSERT INTO log (at, name, lane, conversation, agent, card, desk, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
  }

  run(part: Part, event: EventId, lane: LaneKey, version: number, change: Change): Committed {
    const head = this.#parts.inbox.claimHead(lane, event)
    if (!head || this.#isStale(lane, version, change)) {
      return { outcome: 'stale', pending: [], superseded: [], woken: [] }
    }
    const written = this.#write(part, lane, change, head.account)
    this.#parts.inbox.done(part, head.seq, this.#parts.now())
    this.#parts.lanes.put(lane, version + 1, change.contact)
    return { outcome: 'done', ...written, version: version + 1 }
  }

  /** Nothing is written before all of these hold; using up the code is the last of them. */
  #isStale(lane: LaneKey, version: number, { conversation, desk }: Change): boolean {
    const { lanes, directory, now } = this.#parts
    if (lanes.version(lane) !== version) return true
    if (conversation && lanes.isMarkerTaken(conversation, now())) return true
    return desk?.bindCode !== undefined && !directory.useCode(desk.bindCode)
  }

  /** @param account whose ledger counts the handled event, if it was a customer's message */
  #write(
    part: Part,
    lane: LaneKey,
    change: Change,
    account: string | null,
  ): Pick<Committed, 'pending' | 'superseded' | 'woken'> {
    const { lanes, deadlines, directory } = this.#parts
    if (change.conversation) lanes.putConversation(part, lane, change.conversation)
    const conversation = change.conversation?.id ?? this.#currentOf(lane, change)
    const writing = { part, lane, change, conversation }
    for (const thread of change.threads) lanes.putThread(lane, conversation!, thread)
    const queued = this.#queueEffects(writing)
    this.#saveMessages(writing, queued, account)
    for (const name of change.cancelled) deadlines.cancel(name)
    for (const deadline of change.deadlines) deadlines.set(deadline)
    for (const entry of change.log) this.#writeLog(lane, entry)
    if (change.desk) directory.change(part, change.desk)
    const woken = change.emitted.map((emitted) => this.#emit(part, emitted))
    return { pending: queued.pending, superseded: queued.superseded, woken }
  }

  /** @throws {Error} when the Change has parts of a conversation and the lane has none */
  #currentOf(lane: LaneKey, change: Change): ConversationId | undefined {
    const current = this.#parts.lanes.currentId(lane)
    if (current === undefined && (change.threads.length > 0 || change.messages.length > 0)) {
      throw new Error('a Change with threads or messages needs a conversation')
    }
    return current
  }

  #queueEffects({ part, lane, change, conversation }: Writing): Queued {
    const out: Queued = { pending: [], superseded: [], opened: new Map(), closed: [] }
    for (const effect of change.effects) {
      const { pending, superseded, opened, closed } = this.#parts.outbox.add(part, lane, effect)
      out.superseded.push(...superseded)
      out.pending.push(pending)
      for (const id of opened) out.opened.set(id, (out.opened.get(id) ?? 0) + 1)
      out.closed.push(...closed)
      this.#parts.cards.addPosted(effect, lane, conversation)
    }
    const gone = new Set(out.superseded)
    const added = new Set(change.effects.map(({ id }) => id))
    out.pending = out.pending.filter(({ id }) => !gone.has(id))
    out.superseded = out.superseded.filter((id) => !added.has(id))
    return out
  }

  #saveMessages(
    { part, lane, change, conversation }: Writing,
    { opened, closed }: Queued,
    eventAccount: string | null,
  ): void {
    const { messages } = this.#parts
    const account = accountOf(lane)
    const became: RelayState[] = []
    for (const message of change.messages) {
      const rows = opened.get(message.id) ?? 0
      opened.delete(message.id)
      const relay = messages.save(part, account, conversation!, message, rows)
      if (relay) became.push(relay)
    }
    for (const [id, rows] of opened) messages.open(part, account, id, rows)
    for (const id of closed) messages.end(part, account, id, false)
    const counted = eventAccount ?? account
    if (counted === undefined) return
    countHandled(part, counted, eventAccount === null ? undefined : 'inbox', became)
  }

  #writeLog(lane: LaneKey, entry: LogEntry): void {
    const { at, name, conversation = null, agent = null, card = null, desk = null, detail } = entry
    const json = detail === undefined ? null : JSON.stringify(detail)
    this.#log.run(at, name, lane, conversation, agent, card, desk, json)
  }

  #emit(part: Part, { lane, name, body }: EmittedEvent): LaneKey {
    const now = this.#parts.now()
    const id = makeId<EventId>(now, randomFillSync(this.#random))
    // The handler that emits it gave the fields that this name has in the table of events.
    const event = { ...body, id, lane, name, at: now, receivedAt: now } as Arrival['event']
    this.#parts.inbox.accept(part, { event, source: 'emit', key: id })
    return lane
  }
}
