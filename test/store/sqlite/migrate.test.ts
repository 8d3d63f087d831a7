import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStore, StoreTooNewError } from '#src/store/sqlite/index.ts'
import { migrate } from '#src/store/sqlite/migrate.ts'
import { textArrival } from '#test/contracts/store/samples.ts'
import { makeFolder, removeFolder } from './place.ts'

let folder: string
let db: DatabaseSync
beforeEach(() => {
  folder = makeFolder()
  db = new DatabaseSync(':memory:')
})
afterEach(() => {
  db.close()
  removeFolder(folder)
})

const file = (name: string, sql: string): void => writeFileSync(join(folder, name), sql)
const version = (of: DatabaseSync = db): unknown => of.prepare('PRAGMA user_version').get()
const tables = (): unknown[] =>
  db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`).all()

describe('migrations', () => {
  it('run in the order of their numbers, each once', () => {
    file('002_rows.sql', 'INSERT INTO a VALUES (1)')
    file('001_table.sql', 'CREATE TABLE a (n)')
    migrate(db, folder)
    migrate(db, folder)
    expect(db.prepare('SELECT n FROM a').all()).toEqual([{ n: 1 }])
    expect(version()).toEqual({ user_version: 2 })
  })

  it('go on where an older version had stopped', () => {
    file('001_table.sql', 'CREATE TABLE a (n)')
    migrate(db, folder)
    file('002_rows.sql', 'INSERT INTO a VALUES (2); CREATE TABLE b (n)')
    migrate(db, folder)
    expect(db.prepare('SELECT n FROM a').all()).toEqual([{ n: 2 }])
    expect(tables()).toEqual([{ name: 'a' }, { name: 'b' }])
  })

  it('leave nothing of one that fails, and name it', () => {
    file('001_table.sql', 'CREATE TABLE a (n)')
    file('002_broken.sql', 'CREATE TABLE b (n); INSERT INTO nowhere VALUES (1)')
    expect(() => migrate(db, folder)).toThrow('002_broken.sql')
    expect(tables()).toEqual([{ name: 'a' }])
    expect(version()).toEqual({ user_version: 1 })
  })

  it('have no gaps', () => {
    file('001_table.sql', 'CREATE TABLE a (n)')
    file('003_table.sql', 'CREATE TABLE c (n)')
    expect(() => migrate(db, folder)).toThrow('003_table.sql')
    expect(tables()).toEqual([])
  })

  it('refuse a schema that is newer than they know, and leave the folder free', async () => {
    const store = await openSqliteStore({ folder })
    await store.accept([textArrival()])
    await store.close()
    const newer = new DatabaseSync(join(folder, 'jieli.db'))
    newer.exec('PRAGMA user_version = 900')
    newer.close()
    await expect(openSqliteStore({ folder })).rejects.toThrow(StoreTooNewError)
    await expect(openSqliteStore({ folder })).rejects.toThrow(/schema 900.*newer version/)
    const older = new DatabaseSync(join(folder, 'jieli.db'))
    expect(older.prepare('SELECT count(*) AS n FROM inbox').get()).toEqual({ n: 1 })
    older.close()
  })
})
