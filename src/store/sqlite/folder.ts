import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
const OTHERS = 0o077

/** Makes the folder, or takes group's and others' rights from the one that is there: it holds customers' words. */
export function preparePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  if (statSync(folder).mode & OTHERS) chmodSync(folder, FOLDER_MODE)
}

/**
 * Makes the file empty unless it is there. SQLite gives its side files (-wal, -shm, -journal) the same rights.
 * A file that is there is not opened: closing it again would end every lock that this process has on it (POSIX fcntl).
 */
export function createPrivateFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, 'ax', FILE_MODE))
  if (statSync(path).mode & OTHERS) chmodSync(path, FILE_MODE)
}
