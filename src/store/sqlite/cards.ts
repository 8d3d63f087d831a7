import type { DatabaseSync } from 'node:sqlite'
import type { Effect } from '../../domain/change.ts'
import {
  type CardId,
  type ConversationId,
  type GroupId,
  type LaneKey,
  makeGroupId,
} from '../../domain/ids.ts'

/** Cards by id, older revisions included: whose they are and what a delivered drawing of them has shown. */
export class Cards {
  readonly #sql

  constructor(db: DatabaseSync) {
    this.#sql = {
      add: db.prepare(
        `INSERT INTO cards (id, lane, conversation, grp, shown) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO NOTHING`,
      ),
      drawn: db.prepare(
        'UPDATE cards SET shown = max(shown, ?), drawn = max(drawn, ?) WHERE id = ?',
      ),
      lane: db.prepare('SELECT lane FROM cards WHERE id = ?'),
      lastDrawing: db.prepare('SELECT drawn FROM cards WHERE id = ?'),
    }
  }

  add(
    id: CardId,
    lane: LaneKey,
    conversation: ConversationId | undefined,
    group: GroupId | undefined,
    shown: number,
  ): void {
    this.#sql.add.run(id, lane, conversation ?? null, group ?? null, shown)
  }

  /** The card that an effect posts. */
  addPosted(effect: Effect, lane: LaneKey, conversation: ConversationId | undefined): void {
    if (effect.do !== 'post-card') return
    const { kind, workplace, id } = effect.chat
    const group = kind === 'group' ? makeGroupId(workplace, id) : undefined
    this.add(effect.card.id, lane, conversation, group, 0)
  }

  /** A drawing has arrived. @param seq of its row in the outbox */
  drawn(id: CardId, shows: number, seq: number): void {
    this.#sql.drawn.run(shows, seq, id)
  }

  /** Whether a younger drawing has arrived, over which this one must not be laid. */
  isOutdated(id: CardId, seq: number): boolean {
    return Number(this.#sql.lastDrawing.get(id)?.drawn ?? 0) > seq
  }

  lane(id: CardId): LaneKey | undefined {
    // Written by `add`.
    return this.#sql.lane.get(id)?.lane as LaneKey | undefined
  }
}
