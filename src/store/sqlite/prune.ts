import type { DatabaseSync } from 'node:sqlite'
import { countStore } from './ledger.ts'
import { MARKER_KEPT_MS } from './lanes.ts'
import type { Part, Writer } from './writer.ts'

const DAY_MS = 24 * 3_600_000
/** Dedupe keys with the bodies of handled events. */
const INBOX_KEPT_MS = 7 * DAY_MS
const SETTLED_EFFECTS_KEPT_MS = 30 * DAY_MS
const BIND_CODES_KEPT_MS = DAY_MS
/** Rows that one part deletes, so that no turn of the event loop is long. */
const BATCH = 100

type Sweep = (part: Part, now: number) => number

/** Deletes what is past its keeping. Messages, cards and the log stay. */
export class Pruning {
  readonly #writer: Writer
  readonly #sweeps: Sweep[]

  constructor(db: DatabaseSync, writer: Writer) {
    this.#writer = writer
    this.#sweeps = [
      plainSweep(db, 'inbox', 'seq', 'settled_at', INBOX_KEPT_MS),
      outboxSweep(db),
      plainSweep(db, 'posts', 'workplace, platform_id', 'posted_at', MARKER_KEPT_MS),
      plainSweep(db, 'bind_codes', 'code', 'expires_at', BIND_CODES_KEPT_MS),
    ]
  }

  /** @returns how many rows went */
  async run(now: number): Promise<number> {
    let total = 0
    for (const sweep of this.#sweeps) {
      let gone: number
      do {
        gone = await this.#writer.write((part) => sweep(part, now))
        total += gone
      } while (gone === BATCH)
    }
    return total
  }
}

function plainSweep(
  db: DatabaseSync,
  table: string,
  key: string,
  time: string,
  kept: number,
): Sweep {
  const sql = db.prepare(
    `DELETE FROM ${table} WHERE (${key}) IN (SELECT ${key} FROM ${table} WHERE ${time} < ? LIMIT ${BATCH})`,
  )
  return (_, now) => Number(sql.run(now - kept).changes)
}

function outboxSweep(db: DatabaseSync): Sweep {
  const sql = db.prepare(
    `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE settled_at < ? LIMIT ${BATCH})
     RETURNING state`,
  )
  return (part, now) => {
    const rows = sql.all(now - SETTLED_EFFECTS_KEPT_MS)
    countStore(part, 'outboxDead', -rows.filter(({ state }) => state !== 'sent').length)
    return rows.length
  }
}
