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
      state: db.prepare(
        `SELECT version, contacts.body AS contact FROM lanes LEFT JOIN contacts USING (lane) WHERE lane = ?`,
      ),
      version: db.prepare('SELECT version FROM lanes WHERE lane = ?'),
      putVersion: db.prepare(
        'INSERT INTO lanes (lane, version) VALUES (?, ?) ON CONFLICT DO UPDATE SET version = excluded.version',
      ),
      contact: db.prepare('SELECT body FROM contacts WHERE lane = ?'),
      putContact: db.prepare(
        `INSERT INTO contacts (lane, account, body) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET body = excluded.body`,
      ),
      current: db.prepare(
        'SELECT id, body FROM conversations WHERE lane = ? ORDER BY closed, opened_at DESC LIMIT 1',
      ),
      isClosed: db.prepare('SELECT closed FROM conversations WHERE id = ?'),
      putConversation: db.prepare(
        `INSERT INTO conversations (id, lane, marker, desk, closed, holder, opened_at, last_at, owed_since, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET desk = excluded.desk,
         closed = excluded.closed, holder = excluded.holder, last_at = excluded.last_at,
         owed_since = excluded.owed_since, body = excluded.body`,
      ),
      marker: db.prepare(
        `SELECT lane, id FROM conversations WHERE marker = ? AND (closed = 0 OR last_at >= ?)
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
    const state = this.#sql.state.get(lane)
    const version = Number(state?.version ?? 0)
    const contact = state?.contact
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
    const row = this.#sql.contact.get(lane)
    return row && fromJson<Contact>(row.body)
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

  putVersion(lane: LaneKey, version: number): void {
    this.#sql.putVersion.run(lane, version)
  }

  putContact(lane: LaneKey, contact: Contact): void {
    this.#sql.putContact.run(lane, contact.account, JSON.stringify(contact))
  }

  putConversation(part: Part, lane: LaneKey, conversation: Conversation): void {
    const { id, marker, desk, status, holder, openedAt, lastAt, owedSince } = conversation
    const wasOpen = this.#sql.isClosed.get(id)?.closed === 0
    const isOpen = status !== 'closed'
    this.#sql.putConversation.run(
      id,
      lane,
      marker,
      desk,
      isOpen ? 0 : 1,
      holder?.agent ?? null,
      openedAt,
      lastAt,
      owedSince ?? NOTHING_OWED,
      JSON.stringify(conversation),
    )
    countStore(part, 'conversationsOpen', Number(isOpen) - Number(wasOpen))
  }

  /** Whether another conversation of the last 90 days has this one's marker. */
  isMarkerTaken({ id, marker }: Conversation, now: number): boolean {
    const row = this.#sql.marker.get(marker, now - MARKER_KEPT_MS)
    return row !== undefined && row.id !== id
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
