import type { DatabaseSync } from 'node:sqlite'
import type { ConversationId, MessageId } from '../../domain/ids.ts'
import type { Message, RelayState } from '../../domain/message.ts'
import { decided, ended, opened, type Relaying, setRelay } from '../relay-state.ts'
import { fromJson } from './json.ts'
import { countMoved, countStore } from './ledger.ts'
import type { Part } from './writer.ts'

/** What the last messages of a conversation are for a handler. */
const SNAPSHOT_MESSAGES = 20

/** Messages of conversations, and where the customers' ones stand. */
export class Messages {
  readonly #sql

  constructor(db: DatabaseSync) {
    this.#sql = {
      last: db.prepare(
        `SELECT relay, body FROM messages WHERE conversation = ? ORDER BY number DESC LIMIT ${SNAPSHOT_MESSAGES}`,
      ),
      find: db.prepare('SELECT relay, open FROM messages WHERE id = ?'),
      insert: db.prepare(
        `INSERT INTO messages (conversation, number, id, relay, open, body) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING`,
      ),
      update: db.prepare('UPDATE messages SET relay = ?, open = ?, body = ? WHERE id = ?'),
      move: db.prepare('UPDATE messages SET relay = ?, open = ? WHERE id = ?'),
    }
    this.#sql.last.setReturnArrays(true)
  }

  /** The last 20, oldest first. */
  last(conversation: ConversationId): Message[] {
    // The two columns of the query above: twenty rows as arrays take half the time of twenty objects.
    const rows = this.#sql.last.all(conversation) as unknown as [
      relay: string | null,
      body: string,
    ][]
    return rows.map(([relay, body]) => setRelay(fromJson<Message>(body), relay)).toReversed()
  }

  /** @returns where a customer's message stands when it is a new one, for the ledger */
  save(
    part: Part,
    account: string | undefined,
    conversation: ConversationId,
    message: Message,
    openings: number,
  ): RelayState | undefined {
    const { id, number } = message
    const relay = message.from === 'customer' ? (message.relay ?? 'waiting') : undefined
    const body = JSON.stringify(message)
    const now = relay && opened({ relay, open: 0 }, openings)
    const { changes } = this.#sql.insert.run(
      conversation,
      number,
      id,
      now?.relay ?? null,
      now?.open ?? 0,
      body,
    )
    if (changes === 0) this.#update(part, account, message, body, openings)
    else countStore(part, 'messages', 1)
    return changes === 0 ? undefined : now?.relay
  }

  #update(
    part: Part,
    account: string | undefined,
    { id, relay }: Message,
    body: string,
    openings: number,
  ): void {
    const before = this.#find(id)
    if (!before) {
      this.#sql.update.run(null, 0, body, id)
      return
    }
    const said = { relay: decided(before.relay, relay), open: before.open }
    const after = opened(said, openings)
    this.#sql.update.run(after.relay, after.open, body, id)
    if (account !== undefined) countMoved(part, account, before.relay, after.relay)
  }

  /** Rows of the outbox that name it were added or put back. */
  open(part: Part, account: string | undefined, id: MessageId, rows: number): void {
    this.#move(part, account, id, (relaying) => opened(relaying, rows))
  }

  /** An open row that named it ended. */
  end(part: Part, account: string | undefined, id: MessageId, delivered: boolean): void {
    this.#move(part, account, id, (relaying) => ended(relaying, delivered))
  }

  /** A row that had ended before turns out to have been delivered. */
  relayed(part: Part, account: string | undefined, id: MessageId): void {
    this.#move(part, account, id, ({ open }) => ({ relay: 'relayed', open }))
  }

  #move(
    part: Part,
    account: string | undefined,
    id: MessageId,
    step: (relaying: Relaying) => Relaying,
  ): void {
    const before = this.#find(id)
    if (!before) return
    const after = step(before)
    this.#sql.move.run(after.relay, after.open, id)
    if (account !== undefined) countMoved(part, account, before.relay, after.relay)
  }

  /** Undefined for a message that is not a customer's. */
  #find(id: MessageId): Relaying | undefined {
    const row = this.#sql.find.get(id)
    if (!row || row.relay === null) return undefined
    // The column holds nothing but what this class wrote.
    return { relay: row.relay as RelayState, open: Number(row.open) }
  }
}
