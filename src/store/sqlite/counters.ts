import type { DatabaseSync } from 'node:sqlite'

export type Counts = [scope: string, name: string, by: number][]

/** Numbers that are kept up to date in the transaction that changes them, so that nobody counts a big table. */
export class Counters {
  readonly #add
  readonly #all

  constructor(db: DatabaseSync) {
    this.#add = db.prepare(
      `INSERT INTO counters (scope, name, value) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET value = value + excluded.value`,
    )
    this.#all = db.prepare('SELECT scope, name, value FROM counters ORDER BY scope, name')
  }

  /** Sums up what the parts of one transaction counted, and writes each counter once. */
  add(parts: readonly Counts[]): void {
    const sums = new Map<string, Map<string, number>>()
    for (const counts of parts) {
      for (const [scope, name, by] of counts) {
        let names = sums.get(scope)
        if (!names) sums.set(scope, (names = new Map<string, number>()))
        names.set(name, (names.get(name) ?? 0) + by)
      }
    }
    for (const [scope, names] of sums) {
      for (const [name, by] of names) if (by !== 0) this.#add.run(scope, name, by)
    }
  }

  /** By scope, then by name. */
  all(): Map<string, Record<string, number>> {
    const scopes = new Map<string, Record<string, number>>()
    for (const row of this.#all.all()) {
      const scope = String(row.scope)
      const counters = scopes.get(scope) ?? {}
      counters[String(row.name)] = Number(row.value)
      scopes.set(scope, counters)
    }
    return scopes
  }
}
