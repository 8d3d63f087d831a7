import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import type { StorePlace } from '#test/contracts/store/harness.ts'

/** A folder of its own for one test. */
export const makeFolder = (): string => mkdtempSync(join(tmpdir(), 'jieli-store-'))

export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true })

export async function makeSqlitePlace(): Promise<StorePlace> {
  const folder = makeFolder()
  return {
    open: (clock) => openSqliteStore({ folder, clock }),
    remove: async () => removeFolder(folder),
  }
}
