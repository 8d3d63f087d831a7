import type { DatabaseSync } from 'node:sqlite'
import type { Counters, Counts } from './counters.ts'

/** What a part may use besides its statements; thrown away when the part is rolled back. */
export interface Part {
  /** Adds to a counter in the same transaction. */
  count(scope: string, name: string, by: number): void
  /** Runs after the commit, before anybody learns of it: for what is kept in memory. Must not throw. */
  afterCommit(apply: () => void): void
}

interface Queued {
  run(part: Part): unknown
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A part that was written or, with `error`, an empty one in place of it. */
interface Outcome {
  part: Recorder
  value?: unknown
  error?: unknown
}

/** A write after `close`. */
export class StoreClosedError extends Error {
  override readonly name = 'StoreClosedError'
}

/** Longest share of one turn of the event loop, and most parts, that one transaction takes. */
const MAX_MS = 5
const MAX_PARTS = 256
/**
 * From so many parts a millisecond on, a transaction waits for company: until so many parts are there, none has come
 * for a moment, or the first has waited long enough. Neighbours share not only the sync but also the pages they touch.
 */
const BUSY_PARTS_PER_MS = 2
const COMPANY_PARTS = 32
const QUIET_MS = 1
const COMPANY_MS = 4

/**
 * Group commit: everything that waits to be written in the same moment shares one BEGIN IMMEDIATE … COMMIT, and so one
 * sync to disk. A part is a synchronous function; it is written whole or not at all, whatever its neighbours do. First
 * all run without savepoints; only if one throws is everything rolled back and run again, each part in a savepoint.
 * A part must therefore change nothing but the database and its `Part`.
 */
export class Writer {
  readonly #db: DatabaseSync
  readonly #counters: Counters
  readonly #sql
  #queue: Queued[] = []
  #scheduled = false
  #closed = false
  /** Parts a millisecond, as of late. */
  #pace = 0
  #flushedAt = 0
  #quiet: NodeJS.Timeout | undefined
  #gatherUntil = 0
  readonly #onIdle: (() => void)[] = []

  constructor(db: DatabaseSync, counters: Counters) {
    this.#db = db
    this.#counters = counters
    this.#sql = {
      begin: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      savepoint: db.prepare('SAVEPOINT part'),
      release: db.prepare('RELEASE part'),
      undo: db.prepare('ROLLBACK TO part'),
    }
  }

  /** @returns a promise that resolves after the commit has been synced, and rejects if this part was not written */
  write<T>(run: (part: Part) => T): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreClosedError('the store is closed'))
    return new Promise<T>((resolve, reject) => {
      // The value handed to `resolve` is the one that this same `run` returned.
      this.#queue.push({ run, resolve: (value) => resolve(value as T), reject })
      this.#schedule()
    })
  }

  /** Refuses what comes later; resolves when all that waits is written. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#queue.length === 0) return
    await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  /** At the end of this turn; while much is written, when enough has gathered. A lone writer never waits. */
  #schedule(): void {
    if (this.#scheduled) return
    if (this.#pace < BUSY_PARTS_PER_MS || this.#queue.length >= COMPANY_PARTS) this.#flushSoon()
    else if (!this.#quiet) {
      this.#gatherUntil = performance.now() + COMPANY_MS
      this.#quiet = setTimeout(() => this.#flush(), QUIET_MS)
    } else if (performance.now() < this.#gatherUntil) this.#quiet.refresh()
  }

  #flushSoon(): void {
    this.#scheduled = true
    setImmediate(() => this.#flush())
  }

  #flush(): void {
    this.#scheduled = false
    clearTimeout(this.#quiet)
    this.#quiet = undefined
    const waiting = this.#queue
    this.#queue = []
    const taken = this.#commit(waiting.slice(0, MAX_PARTS))
    this.#keepPace(taken)
    this.#queue = [...waiting.slice(taken), ...this.#queue]
    if (this.#queue.length > 0) this.#schedule()
    else for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #keepPace(parts: number): void {
    const now = performance.now()
    this.#pace = 0.8 * this.#pace + (0.2 * parts) / Math.max(0.1, now - this.#flushedAt)
    this.#flushedAt = now
  }

  /** Settles the first of the batch, at least one. @returns how many */
  #commit(batch: Queued[]): number {
    let outcomes: Outcome[]
    try {
      outcomes = this.#together(batch)
    } catch {
      outcomes = this.#apart(batch)
    }
    for (const { part } of outcomes) part.apply()
    for (const [index, { value, error }] of outcomes.entries()) {
      if (error === undefined) batch[index]!.resolve(value)
      else batch[index]!.reject(error)
    }
    return outcomes.length
  }

  #together(batch: Queued[]): Outcome[] {
    const until = performance.now() + MAX_MS
    const outcomes: Outcome[] = []
    return this.#transaction(() => {
      for (const queued of batch) {
        const part = new Recorder()
        outcomes.push({ part, value: queued.run(part) })
        if (performance.now() > until) break
      }
      return outcomes
    })
  }

  #apart(batch: Queued[]): Outcome[] {
    try {
      return this.#transaction(() => batch.map((queued) => this.#guarded(queued)))
    } catch (error) {
      return batch.map(() => ({ part: new Recorder(), error }))
    }
  }

  #guarded(queued: Queued): Outcome {
    const part = new Recorder()
    this.#sql.savepoint.run()
    try {
      const value = queued.run(part)
      this.#sql.release.run()
      return { part, value }
    } catch (error) {
      // Some errors (disk full) end the whole transaction; then nothing of the batch stands.
      if (!this.#db.isTransaction) throw error
      this.#sql.undo.run()
      this.#sql.release.run()
      return { part: new Recorder(), error: error ?? new Error('a write threw nothing') }
    }
  }

  #transaction(body: () => Outcome[]): Outcome[] {
    this.#sql.begin.run()
    try {
      const outcomes = body()
      this.#counters.add(outcomes.map(({ part }) => part.counts))
      this.#sql.commit.run()
      return outcomes
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }
}

class Recorder implements Part {
  readonly counts: Counts = []
  readonly #applies: (() => void)[] = []

  count(scope: string, name: string, by: number): void {
    if (by !== 0) this.counts.push([scope, name, by])
  }

  afterCommit(apply: () => void): void {
    this.#applies.push(apply)
  }

  apply(): void {
    for (const apply of this.#applies) apply()
  }
}
