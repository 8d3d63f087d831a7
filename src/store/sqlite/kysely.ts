import { Kysely, SqliteDialect } from 'kysely'
import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import type { Tables } from '../schema.ts'

interface Statement {
  readonly reader: boolean
  all(parameters: readonly unknown[]): unknown[]
  run(parameters: readonly unknown[]): {
    changes: number | bigint
    lastInsertRowid: number | bigint
  }
  iterate(parameters: readonly unknown[]): IterableIterator<unknown>
}

/** Texts with a list in them differ by its length; the oldest statement goes when there are this many. */
const MAX_STATEMENTS = 64

/** Builds queries over the same connection, so that they see the last commit. Each text is prepared once. */
export function buildQueries(db: DatabaseSync): Kysely<Tables> {
  const statements = new Map<string, Statement>()
  const prepare = (sql: string): Statement => {
    const known = statements.get(sql)
    if (known) return known
    const statement = adapt(db, sql)
    statements.set(sql, statement)
    const [oldest] = statements.keys()
    if (statements.size > MAX_STATEMENTS && oldest !== undefined) statements.delete(oldest)
    return statement
  }
  // Closing is the store's own task.
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database: { prepare, close() {} } }) })
}

function adapt(db: DatabaseSync, sql: string): Statement {
  const statement = db.prepare(sql)
  // Kysely hands over what the typed queries were given: strings and numbers.
  const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...values(parameters)),
    run: (parameters) => statement.run(...values(parameters)),
    iterate: (parameters) => statement.iterate(...values(parameters)),
  }
}
