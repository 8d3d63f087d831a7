import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import { textArrival } from '#test/contracts/store/samples.ts'
import { makeFolder, removeFolder } from './place.ts'

let root: string
beforeEach(() => {
  root = makeFolder()
})
afterEach(() => removeFolder(root))

const rightsOf = (path: string): number => statSync(path).mode & 0o777

describe('the data folder', () => {
  it('is made with its parents, for its owner only', async () => {
    const folder = join(root, 'var', 'data')
    const store = await openSqliteStore({ folder })
    expect(rightsOf(folder)).toBe(0o700)
    await store.close()
  })

  it('holds files for its owner only, while it is open and after', async () => {
    const umask = process.umask(0)
    const store = await openSqliteStore({ folder: root })
    await store.accept([textArrival()])
    process.umask(umask)
    const names = readdirSync(root)
    expect(names).toEqual(expect.arrayContaining(['jieli.db', 'jieli.db-wal', 'jieli.lock']))
    for (const name of names) expect([name, rightsOf(join(root, name))]).toEqual([name, 0o600])
    await store.close()
    for (const name of readdirSync(root)) expect(rightsOf(join(root, name))).toBe(0o600)
  })

  it('that was open to others is closed to them', async () => {
    const folder = join(root, 'data')
    mkdirSync(folder)
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'jieli.db'), '')
    chmodSync(join(folder, 'jieli.db'), 0o644)
    const store = await openSqliteStore({ folder })
    expect(rightsOf(folder)).toBe(0o700)
    expect(rightsOf(join(folder, 'jieli.db'))).toBe(0o600)
    await store.close()
  })
})
