import { describe, expect, it, vi } from 'vitest'
import { silentLog } from '#src/platform/log.ts'
import { createTokens } from '#src/platform/token-cache.ts'
import type { FreshToken, Tokens } from '#src/ports/tokens.ts'
import { createManualClock, type ManualClock } from '#test/support/clock.ts'
import { createLeaseRows, type LeaseRows } from '#test/support/lease-rows.ts'

const MINUTE = 60_000

interface Setup {
  clock: ManualClock
  rows: LeaseRows
  by: (owner: string) => Tokens
  fetch: ReturnType<typeof vi.fn<() => Promise<FreshToken>>>
}

function setup(expiresInSec = 7_200): Setup {
  const clock = createManualClock()
  const rows = createLeaseRows()
  let made = 0
  return {
    clock,
    rows,
    by: (owner) => createTokens({ store: rows, clock, log: silentLog, owner, random: () => 0.5 }),
    fetch: vi.fn<() => Promise<FreshToken>>(async () => ({ token: `t${++made}`, expiresInSec })),
  }
}

describe('the token cache', () => {
  it('asks the platform once for many callers at once', async () => {
    const { by, fetch } = setup()
    const tokens = by('a')
    const got = await Promise.all([1, 2, 3].map(() => tokens.get('wx', fetch)))
    expect(got).toEqual(['t1', 't1', 't1'])
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  it('keeps names apart', async () => {
    const { by, fetch } = setup()
    const tokens = by('a')
    expect(await tokens.get('one', fetch)).toBe('t1')
    expect(await tokens.get('two', fetch)).toBe('t2')
  })

  it('finds what another process or an earlier life has stored', async () => {
    const { by, fetch } = setup()
    await by('a').get('wx', fetch)
    expect(await by('b').get('wx', fetch)).toBe('t1')
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  it('renews before the end while the old token still serves', async () => {
    const { clock, by, fetch } = setup()
    const tokens = by('a')
    await tokens.get('wx', fetch)
    await clock.advance(112 * MINUTE)
    expect(await tokens.get('wx', fetch)).toBe('t1')
    await clock.advance(60_000)
    expect(await tokens.get('wx', fetch)).toBe('t1')
    await clock.advance(0)
    expect(await tokens.get('wx', fetch)).toBe('t2')
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('renews a short-lived one at half of its life', async () => {
    const { clock, by, fetch } = setup(400)
    const tokens = by('a')
    await tokens.get('wx', fetch)
    await clock.advance(199_000)
    await tokens.get('wx', fetch)
    expect(fetch).toHaveBeenCalledTimes(1)
    await clock.advance(1_000)
    await tokens.get('wx', fetch)
    await clock.advance(0)
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('serves the old token on when the renewal fails, and tries again ten seconds later', async () => {
    const { clock, by, fetch } = setup()
    const tokens = by('a')
    await tokens.get('wx', fetch)
    await clock.advance(115 * MINUTE)
    fetch.mockRejectedValueOnce(new Error('busy'))
    expect(await tokens.get('wx', fetch)).toBe('t1')
    await clock.advance(9_000)
    expect(await tokens.get('wx', fetch)).toBe('t1')
    expect(fetch).toHaveBeenCalledTimes(2)
    await clock.advance(1_000)
    await tokens.get('wx', fetch)
    await clock.advance(0)
    expect(await tokens.get('wx', fetch)).toBe('t2')
  })

  it('waits for a new one when the old one has ended', async () => {
    const { clock, by, fetch } = setup()
    const tokens = by('a')
    await tokens.get('wx', fetch)
    await clock.advance(120 * MINUTE)
    expect(await tokens.get('wx', fetch)).toBe('t2')
  })

  it('passes the failure of a needed fetch on, and is free for the next try', async () => {
    const { by, fetch } = setup()
    const tokens = by('a')
    fetch.mockRejectedValueOnce(new Error('wrong secret'))
    await expect(tokens.get('wx', fetch)).rejects.toThrow('wrong secret')
    expect(await tokens.get('wx', fetch)).toBe('t1')
  })

  it('replaces a refused token once for all who were refused', async () => {
    const { by, fetch } = setup()
    const tokens = by('a')
    await tokens.get('wx', fetch)
    const got = await Promise.all([1, 2, 3].map(() => tokens.replace('wx', 't1', fetch)))
    expect(got).toEqual(['t2', 't2', 't2'])
    expect(await tokens.replace('wx', 't1', fetch)).toBe('t2')
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('takes the replacement that another process has already fetched', async () => {
    const { by, fetch } = setup()
    const [one, two] = [by('a'), by('b')]
    await one.get('wx', fetch)
    await two.get('wx', fetch)
    expect(await one.replace('wx', 't1', fetch)).toBe('t2')
    expect(await two.replace('wx', 't1', fetch)).toBe('t2')
    expect(fetch).toHaveBeenCalledTimes(2)
  })

  it('lets one process ask while the other waits for the result', async () => {
    const { clock, by, fetch } = setup()
    const answer = Promise.withResolvers<FreshToken>()
    fetch.mockReturnValueOnce(answer.promise)
    const first = by('a').get('wx', fetch)
    await clock.advance(0)
    const second = by('b').get('wx', fetch)
    await clock.advance(1_000)
    answer.resolve({ token: 'shared', expiresInSec: 7_200 })
    await clock.advance(250)
    expect(await Promise.all([first, second])).toEqual(['shared', 'shared'])
    expect(fetch).toHaveBeenCalledTimes(1)
  })

  it('gives up after half a minute behind a refresher that never ends', async () => {
    const { clock, rows, by, fetch } = setup()
    await rows.lease('token/wx', 'dead', clock.now(), clock.now() + 3_600_000)
    const waiting = expect(by('a').get('wx', fetch)).rejects.toMatchObject({ code: 'token.busy' })
    await clock.advance(31_000)
    await waiting
  })
})
