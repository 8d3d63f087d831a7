import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mediaHash } from '#src/domain/ids.ts'
import { openMediaStore } from '#src/platform/media-store.ts'
import type { MediaStore } from '#src/ports/media.ts'
import { createManualClock, type ManualClock } from '#test/support/clock.ts'

const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(5_000, 7)])

let folder: string
let clock: ManualClock
let media: MediaStore

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jieli-media-'))
  clock = createManualClock()
  media = await openMediaStore({ folder, clock })
})
afterEach(() => rm(folder, { recursive: true }))

const files = async (): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))

describe('the media store', () => {
  it('keeps a file under the hash of its bytes and gives it back', async () => {
    const file = await media.put(
      { stream: Readable.from([PNG.subarray(0, 9), PNG.subarray(9)]) },
      'image',
      10_000,
    )
    const hash = createHash('sha256').update(PNG).digest('hex')
    expect(file).toEqual({ hash, kind: 'image', type: 'image/png', bytes: PNG.length })
    expect(Buffer.from(await media.read(file.hash)).equals(PNG)).toBe(true)
    expect((await buffer(media.open(file.hash))).equals(PNG)).toBe(true)
  })

  it('keeps the same bytes once', async () => {
    await media.put({ stream: Readable.from([PNG]) }, 'image', 10_000)
    await media.put({ stream: Readable.from([PNG]), name: 'b.png' }, 'file', 10_000)
    expect(await files()).toHaveLength(1)
  })

  it('lets nobody but the owner read it', async () => {
    await media.put({ stream: Readable.from([PNG]) }, 'image', 10_000)
    const [file] = await files()
    expect((await stat(file!)).mode & 0o077).toBe(0)
    expect((await stat(path.dirname(file!))).mode & 0o077).toBe(0)
  })

  it('refuses a file that is too large for good, and keeps nothing of it', async () => {
    const putting = media.put({ stream: Readable.from([PNG, PNG]) }, 'image', PNG.length)
    await expect(putting).rejects.toMatchObject({
      code: 'media.too_large',
      next: { do: 'give-up', reason: 'media.too_large' },
    })
    expect(await files()).toEqual([])
  })

  it('gives up a download that breaks off, to be tried again', async () => {
    const stream = new PassThrough()
    stream.write(PNG)
    const putting = media.put({ stream }, 'image', 10_000)
    stream.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))
    await expect(putting).rejects.toMatchObject({
      code: 'media.interrupted',
      next: { do: 'retry' },
    })
    expect(await files()).toEqual([])
  })

  it('gives up a download that never ends', async () => {
    const stream = new PassThrough()
    stream.write(PNG)
    const putting = expect(media.put({ stream }, 'image', 10_000)).rejects.toMatchObject({
      code: 'media.too_slow',
    })
    await clock.advance(60_000)
    await putting
    expect(clock.pending()).toBe(0)
  })

  it('takes an empty download for a broken one', async () => {
    await expect(media.put({ stream: Readable.from([]) }, 'image', 10)).rejects.toMatchObject({
      code: 'media.interrupted',
    })
  })

  it('makes a file of an image that is none', async () => {
    const stream = Readable.from([Buffer.from('<script>alert(1)</script>')])
    expect(await media.put({ stream, name: 'cat.png' }, 'image', 100)).toMatchObject({
      kind: 'file',
      type: 'text/plain',
    })
  })

  it('keeps of a name the last part, without control characters', async () => {
    const stream = Readable.from([PNG])
    const file = await media.put({ stream, name: '../../etc/\u202Eevil\n.png' }, 'image', 10_000)
    expect(file.name).toBe('evil.png')
  })

  it('opens nothing by a name that is no hash', () => {
    expect(() => media.open(mediaHash('../../etc/passwd'))).toThrow('not a media hash')
  })

  it('removes at opening what a process that died has left', async () => {
    await writeFile(path.join(folder, 'arriving', 'half'), 'abc')
    await openMediaStore({ folder, clock })
    expect(await files()).toEqual([])
  })
})
