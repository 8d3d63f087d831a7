import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MediaFile, MediaKind } from '#src/domain/content.ts'
import { openMediaStore } from '#src/platform/media-store.ts'
import { createVoice } from '#src/platform/voice.ts'
import { createMediaLinks, loadLinkSecret, type MediaLinks } from '#src/server/media-links.ts'
import { createManualClock, type ManualClock } from '#test/support/clock.ts'
import { startServer, success, type TestServer } from './support.ts'

const HOUR = 3_600_000
const PNG = Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(64)])
const AMR = Buffer.concat([
  Buffer.from('#!AMR\n'),
  ...Array.from({ length: 10 }, () => Buffer.from([0x04, ...Array.from({ length: 12 }, () => 0)])),
])

let folder: string
let clock: ManualClock
let links: MediaLinks
let server: TestServer
let keep: (bytes: Buffer | string, kind: MediaKind, name?: string) => Promise<MediaFile>
const known = new Map<string, MediaFile>()

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jieli-links-'))
  clock = createManualClock()
  const media = await openMediaStore({ folder: path.join(folder, 'media'), clock })
  links = createMediaLinks({ secret: Buffer.alloc(32, 7), clock, lifeMs: 72 * HOUR })
  known.clear()
  keep = async (bytes, kind, name) => {
    const stream = Readable.from([Buffer.from(bytes)])
    const file = await media.put(name === undefined ? { stream } : { stream, name }, kind, 10_000)
    known.set(file.hash, file)
    return file
  }
  server = await startServer(async () => ({ events: [], answer: success }), {
    media: { links, media, describe: async (hash) => known.get(hash), voice: createVoice(), clock },
  })
})
afterEach(async () => {
  await server.listener.close(0)
  await rm(folder, { recursive: true })
})

const get = (file: MediaFile, query = ''): Promise<Response> =>
  fetch(server.url + links.path(file.hash) + query)

describe('a signed link', () => {
  it('shows a picture in the browser', async () => {
    const response = await get(await keep(PNG, 'image'))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(response.headers.get('content-disposition')).toMatch(/^inline;/)
    expect(Buffer.from(await response.arrayBuffer()).equals(PNG)).toBe(true)
  })

  it('gives a page only to be saved, as bytes, under its own name', async () => {
    const response = await get(await keep('<script>alert(1)</script>', 'file', '报 价".html'))
    expect(response.headers.get('content-type')).toBe('application/octet-stream')
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="____.html"; filename*=UTF-8''%E6%8A%A5%20%E4%BB%B7%22.html`,
    )
  })

  it('lets nothing in it run, be framed or be taken for something else', async () => {
    const { headers } = await get(await keep(PNG, 'image'))
    expect(headers.get('content-security-policy')).toContain('sandbox')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('cache-control')).toContain('private')
  })

  it('makes a voice message playable when asked', async () => {
    const voice = await keep(AMR, 'voice')
    const asIs = await get(voice)
    expect(asIs.headers.get('content-disposition')).toMatch(/^attachment;.*\.amr/)
    await asIs.arrayBuffer()
    const response = await get(voice, '?as=wav')
    expect(response.headers.get('content-type')).toBe('audio/wav')
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1', 0, 4)).toBe('RIFF')
  })

  it('says so when a voice message cannot be made playable', async () => {
    const response = await get(await keep('#!AMR\n', 'voice'), '?as=wav')
    expect([response.status, await response.text()]).toEqual([
      415,
      expect.stringContaining('无法转换'),
    ])
  })

  it('answers HEAD without the file', async () => {
    const file = await keep(PNG, 'image')
    const response = await fetch(server.url + links.path(file.hash), { method: 'HEAD' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-length')).toBe(String(PNG.length))
  })

  it('ends after 72 hours', async () => {
    const file = await keep(PNG, 'image')
    const link = server.url + links.path(file.hash)
    await clock.advance(72 * HOUR - 1)
    expect((await fetch(link)).status).toBe(200)
    await clock.advance(1)
    expect((await fetch(link)).status).toBe(410)
  })

  it('cannot be changed into another one', async () => {
    const file = await keep(PNG, 'image')
    const token = Buffer.from(links.path(file.hash).slice('/m/'.length), 'base64url')
    for (const position of [0, 6, 10, token.length - 1]) {
      const forged = Buffer.from(token)
      forged[position]! ^= 1
      expect((await fetch(`${server.url}/m/${forged.toString('base64url')}`)).status).toBe(404)
    }
    expect((await fetch(`${server.url}/m/${file.hash}`)).status).toBe(404)
  })

  it('cannot be made with another secret', async () => {
    const file = await keep(PNG, 'image')
    const other = createMediaLinks({ secret: Buffer.alloc(32, 8), clock, lifeMs: HOUR })
    expect((await fetch(server.url + other.path(file.hash))).status).toBe(404)
  })

  it('says so when the file has gone', async () => {
    const file = await keep(PNG, 'image')
    known.clear()
    expect((await get(file)).status).toBe(404)
  })
})

describe('the secret of the links', () => {
  it('is made once, for the owner alone, and read again', async () => {
    const file = path.join(folder, 'secret')
    const made = await loadLinkSecret(file)
    expect(made).toHaveLength(32)
    expect(await loadLinkSecret(file)).toEqual(made)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('is not used when the file is damaged', async () => {
    const file = path.join(folder, 'secret')
    await writeFile(file, 'short')
    await expect(loadLinkSecret(file)).rejects.toThrow('damaged')
    expect(await readFile(file, 'utf8')).toBe('short')
  })
})
