import { once } from 'node:events'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Incoming, RawRequest, Received } from '#src/ports/channel.ts'
import { Refusal } from '#src/ports/errors.ts'
import type { Log } from '#src/ports/log.ts'
import { silentLog } from '#src/platform/log.ts'
import { channelThat, startServer, success, type TestServer } from './support.ts'

// The server only hands events on; their content is the adapters' affair.
const event = { key: 'k1', name: 'customer:text' } as Incoming
const taken: Received = { events: [event], answer: success }

let server: TestServer | undefined
afterEach(() => server?.listener.close(0))

const start: typeof startServer = async (...args) => (server = await startServer(...args))

describe('the callback path', () => {
  it('turns a stranger away by the address alone, before any of the body has come', async () => {
    const { url } = await start(async () => taken, {
      hooks: {
        channel: () => ({
          ...channelThat(async () => taken),
          greet: () => {
            throw new Refusal('test.stranger', 403, 'no')
          },
        }),
      },
    })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write('POST /hooks/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n')
    const [head] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(head.toString()).toContain('HTTP/1.1 403')
  })

  it('gives the channel the request as it came and answers what the channel says', async () => {
    const seen: RawRequest[] = []
    const { url, clock } = await start(async (request) => {
      seen.push(request)
      return taken
    })
    const response = await fetch(`${url}/hooks/shop?signature=a%2Bb&x=1&x=2`, {
      method: 'POST',
      body: '<xml>你好</xml>',
      headers: { 'X-Extra': 'yes' },
    })
    expect([response.status, await response.text()]).toEqual([200, 'success'])
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect({ ...seen[0]?.query }).toEqual({ signature: 'a+b', x: '1' })
    expect(seen[0]).toMatchObject({ method: 'POST', receivedAt: clock.now() })
    expect(seen[0]?.headers['x-extra']).toBe('yes')
    expect(seen[0]?.body.toString()).toBe('<xml>你好</xml>')
  })

  it('answers only once the events are committed', async () => {
    const commit = Promise.withResolvers<void>()
    const accept = vi.fn<() => Promise<void>>(() => commit.promise)
    const { url } = await start(async () => taken, { hooks: { accept } })
    let answered = false
    const answer = fetch(`${url}/hooks/shop`, { method: 'POST' }).finally(() => (answered = true))
    await vi.waitFor(() => expect(accept).toHaveBeenCalledTimes(1))
    expect(answered).toBe(false)
    commit.resolve()
    expect((await answer).status).toBe(200)
  })

  it('hands over the account and its events, and nothing when there are none', async () => {
    let received: Received = { events: [], answer: success }
    const { url, accepted } = await start(async () => received)
    await fetch(`${url}/hooks/shop?echostr=1`)
    expect(accepted).toEqual([])
    received = taken
    await fetch(`${url}/hooks/shop/`, { method: 'POST' })
    expect(accepted).toEqual([{ account: 'shop', events: [event] }])
  })

  it('answers a refusal with its status and words, and counts it', async () => {
    const { url, refused } = await start(async () => {
      throw new Refusal('wechat.stale', 403, 'timestamp too old')
    })
    const response = await fetch(`${url}/hooks/shop`, { method: 'POST' })
    expect([response.status, await response.text()]).toEqual([403, 'timestamp too old'])
    expect(refused).toEqual(['shop wechat.stale'])
  })

  it('knows no other account, and counts them under one name', async () => {
    const { url, refused } = await start(async () => taken)
    for (const path of ['/hooks/other', '/hooks/', '/hooks/shop/more', '/hooks/%73hop']) {
      expect((await fetch(url + path, { method: 'POST' })).status).toBe(404)
    }
    expect(new Set(refused)).toEqual(new Set(['- http.unknown_account']))
  })

  it('takes GET and POST alone', async () => {
    const { url, refused } = await start(async () => taken)
    const response = await fetch(`${url}/hooks/shop`, { method: 'PUT', body: 'x' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST'])
    expect(refused).toEqual(['shop http.method'])
  })

  it('refuses a body above the limit, whether its length is told or not', async () => {
    const receive = vi.fn<() => Promise<Received>>(async () => taken)
    const { url } = await start(receive)
    const told = await fetch(`${url}/hooks/shop`, { method: 'POST', body: 'x'.repeat(1_001) })
    expect(told.status).toBe(413)
    const untold = await raw(
      url,
      `POST /hooks/shop HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n${'x'.repeat(0x400)}\r\n`,
    )
    expect(untold).toMatch(/^HTTP\/1.1 413 /)
    expect(receive).not.toHaveBeenCalled()
  })

  it('takes a body of exactly the limit', async () => {
    const { url } = await start(async () => taken)
    const response = await fetch(`${url}/hooks/shop`, { method: 'POST', body: 'x'.repeat(1_000) })
    expect(response.status).toBe(200)
  })

  it('answers 500 without details when the commit fails, so that the platform delivers again', async () => {
    const logged: string[] = []
    const log: Log = { ...silentLog, error: (_, message) => void logged.push(message) }
    const { url, refused } = await start(async () => taken, {
      hooks: { accept: () => Promise.reject(new Error('disk full at /secret/place')), log },
    })
    for (let i = 0; i < 3; i++) {
      const response = await fetch(`${url}/hooks/shop`, { method: 'POST' })
      expect(response.status).toBe(500)
      expect(await response.text()).not.toContain('secret')
    }
    expect(refused).toEqual(Array(3).fill('shop http.internal'))
    expect(logged).toHaveLength(1)
  })

  it('answers 503 when the commit takes longer than the platform waits', async () => {
    const accept = vi.fn<() => Promise<void>>(() => new Promise(() => undefined))
    const { url, clock } = await start(async () => taken, { hooks: { accept } })
    const answer = fetch(`${url}/hooks/shop`, { method: 'POST' })
    await vi.waitFor(() => expect(accept).toHaveBeenCalledTimes(1))
    await clock.advance(4_800 + 250)
    expect((await answer).status).toBe(503)
  })

  it('leaves no timer behind once nothing waits any more', async () => {
    const { url, clock } = await start(async () => taken)
    await fetch(`${url}/hooks/shop`, { method: 'POST' })
    await clock.advance(250)
    expect(clock.pending()).toBe(0)
  })
})

describe('closing', () => {
  it('lets a running request end and takes no new one', async () => {
    const commit = Promise.withResolvers<void>()
    const accept = vi.fn<() => Promise<void>>(() => commit.promise)
    const { url, listener } = await start(async () => taken, { hooks: { accept } })
    const running = fetch(`${url}/hooks/shop`, { method: 'POST' })
    await vi.waitFor(() => expect(accept).toHaveBeenCalledTimes(1))
    let closed = false
    const closing = listener.close(10_000).then(() => (closed = true))
    await expect(fetch(`${url}/hooks/shop`, { method: 'POST' })).rejects.toThrow('fetch failed')
    expect(closed).toBe(false)
    commit.resolve()
    expect((await running).status).toBe(200)
    await closing
  })

  it('cuts off what has not ended when the time of grace is over', async () => {
    const accept = vi.fn<() => Promise<void>>(() => new Promise(() => undefined))
    const { url, listener } = await start(async () => taken, { hooks: { accept } })
    const running = expect(fetch(`${url}/hooks/shop`, { method: 'POST' })).rejects.toThrow(
      'fetch failed',
    )
    await vi.waitFor(() => expect(accept).toHaveBeenCalledTimes(1))
    await listener.close(10)
    await running
  })
})

/** Sends these bytes and reads until the server closes. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(bytes)
  return text(socket)
}
