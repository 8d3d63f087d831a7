import path from 'node:path'

/** What lies where in the data folder, beside the store's own files. */
export interface DataPaths {
  /** Socket file of the running process. */
  control: string
  /** Folder of pictures, voice messages and files. */
  media: string
  /** Key behind the signed links. */
  linkSecret: string
}

export function dataPaths(dataFolder: string): DataPaths {
  return {
    control: path.join(dataFolder, 'control.sock'),
    media: path.join(dataFolder, 'media'),
    linkSecret: path.join(dataFolder, 'links.key'),
  }
}

/** A socket file's path takes 107 bytes at most on Linux, 103 on macOS. */
export function isTooLongForSocket(dataFolder: string): boolean {
  return Buffer.byteLength(dataPaths(dataFolder).control) > 103
}
