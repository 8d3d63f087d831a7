import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import { makeFolder, removeFolder } from './place.ts'

let folder: string
beforeEach(() => {
  folder = makeFolder()
})
afterEach(() => {
  vi.restoreAllMocks()
  removeFolder(folder)
})

describe('what was acknowledged', () => {
  it('is synced to disk by every commit, so that it survives a power cut', async () => {
    const prepared = vi.spyOn(DatabaseSync.prototype, 'prepare')
    const store = await openSqliteStore({ folder })
    const db = prepared.mock.contexts.at(-1)
    if (!(db instanceof DatabaseSync)) throw new Error('the store prepared nothing')
    expect(db.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
    await store.close()
  })
})
