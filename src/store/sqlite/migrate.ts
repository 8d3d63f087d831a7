import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'

/** The database was written by a newer version than this one. */
export class StoreTooNewError extends Error {
  override readonly name = 'StoreTooNewError'

  constructor(found: number, known: number) {
    super(
      `the data folder has schema ${found}, this version of jieli knows up to ${known}: ` +
        'start the newer version again, or restore a backup made before the upgrade',
    )
  }
}

interface Migration {
  number: number
  name: string
  sql: string
}

const FILE_NAME = /^(\d{3})_\w+\.sql$/

/**
 * Brings the database to the newest schema: the numbered files that it has not seen, in order, each in a transaction of
 * its own. Forward only; `PRAGMA user_version` remembers how far it is. Runs under the folder's lock.
 * @throws {StoreTooNewError}
 */
export function migrate(db: DatabaseSync, folder: string): void {
  const migrations = readMigrations(folder)
  const known = migrations.at(-1)?.number ?? 0
  const found = Number(db.prepare('PRAGMA user_version').get()?.user_version)
  if (found > known) throw new StoreTooNewError(found, known)
  for (const migration of migrations) if (migration.number > found) apply(db, migration)
}

function readMigrations(folder: string): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => FILE_NAME.test(name))
    .sort()
  return names.map((name, index) => {
    const number = Number(FILE_NAME.exec(name)?.[1])
    if (number !== index + 1) throw new Error(`migration ${name}: expected number ${index + 1}`)
    return { number, name, sql: readFileSync(join(folder, name), 'utf8') }
  })
}

function apply(db: DatabaseSync, { number, name, sql }: Migration): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    db.exec(sql)
    db.exec(`PRAGMA user_version = ${number}`)
    db.exec('COMMIT')
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw new Error(`migration ${name} failed; nothing of it was kept`, { cause: error })
  }
}
