import type { DatabaseSync } from 'node:sqlite'
import type { ConversationId, MessageId } from '../../domain/ids.ts'
import type { Message, RelayState } from '../../domain/message.ts'
import { toMessage } from '../queries.ts'
import { decided, ended, opened, type Relaying } from '../relay-state.ts'
import { countMoved, countStore } from './ledger.ts'
import type { Part } from './writer.ts'

/** How many more open rows of the outbox name a message. */
export type Openings = ReadonlyMap<MessageId, number>

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
        'INSERT INTO messages (conversation, number, id, relay, open, body) VALUES (?, ?, ?, ?, ?, ?)',
      ),
      update: db.prepare('UPDATE messages SET relay = ?, open = ?, body = ? WHERE id = ?'),
      move: db.prepare('UPDATE messages SET relay = ?, open = ? WHERE id = ?'),
    }
  }

  /** The last 20, oldest first. */
  last(conversation: ConversationId): Message[] {
    return this.#sql.last.all(conversation).map(toMessage).toReversed()
  }

  /** @returns where a customer's message stands when it is a new one, for the ledger */
  save(
    part: Part,
    account: string | undefined,
    conversation: ConversationId,
    message: Message,
    openings: number,
  ): RelayState | undefined {
    const stored = this.#find(message.id)
    if (!stored) return this.#insert(part, conversation, message, openings)
    if (!stored.relaying) this.#sql.update.run(null, 0, JSON.stringify(message), message.id)
    else {
      const { relay, open } = stored.relaying
      const now = opened({ relay: decided(relay, message.relay), open }, openings)
      this.#sql.update.run(now.relay, now.open, JSON.stringify(message), message.id)
      if (account !== undefined) countMoved(part, account, relay, now.relay)
    }
    return undefined
  }

  #insert(
    part: Part,
    conversation: ConversationId,
    message: Message,
    openings: number,
  ): RelayState | undefined {
    const now = message.relay && opened({ relay: message.relay, open: 0 }, openings)
    this.#sql.insert.run(
      conversation,
      message.number,
      message.id,
      now?.relay ?? null,
      now?.open ?? 0,
      JSON.stringify(message),
    )
    countStore(part, 'messages', 1)
    return now?.relay
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
    const before = this.#find(id)?.relaying
    if (!before) return
    const after = step(before)
    this.#sql.move.run(after.relay, after.open, id)
    if (account !== undefined) countMoved(part, account, before.relay, after.relay)
  }

  #find(id: MessageId): { relaying: Relaying | undefined } | undefined {
    const row = this.#sql.find.get(id)
    if (!row) return undefined
    if (row.relay === null) return { relaying: undefined }
    // The column holds nothing but what this class wrote.
    return { relaying: { relay: row.relay as RelayState, open: Number(row.open) } }
  }
}
