import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStore, StoreLockedError } from '#src/store/sqlite/index.ts'
import { textArrival } from '#test/contracts/store/samples.ts'
import { makeFolder, removeFolder } from './place.ts'
import { startWriter } from './writer-process.ts'

let folder: string
beforeEach(() => {
  folder = makeFolder()
})
afterEach(() => removeFolder(folder))

describe('a data folder', () => {
  it('is refused to a second process while the first one runs, and free once that is killed', async () => {
    const other = await startWriter(folder)
    await expect(openSqliteStore({ folder })).rejects.toThrow(StoreLockedError)
    await expect(openSqliteStore({ folder })).rejects.toThrow(/in use.*stop that one first/)
    await other.kill()
    const store = await openSqliteStore({ folder })
    await store.close()
  })

  it('is refused a second time in the same process, and free after closing', async () => {
    const first = await openSqliteStore({ folder })
    await expect(openSqliteStore({ folder })).rejects.toThrow(StoreLockedError)
    expect(await first.accept([textArrival()])).toEqual(['new'])
    await expect(startWriter(folder)).rejects.toThrow('StoreLockedError')
    await first.close()
    const second = await openSqliteStore({ folder })
    expect((await second.read.counts()).inboxWaiting).toBe(1)
    await second.close()
  })
})
