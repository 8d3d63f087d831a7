import { describe, expect, it } from 'vitest'
import { createLeases } from '#src/platform/leases.ts'
import { silentLog } from '#src/platform/log.ts'
import type { Lease, Leases } from '#src/ports/leases.ts'
import { createManualClock } from '#test/support/clock.ts'
import { createLeaseRows } from '#test/support/lease-rows.ts'

const never = new AbortController().signal

function setup(): {
  clock: ReturnType<typeof createManualClock>
  rows: ReturnType<typeof createLeaseRows>
  by: (owner: string) => Leases
} {
  const clock = createManualClock()
  const rows = createLeaseRows()
  const by = (owner: string): Leases => createLeases({ store: rows, clock, log: silentLog, owner })
  return { clock, rows, by }
}

/** Starts to acquire and tells whether it has succeeded yet. */
function watch(acquiring: Promise<Lease>): { lease?: Lease } {
  const seen: { lease?: Lease } = {}
  void acquiring.then((lease) => (seen.lease = lease))
  return seen
}

describe('leases', () => {
  it('are held as long as they are renewed', async () => {
    const { clock, by } = setup()
    const lease = await by('a').acquire('socket', never)
    const second = watch(by('b').acquire('socket', never))
    await clock.advance(10 * 60_000)
    expect(lease.held()).toBe(true)
    expect(lease.signal.aborted).toBe(false)
    expect(second.lease).toBeUndefined()
  })

  it('go to the next owner within a second of their release, with a higher fence', async () => {
    const { clock, by } = setup()
    const first = await by('a').acquire('socket', never)
    const second = watch(by('b').acquire('socket', never))
    await clock.advance(100)
    await first.release()
    expect(first.held()).toBe(false)
    await clock.advance(1_000)
    expect(second.lease?.held()).toBe(true)
    expect(second.lease?.fence).toBeGreaterThan(first.fence)
  })

  it('are lost, and say so, once they could not be renewed for 15 seconds', async () => {
    const { clock, rows, by } = setup()
    const lease = await by('a').acquire('socket', never)
    rows.broken = new Error('no store')
    await clock.advance(14_999)
    expect(lease.held()).toBe(true)
    await clock.advance(1)
    expect(lease.held()).toBe(false)
    expect(lease.signal.aborted).toBe(true)
    expect(clock.pending()).toBe(0)
  })

  it('survive a store that fails for a moment', async () => {
    const { clock, rows, by } = setup()
    const lease = await by('a').acquire('socket', never)
    rows.broken = new Error('no store')
    await clock.advance(9_000)
    rows.broken = undefined
    await clock.advance(60_000)
    expect(lease.held()).toBe(true)
  })

  it('are lost at the next renewal when another owner has had the row meanwhile', async () => {
    const { clock, rows, by } = setup()
    const lease = await by('a').acquire('socket', never)
    await rows.releaseLease('socket', 'a')
    await rows.lease('socket', 'b', clock.now(), clock.now() + 60_000)
    await clock.advance(5_000)
    expect(lease.signal.aborted).toBe(true)
  })

  it('are not believed after a pause of the process, before any timer has run', async () => {
    const { clock, by } = setup()
    const lease = await by('a').acquire('socket', never)
    clock.set(clock.now() + 15_000)
    expect(lease.held()).toBe(false)
  })

  it('are held once inside one process, too', async () => {
    const { clock, by } = setup()
    const leases = by('a')
    const first = await leases.acquire('socket', never)
    const second = watch(leases.acquire('socket', never))
    await clock.advance(60_000)
    expect(second.lease).toBeUndefined()
    await first.release()
    await clock.advance(0)
    expect(second.lease?.held()).toBe(true)
  })

  it('stop being waited for when the signal says so', async () => {
    const { clock, by } = setup()
    await by('a').acquire('socket', never)
    const stop = new AbortController()
    const waiting = by('b').acquire('socket', stop.signal)
    await clock.advance(500)
    stop.abort(new Error('stopping'))
    await expect(waiting).rejects.toThrow('stopping')
  })

  it('stop being waited for inside one process, and can be had afterwards', async () => {
    const { by } = setup()
    const leases = by('a')
    const first = await leases.acquire('socket', never)
    const stop = new AbortController()
    const waiting = leases.acquire('socket', stop.signal)
    stop.abort(new Error('stopping'))
    await expect(waiting).rejects.toThrow('stopping')
    await first.release()
    const later = await leases.acquire('socket', never)
    expect(later.held()).toBe(true)
  })

  it('are asked for again while the store is away', async () => {
    const { clock, rows, by } = setup()
    rows.broken = new Error('no store')
    const waiting = watch(by('a').acquire('socket', never))
    await clock.advance(5_000)
    rows.broken = undefined
    await clock.advance(1_000)
    expect(waiting.lease?.held()).toBe(true)
  })
})
