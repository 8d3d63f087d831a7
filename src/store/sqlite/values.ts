import type { DatabaseSync } from 'node:sqlite'
import type { DeskId } from '../../domain/ids.ts'
import type { StoredToken } from '../../ports/store.ts'

/** Small things by name: access tokens, bind codes, values that outlive a restart. */
export class Values {
  readonly #sql

  constructor(db: DatabaseSync) {
    this.#sql = {
      token: db.prepare('SELECT token, expires_at, fetched_at FROM tokens WHERE name = ?'),
      putToken: db.prepare(
        'INSERT OR REPLACE INTO tokens (name, token, expires_at, fetched_at) VALUES (?, ?, ?, ?)',
      ),
      putBindCode: db.prepare(
        'INSERT OR REPLACE INTO bind_codes (code, desk, expires_at, used) VALUES (?, ?, ?, 0)',
      ),
      putValue: db.prepare('INSERT OR REPLACE INTO kept_values (key, value) VALUES (?, ?)'),
    }
  }

  token(name: string): StoredToken | undefined {
    const row = this.#sql.token.get(name)
    if (!row) return undefined
    return {
      token: String(row.token),
      expiresAt: Number(row.expires_at),
      fetchedAt: Number(row.fetched_at),
    }
  }

  putToken(name: string, { token, expiresAt, fetchedAt }: StoredToken): void {
    this.#sql.putToken.run(name, token, expiresAt, fetchedAt)
  }

  putBindCode(code: string, desk: DeskId, expiresAt: number): void {
    this.#sql.putBindCode.run(code, desk, expiresAt)
  }

  putValue(key: string, value: string): void {
    this.#sql.putValue.run(key, value)
  }
}
