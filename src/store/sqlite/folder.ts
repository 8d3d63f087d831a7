import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs'

const FOLDER_MODE = 0o700
const FILE_MODE = 0o600
const OTHERS = 0o077

/** Makes the folder, or takes group's and others' rights from the one that is there: it holds customers' words. */
export function preparePrivateFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: FOLDER_MODE })
  if (statSync(folder).mode & OTHERS) chmodSync(folder, FOLDER_MODE)
}

/** Makes the file empty unless it is there. SQLite gives its side files (-wal, -shm, -journal) the same rights. */
export function createPrivateFile(path: string): void {
  closeSync(openSync(path, 'a', FILE_MODE))
  if (statSync(path).mode & OTHERS) chmodSync(path, FILE_MODE)
}
