import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createPrivateFile } from './folder.ts'

/** Another process works in the data folder. */
export class StoreLockedError extends Error {
  override readonly name = 'StoreLockedError'

  constructor(folder: string, cause: unknown) {
    super(
      `the data folder ${folder} is in use by another jieli process: stop that one first, ` +
        'or give this one a data folder of its own',
      { cause },
    )
  }
}

/** The system's error codes for "somebody else has it" (https://www.sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5
const SQLITE_LOCKED = 6

/**
 * Holds an exclusive transaction on a lock file beside the database until it is released. The operating system ends it
 * with the process, however that dies, so no stale lock is ever left.
 * @throws {StoreLockedError}
 */
export function lockFolder(folder: string): { release: () => void } {
  const path = join(folder, 'jieli.lock')
  createPrivateFile(path)
  const db = new DatabaseSync(path, { timeout: 0 })
  try {
    db.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    db.close()
    throw isBusy(error) ? new StoreLockedError(folder, error) : error
  }
  return { release: () => db.close() }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false
  const primary = Number(error.errcode) & 0xff
  return primary === SQLITE_BUSY || primary === SQLITE_LOCKED
}
