import type { DatabaseSync } from 'node:sqlite'
import type { MediaFile } from '../../domain/content.ts'

/** What is known of each kept file, by content hash. */
export class Media {
  readonly #put

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      `INSERT INTO media (hash, kind, type, bytes, name, kept_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    )
  }

  put(file: MediaFile, now: number): void {
    this.#put.run(file.hash, file.kind, file.type, file.bytes, file.name ?? null, now)
  }
}
