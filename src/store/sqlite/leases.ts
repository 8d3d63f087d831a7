import type { DatabaseSync } from 'node:sqlite'

/** Named rights of one owner at a time. A row outlives its owner, so that the fence never goes back. */
export class Leases {
  readonly #sql

  constructor(db: DatabaseSync) {
    this.#sql = {
      // Runs only when the row is new, ours, or expired; the fence grows when the owner changes.
      take: db.prepare(
        `INSERT INTO leases (name, owner, until, fence) VALUES (?1, ?2, ?4, 1)
         ON CONFLICT (name) DO UPDATE SET owner = ?2, until = ?4,
           fence = CASE owner WHEN ?2 THEN fence ELSE fence + 1 END
         WHERE owner = ?2 OR until <= ?3 RETURNING fence`,
      ),
      release: db.prepare(`UPDATE leases SET owner = '', until = 0 WHERE name = ? AND owner = ?`),
    }
  }

  take(name: string, owner: string, now: number, until: number): { fence: number } | undefined {
    const row = this.#sql.take.get(name, owner, now, until)
    return row && { fence: Number(row.fence) }
  }

  release(name: string, owner: string): void {
    this.#sql.release.run(name, owner)
  }
}
