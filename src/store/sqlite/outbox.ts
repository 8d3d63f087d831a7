import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { Effect } from '../../domain/change.ts'
import type {
  AccountId,
  EffectId,
  GroupId,
  LaneKey,
  MessageId,
  WorkplaceId,
} from '../../domain/ids.ts'
import type { Pending, Taken } from '../../ports/store.ts'
import { supersede } from '../coalesce.ts'
import { fromJson } from './json.ts'
import { countStore } from './ledger.ts'
import type { Part } from './writer.ts'

export type OutboxState = 'queued' | 'sending' | 'sent' | 'failed' | 'unknown'

/** A row as finishing and replaying need it. */
export interface Row {
  seq: number
  lane: LaneKey
  state: OutboxState
  attempts: number
  effect: Effect
}

/** What a new row did to the outbox. */
export interface Added {
  pending: Pending
  superseded: EffectId[]
  /** Messages that have one more open row, and those that have one less. */
  opened: MessageId[]
  closed: MessageId[]
}

const PENDING = `seq, id, lane, target, do, priority, not_before, expires_at, coalesce_key, credential, grp,
  attempts, first_tried_at`

/** Rows of the outbox and their states: queued → sending → sent | failed | unknown. */
export class Outbox {
  readonly #sql

  constructor(db: DatabaseSync) {
    this.#sql = {
      insert: db.prepare(
        `INSERT INTO outbox (id, lane, target, do, priority, not_before, expires_at, coalesce_key, credential, grp,
         state, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?)`,
      ),
      sameKey: db.prepare(
        `SELECT seq, body FROM outbox WHERE coalesce_key = ? AND state = 'queued'`,
      ),
      drop: db.prepare('DELETE FROM outbox WHERE seq = ?'),
      take: db.prepare(
        `UPDATE outbox SET state = 'sending', attempts = attempts + 1,
         first_tried_at = CASE first_tried_at WHEN 0 THEN ? ELSE first_tried_at END
         WHERE id = ? AND state = 'queued'
         RETURNING lane, not_before, expires_at, attempts - 1 AS attempts, first_tried_at, body`,
      ),
      find: db.prepare('SELECT seq, lane, state, attempts, body FROM outbox WHERE id = ?'),
      waiting: db.prepare(`SELECT lane, body FROM outbox WHERE id = ? AND state = 'queued'`),
      settle: db.prepare(
        `UPDATE outbox SET state = ?, settled_at = ?, code = ?, reason = ?, interrupted = 0 WHERE seq = ?`,
      ),
      retry: db.prepare(
        `UPDATE outbox SET state = 'queued', not_before = ?, code = ?, settled_at = NULL, interrupted = 0
         WHERE seq = ?`,
      ),
      replay: db.prepare(
        `UPDATE outbox SET state = 'queued', attempts = 0, first_tried_at = 0, not_before = ?, expires_at = ?,
         settled_at = NULL, interrupted = 0 WHERE seq = ? RETURNING ${PENDING}`,
      ),
      // The whole condition of the partial index stands in these, or SQLite would not use it.
      queued: db.prepare(
        `SELECT ${PENDING} FROM outbox WHERE state IN ('queued', 'sending') AND state = 'queued' ORDER BY seq`,
      ),
      sending: db.prepare(
        `SELECT seq, lane, state, attempts, body FROM outbox
         WHERE state IN ('queued', 'sending') AND state = 'sending'`,
      ),
      interrupt: db.prepare(
        `UPDATE outbox SET state = 'unknown', code = 'interrupted', interrupted = 1, settled_at = ?
         WHERE state IN ('queued', 'sending') AND state = 'sending'`,
      ),
      interrupted: db.prepare(
        `SELECT lane, not_before, expires_at, attempts, first_tried_at, body FROM outbox
         WHERE interrupted = 1 ORDER BY seq`,
      ),
    }
  }

  /** Queues a row. Queued ones with the same key go, and leave their messages to this one if it shows them. */
  add(part: Part, lane: LaneKey, given: Effect): Added {
    const old = given.coalesceKey === undefined ? [] : this.#drop(part, given.coalesceKey)
    const { effect, opened, closed } = supersede(old, given)
    const { lastInsertRowid } = this.#sql.insert.run(
      effect.id,
      lane,
      effect.target,
      effect.do,
      effect.priority,
      effect.notBefore,
      effect.expiresAt,
      effect.coalesceKey ?? null,
      effect.credential,
      effect.group ?? null,
      JSON.stringify(effect),
    )
    countStore(part, 'outboxQueued', 1)
    const pending = pendingOf(Number(lastInsertRowid), lane, effect)
    return { pending, superseded: old.map(({ id }) => id), opened, closed }
  }

  #drop(part: Part, key: string): Effect[] {
    const rows = this.#sql.sameKey.all(key)
    for (const { seq } of rows) this.#sql.drop.run(seq!)
    countStore(part, 'outboxQueued', -rows.length)
    return rows.map(({ body }) => fromJson<Effect>(body))
  }

  take(id: EffectId, now: number): Taken | undefined {
    const row = this.#sql.take.get(now, id)
    return row && toTaken(row)
  }

  waiting(id: EffectId): { lane: LaneKey; effect: Effect } | undefined {
    const row = this.#sql.waiting.get(id)
    return row && { lane: row.lane as LaneKey, effect: fromJson<Effect>(row.body) }
  }

  find(id: EffectId): Row | undefined {
    const row = this.#sql.find.get(id)
    return row && toRow(row)
  }

  settle(
    part: Part,
    row: Row,
    state: 'sent' | 'failed' | 'unknown',
    now: number,
    why: { code?: string; reason?: string },
  ): void {
    this.#sql.settle.run(state, now, why.code ?? null, why.reason ?? null, row.seq)
    this.#count(part, row.state, state)
  }

  retry(part: Part, row: Row, at: number, code: string): void {
    this.#sql.retry.run(at, code, row.seq)
    this.#count(part, row.state, 'queued')
  }

  replay(part: Part, row: Row, now: number, expiresAt: number): Pending {
    const pending = toPending(this.#sql.replay.get(now, expiresAt, row.seq)!)
    this.#count(part, row.state, 'queued')
    return pending
  }

  queued(): Pending[] {
    return this.#sql.queued.all().map(toPending)
  }

  /** Rows left `sending` become `unknown` until somebody deals with them. @returns those that changed now */
  interrupt(part: Part, now: number): Row[] {
    const rows = this.#sql.sending.all().map(toRow)
    this.#sql.interrupt.run(now)
    for (const row of rows) this.#count(part, row.state, 'unknown')
    return rows
  }

  /** All that were cut off and that nobody has dealt with yet. */
  interrupted(): Taken[] {
    return this.#sql.interrupted.all().map(toTaken)
  }

  #count(part: Part, from: OutboxState, to: OutboxState): void {
    countStore(part, 'outboxQueued', Number(isOpen(to)) - Number(isOpen(from)))
    countStore(part, 'outboxDead', Number(isDead(to)) - Number(isDead(from)))
  }
}

export const isOpen = (state: OutboxState): boolean => state === 'queued' || state === 'sending'
export const isDead = (state: OutboxState): boolean => state === 'failed' || state === 'unknown'

function pendingOf(seq: number, lane: LaneKey, effect: Effect): Pending {
  const { id, target, priority, notBefore, expiresAt, credential, coalesceKey, group } = effect
  return {
    id,
    seq,
    lane,
    target,
    do: effect.do,
    priority,
    notBefore,
    expiresAt,
    credential,
    ...(coalesceKey !== undefined && { coalesceKey }),
    ...(group !== undefined && { group }),
    attempts: 0,
    firstTriedAt: 0,
  }
}

type Columns = Record<string, SQLOutputValue>

// Columns hold nothing but what `add` wrote, hence the narrowing below.
function toPending(row: Columns): Pending {
  return {
    id: row.id as EffectId,
    seq: Number(row.seq),
    lane: row.lane as LaneKey,
    target: String(row.target),
    do: row.do as Effect['do'],
    priority: Number(row.priority),
    notBefore: Number(row.not_before),
    expiresAt: Number(row.expires_at),
    ...(row.coalesce_key !== null && { coalesceKey: String(row.coalesce_key) }),
    credential: row.credential as AccountId | WorkplaceId,
    ...(row.grp !== null && { group: row.grp as GroupId }),
    attempts: Number(row.attempts),
    firstTriedAt: Number(row.first_tried_at),
  }
}

/** The columns know better than the body when a row was put back. */
function toTaken(row: Columns): Taken {
  const effect = fromJson<Effect>(row.body)
  effect.notBefore = Number(row.not_before)
  effect.expiresAt = Number(row.expires_at)
  return {
    lane: row.lane as LaneKey,
    effect,
    attempts: Number(row.attempts),
    firstTriedAt: Number(row.first_tried_at),
  }
}

function toRow(row: Columns): Row {
  return {
    seq: Number(row.seq),
    lane: row.lane as LaneKey,
    state: row.state as OutboxState,
    attempts: Number(row.attempts),
    effect: fromJson<Effect>(row.body),
  }
}
