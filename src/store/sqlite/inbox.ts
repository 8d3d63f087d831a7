import type { DatabaseSync } from 'node:sqlite'
import type { EventId, LaneKey } from '../../domain/ids.ts'
import type { Acceptance, Arrival } from '../../ports/store.ts'
import { fromJson } from './json.ts'
import { countMoved, countReceived, countStore, ledgerAccount } from './ledger.ts'
import type { Part } from './writer.ts'

type BotEvent = Arrival['event']

/** The next event of a lane, which may still wait for a later try. */
export interface Head {
  seq: number
  event: BotEvent
  account: string | null
  attempts: number
  retryAt: number
}

/** Events in the order of their arrival, per lane; known keys are not taken twice. */
export class Inbox {
  readonly #sql

  constructor(db: DatabaseSync) {
    this.#sql = {
      retryOf: db.prepare(
        `SELECT 1 FROM inbox WHERE source = ? AND fingerprint = ? AND state <> 'filtered'
         AND received_at BETWEEN ? AND ? LIMIT 1`,
      ),
      insert: db.prepare(
        `INSERT INTO inbox (id, source, key, fingerprint, lane, name, account, state, received_at, settled_at, body)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, key) DO NOTHING`,
      ),
      head: db.prepare(
        `SELECT seq, id, account, attempts, retry_at, late, body FROM inbox
         WHERE lane = ? AND state = 'waiting' ORDER BY seq LIMIT 1`,
      ),
      headId: db.prepare(
        `SELECT seq, id, account FROM inbox WHERE lane = ? AND state = 'waiting' ORDER BY seq LIMIT 1`,
      ),
      done: db.prepare(
        `UPDATE inbox SET state = 'done', settled_at = ?, error = NULL WHERE seq = ?`,
      ),
      later: db.prepare(
        `UPDATE inbox SET attempts = attempts + 1, retry_at = ?, error = ?
         WHERE id = ? AND state = 'waiting'`,
      ),
      park: db.prepare(
        `UPDATE inbox SET attempts = attempts + 1, state = 'parked', error = ?
         WHERE id = ? AND state = 'waiting' RETURNING account`,
      ),
      replay: db.prepare(
        `UPDATE inbox SET state = 'waiting', attempts = 0, retry_at = 0, late = 1
         WHERE id = ? AND state = 'parked' RETURNING lane, account`,
      ),
    }
  }

  accept(part: Part, arrival: Arrival): Acceptance {
    const { event, source, key, fingerprint = null } = arrival
    const retry = this.#isRetry(arrival)
    const account = ledgerAccount(event)
    const { changes } = this.#sql.insert.run(
      event.id,
      source,
      key,
      fingerprint,
      event.lane,
      event.name,
      account,
      retry ? 'filtered' : 'waiting',
      event.receivedAt,
      retry ? event.receivedAt : null,
      JSON.stringify(event),
    )
    if (changes === 0) return 'duplicate'
    if (account !== null) countReceived(part, account, retry ? 'filtered' : 'inbox')
    if (!retry) countStore(part, 'inboxWaiting', 1)
    return retry ? 'retry' : 'new'
  }

  #isRetry({ source, fingerprint, retryWindowMs, event }: Arrival): boolean {
    if (fingerprint === undefined || retryWindowMs === undefined) return false
    const from = event.receivedAt - retryWindowMs.to
    const to = event.receivedAt - retryWindowMs.from
    return this.#sql.retryOf.get(source, fingerprint, from, to) !== undefined
  }

  head(lane: LaneKey): Head | undefined {
    const row = this.#sql.head.get(lane)
    if (!row) return undefined
    const event = fromJson<BotEvent>(row.body)
    if (row.late === 1) event.late = true
    return {
      seq: Number(row.seq),
      event,
      account: row.account === null ? null : String(row.account),
      attempts: Number(row.attempts),
      retryAt: Number(row.retry_at),
    }
  }

  /** The row of this event, if it is the one that its lane has to handle next. */
  claimHead(lane: LaneKey, event: EventId): { seq: number; account: string | null } | undefined {
    const row = this.#sql.headId.get(lane)
    if (!row || row.id !== event) return undefined
    return { seq: Number(row.seq), account: row.account === null ? null : String(row.account) }
  }

  /** Leaves the ledger to the caller, who knows what the event became. */
  done(part: Part, seq: number, now: number): void {
    this.#sql.done.run(now, seq)
    countStore(part, 'inboxWaiting', -1)
  }

  fail(part: Part, event: EventId, error: string, retryAt: number | undefined): void {
    if (retryAt !== undefined) {
      this.#sql.later.run(retryAt, error, event)
      return
    }
    const row = this.#sql.park.get(error, event)
    if (!row) return
    countStore(part, 'inboxWaiting', -1)
    countStore(part, 'inboxParked', 1)
    if (row.account !== null) countMoved(part, String(row.account), 'inbox', 'inbox-parked')
  }

  replay(part: Part, event: EventId): LaneKey | undefined {
    const row = this.#sql.replay.get(event)
    if (!row) return undefined
    countStore(part, 'inboxWaiting', 1)
    countStore(part, 'inboxParked', -1)
    if (row.account !== null) countMoved(part, String(row.account), 'inbox-parked', 'inbox')
    // Written from an event's own lane.
    return row.lane as LaneKey
  }
}
