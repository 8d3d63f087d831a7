import { buffer } from 'node:stream/consumers'
import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Channel } from '#src/ports/channel.ts'
import { PlatformError } from '#src/ports/errors.ts'
import { broken, createShop, createTestIo } from './setup.ts'

const API = 'https://api.weixin.qq.com'

let shop: Channel

beforeEach(() => {
  nock.disableNetConnect()
  shop = createShop({}, createTestIo())
  givesToken('token-1')
})
afterEach(() => {
  const pending = nock.pendingMocks()
  nock.cleanAll()
  nock.enableNetConnect()
  expect(pending).toEqual([])
})

function givesToken(token: string): void {
  nock(API).post('/cgi-bin/stable_token').reply(200, { access_token: token, expires_in: 7200 })
}

function media(token = 'token-1', id = 'm1'): nock.Interceptor {
  return nock(API).get('/cgi-bin/media/get').query({ access_token: token, media_id: id })
}

async function failure(ref: string): Promise<PlatformError> {
  const error: unknown = await shop.fetchMedia(ref).catch((reason: unknown) => reason)
  if (!(error instanceof PlatformError)) throw new Error('it did not fail with a PlatformError')
  return error
}

describe('fetching media', () => {
  it('gives the bytes', async () => {
    media().reply(200, Buffer.from('jpeg bytes'), {
      'content-type': 'image/jpeg',
      'content-disposition': 'attachment; filename="m1.jpg"',
    })
    const { stream } = await shop.fetchMedia('image/m1')
    expect((await buffer(stream)).toString()).toBe('jpeg bytes')
  })

  it.each(['application/json; encoding=utf-8', 'text/plain'])(
    'follows the address of a video, told as %s',
    async (type) => {
      const url = 'http://video.example.com/v/1?token=x'
      media().reply(200, JSON.stringify({ video_url: url }), { 'content-type': type })
      nock('http://video.example.com')
        .get('/v/1')
        .query({ token: 'x' })
        .reply(200, Buffer.from('mp4 bytes'), { 'content-type': 'video/mp4' })
      const { stream } = await shop.fetchMedia('video/m1')
      expect((await buffer(stream)).toString()).toBe('mp4 bytes')
    },
  )

  it('replaces a refused token once', async () => {
    media().reply(200, { errcode: 42001 })
    givesToken('token-2')
    media('token-2').reply(200, Buffer.from('x'), { 'content-type': 'audio/amr' })
    const { stream } = await shop.fetchMedia('voice/m1')
    expect((await buffer(stream)).toString()).toBe('x')
  })

  it('says that a file has expired, told as JSON or as text', async () => {
    for (const type of ['application/json', 'text/plain']) {
      media().reply(200, JSON.stringify({ errcode: 40007 }), { 'content-type': type })
      expect(await failure('image/m1')).toMatchObject({
        code: 'wechat.media_expired',
        delivered: 'no',
        next: { do: 'give-up', reason: 'media.expired' },
      })
    }
  })

  it('fails certainly, to be tried again, when there is no good answer', async () => {
    const again = { delivered: 'no', next: { do: 'retry' } }
    media().reply(502, 'x')
    expect(await failure('image/m1')).toMatchObject(again)
    media().replyWithError(broken('ECONNRESET'))
    expect(await failure('image/m1')).toMatchObject(again)
    media().reply(200, 'what?', { 'content-type': 'text/plain' })
    expect(await failure('image/m1')).toMatchObject(again)
    media().reply(200, { video_url: 'file:///etc/passwd' })
    expect(await failure('video/m1')).toMatchObject(again)
    media().reply(200, { video_url: 'http://video.example.com/v' })
    nock('http://video.example.com').get('/v').reply(200, '{}', { 'content-type': 'text/plain' })
    expect(await failure('video/m1')).toMatchObject(again)
  })

  it('refuses a reference that is none of ours', async () => {
    nock.cleanAll()
    for (const ref of ['', 'm1', 'file/m1', 'image/']) {
      await expect(shop.fetchMedia(ref)).rejects.toThrow('not a media reference')
    }
  })
})
