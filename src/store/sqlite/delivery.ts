import type { DatabaseSync } from 'node:sqlite'
import {
  type EffectId,
  type LaneKey,
  makeGroupId,
  parseLane,
  type WorkplaceId,
} from '../../domain/ids.ts'
import type { Arrival, EffectResult, Pending, Taken } from '../../ports/store.ts'
import { relays } from '../relay-state.ts'
import type { Cards } from './cards.ts'
import type { Directory } from './directory.ts'
import type { Inbox } from './inbox.ts'
import type { Media } from './media.ts'
import type { Messages } from './messages.ts'
import { isDead, isOpen, type Outbox, type Row } from './outbox.ts'
import type { Part } from './writer.ts'

export interface DeliveryParts {
  inbox: Inbox
  outbox: Outbox
  messages: Messages
  cards: Cards
  directory: Directory
  media: Media
}

/** What follows from the end of a send. */
export class Deliveries {
  readonly #parts: DeliveryParts
  readonly #sql

  constructor(db: DatabaseSync, parts: DeliveryParts) {
    this.#parts = parts
    this.#sql = {
      post: db.prepare(
        `INSERT INTO posts (workplace, platform_id, lane, posted_at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
      ),
      lane: db.prepare('SELECT lane FROM posts WHERE workplace = ? AND platform_id = ?'),
    }
  }

  /** A row that was sent stays so, one that failed can only turn out to have been sent: anything else is ignored. */
  finish(
    part: Part,
    id: EffectId,
    result: EffectResult,
    now: number,
    event?: Arrival['event'],
  ): void {
    const row = this.#parts.outbox.find(id)
    if (!row || row.state === 'sent') return
    if (row.state === 'failed' && result.state !== 'sent') return
    if (result.state === 'retry') this.#retry(part, row, result)
    else this.#settle(part, row, result, now)
    if (event) this.#parts.inbox.accept(part, { event, source: 'outbox', key: event.id })
  }

  #retry(part: Part, row: Row, { retryAt, code }: EffectResult & { state: 'retry' }): void {
    this.#parts.outbox.retry(part, row, retryAt, code)
    if (isDead(row.state)) this.#reopen(part, row)
  }

  #settle(
    part: Part,
    row: Row,
    result: Exclude<EffectResult, { state: 'retry' }>,
    now: number,
  ): void {
    this.#parts.outbox.settle(part, row, result.state, now, result.state === 'sent' ? {} : result)
    this.#moveMessages(part, row, result.state === 'sent')
    if (result.state === 'sent') this.#delivered(part, row, result, now)
  }

  #moveMessages(part: Part, row: Row, delivered: boolean): void {
    if (!relays(row.effect.do)) return
    const account = accountOf(row.lane)
    for (const id of row.effect.messages) {
      if (isOpen(row.state)) this.#parts.messages.end(part, account, id, delivered)
      else if (delivered) this.#parts.messages.relayed(part, account, id)
    }
  }

  #delivered(part: Part, row: Row, result: EffectResult & { state: 'sent' }, now: number): void {
    const { effect } = row
    if (result.file) this.#parts.media.put(result.file, now)
    if (effect.do === 'post-card' || effect.do === 'update-card') {
      this.#parts.cards.drawn(effect.card.id, effect.shows, row.seq)
    }
    if (!('chat' in effect)) return
    const { kind, workplace, id } = effect.chat
    const isNew = this.#rememberPost(workplace, result.platformId, row.lane, now)
    // Lines that left as one message come with one platform id: one post.
    if (isNew && kind === 'group' && effect.do !== 'update-card') {
      this.#parts.directory.countPost(part, makeGroupId(workplace, id))
    }
  }

  #rememberPost(
    workplace: WorkplaceId,
    platformId: string | undefined,
    lane: LaneKey,
    now: number,
  ): boolean {
    if (platformId === undefined) return true
    return Number(this.#sql.post.run(workplace, platformId, lane, now).changes) > 0
  }

  /** A card's drawing is not put back when a younger one has arrived meanwhile. */
  replay(part: Part, id: EffectId, now: number, expiresAt: number): Pending | undefined {
    const row = this.#parts.outbox.find(id)
    if (!row || !isDead(row.state)) return undefined
    const { effect } = row
    if (effect.do === 'update-card' && this.#parts.cards.isOutdated(effect.card.id, row.seq)) {
      return undefined
    }
    this.#reopen(part, row)
    return this.#parts.outbox.replay(part, row, now, expiresAt)
  }

  #reopen(part: Part, row: Row): void {
    if (!relays(row.effect.do)) return
    for (const id of row.effect.messages)
      this.#parts.messages.open(part, accountOf(row.lane), id, 1)
  }

  /** At start: whatever was being sent is uncertain now. */
  interrupt(part: Part, now: number): Taken[] {
    for (const row of this.#parts.outbox.interrupt(part, now)) this.#moveMessages(part, row, false)
    return this.#parts.outbox.interrupted()
  }

  laneOfPost(workplace: WorkplaceId, platformId: string): LaneKey | undefined {
    // Written by `#rememberPost`.
    return this.#sql.lane.get(workplace, platformId)?.lane as LaneKey | undefined
  }
}

/** The account whose ledger counts the messages of a lane. */
export function accountOf(lane: LaneKey): string | undefined {
  const parsed = parseLane(lane)
  return parsed.kind === 'contact' ? parsed.account : undefined
}
