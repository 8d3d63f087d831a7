import type { DatabaseSync } from 'node:sqlite'
import type { Contact } from '../../domain/contact.ts'
import type { Conversation } from '../../domain/conversation.ts'
import type { ConversationId, LaneKey } from '../../domain/ids.ts'
import type { Thread } from '../../domain/thread.ts'
import type { Snapshot } from '../../ports/store.ts'
import type { Cards } from './cards.ts'
import { fromJson } from './json.ts'
import { countStore } from './ledger.ts'
import type { Messages } from './messages.ts'
import type { Part } from './writer.ts'

const DAY_MS = 24 * 3_600_000
/** How long a conversation's marker belongs to it alone. */
export const MARKER_KEPT_MS = 90 * DAY_MS
/** Sorts after every real time. */
const NOTHING_OWED = Number.MAX_SAFE_INTEGER

/** What a lane holds: its version, contact, conversations and threads. */
export class Lanes {
  readonly #sql
  readonly #messages: Messages
  readonly #cards: Cards

  constructor(db: DatabaseSync, messages: Messages, cards: Cards) {
    this.#messages = messages
    this.#cards = cards
    this.#sql = {
      lane: db.prepare('SELECT version, contact FROM lanes WHERE lane = ?'),
      version: db.prepare('SELECT version FROM lanes WHERE lane = ?'),
      put: db.prepare(
        `INSERT INTO lanes (lane, version, contact) VALUES (?, ?, ?) ON CONFLICT DO UPDATE
         SET version = excluded.version, contact = ifnull(excluded.contact, contact)`,
      ),
      current: db.prepare(
        'SELECT id, body FROM conversations WHERE lane = ? ORDER BY closed, opened_at DESC LIMIT 1',
      ),
      indexed: db.prepare(
        'SELECT desk, closed, holder, owed_since FROM conversations WHERE id = ?',
      ),
      putConversation: db.prepare(
        `INSERT INTO conversations (id, lane, marker, desk, closed, holder, opened_at, last_at, owed_since, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET desk = excluded.desk,
         closed = excluded.closed, holder = excluded.holder, last_at = excluded.last_at,
         owed_since = excluded.owed_since, body = excluded.body`,
      ),
      // Without a column of an index in it, it touches one page instead of six.
      putBody: db.prepare('UPDATE conversations SET last_at = ?, body = ? WHERE id = ?'),
      marker: db.prepare(
        `SELECT lane FROM conversations WHERE marker = ? AND (closed = 0 OR last_at >= ?)
         ORDER BY opened_at DESC LIMIT 1`,
      ),
      threads: db.prepare(
        `SELECT threads.body, shown FROM threads LEFT JOIN cards ON cards.id = threads.card
         WHERE threads.conversation = ?`,
      ),
      putThread: db.prepare(
        `INSERT INTO threads (conversation, grp, card, body) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET card = excluded.card, body = excluded.body`,
      ),
    }
  }

  snapshot(lane: LaneKey): Snapshot {
    const row = this.#sql.lane.get(lane)
    const version = Number(row?.version ?? 0)
    const contact = row?.contact
    const conversation = this.conversation(lane)
    return {
      lane,
      version,
      ...(typeof contact === 'string' && { contact: fromJson<Contact>(contact) }),
      ...(conversation && { conversation }),
      threads: conversation ? this.#threads(conversation.id) : [],
      messages: conversation ? this.#messages.last(conversation.id) : [],
    }
  }

  /** The open one, else the last closed. */
  conversation(lane: LaneKey): Conversation | undefined {
    const row = this.#sql.current.get(lane)
    return row && fromJson<Conversation>(row.body)
  }

  contact(lane: LaneKey): Contact | undefined {
    const contact = this.#sql.lane.get(lane)?.contact
    return typeof contact === 'string' ? fromJson<Contact>(contact) : undefined
  }

  #threads(conversation: ConversationId): Thread[] {
    return this.#sql.threads.all(conversation).map((row) => {
      const thread = fromJson<Thread>(row.body)
      if (thread.card && row.shown !== null) thread.card.shown = Number(row.shown)
      return thread
    })
  }

  version(lane: LaneKey): number {
    return Number(this.#sql.version.get(lane)?.version ?? 0)
  }

  /** Without a contact the stored one stays. */
  put(lane: LaneKey, version: number, contact: Contact | undefined): void {
    this.#sql.put.run(lane, version, contact ? JSON.stringify(contact) : null)
  }

  putConversation(part: Part, lane: LaneKey, conversation: Conversation): void {
    const { id, marker, desk, holder, openedAt, lastAt, owedSince } = conversation
    const body = JSON.stringify(conversation)
    const closed = conversation.status === 'closed' ? 1 : 0
    const held = holder?.agent ?? null
    const owed = owedSince ?? NOTHING_OWED
    const old = this.#sql.indexed.get(id)
    if (
      old?.desk === desk &&
      old.closed === closed &&
      old.holder === held &&
      old.owed_since === owed
    ) {
      this.#sql.putBody.run(lastAt, body, id)
      return
    }
    this.#sql.putConversation.run(
      id,
      lane,
      marker,
      desk,
      closed,
      held,
      openedAt,
      lastAt,
      owed,
      body,
    )
    countStore(part, 'conversationsOpen', Number(old?.closed ?? 1) - closed)
  }

  /** Whether this would be a new conversation with the marker of another one of the last 90 days. */
  isMarkerTaken({ id, marker }: Conversation, now: number): boolean {
    if (this.#sql.indexed.get(id)) return false
    return this.laneOfMarker(marker, now) !== undefined
  }

  laneOfMarker(marker: string, now: number): LaneKey | undefined {
    // Written by `putConversation`.
    return this.#sql.marker.get(marker, now - MARKER_KEPT_MS)?.lane as LaneKey | undefined
  }

  putThread(lane: LaneKey, conversation: ConversationId, thread: Thread): void {
    const { card } = thread
    if (card) this.#cards.add(card.id, lane, conversation, thread.group, card.shown)
    this.#sql.putThread.run(conversation, thread.group, card?.id ?? null, JSON.stringify(thread))
  }

  currentId(lane: LaneKey): ConversationId | undefined {
    // Written by `putConversation`.
    return this.#sql.current.get(lane)?.id as ConversationId | undefined
  }
}
