import { describe, expect, it } from 'vitest'
import type { Deadline } from '#src/domain/change.ts'
import type { BotEvent } from '#src/router/events.ts'
import { Deadlines } from '#src/relay/deadlines.ts'
import { createManualClock } from '#test/support/clock.ts'
import { HOUR, MINUTE } from '#test/support/shop.ts'
import { laneOf } from '#test/support/stage.ts'
import { quiet } from '#test/support/world.ts'

const lane = laneOf('anna')
const at = (dueAt: number, name = 'idle/1'): Deadline => ({
  name,
  dueAt,
  event: { lane, name: 'tick:idle', body: {} },
})

/** Deadlines over a table as a store keeps it. */
function table() {
  const clock = createManualClock()
  const rows = new Map<string, Deadline>()
  const fired: { name: string; at: number; event: BotEvent }[] = []
  const errors: Error[] = []
  let ids = 0
  const deadlines = new Deadlines({
    clock,
    log: quiet,
    newId: () => `N${++ids}`,
    wake: () => undefined,
    store: {
      due: async (until, limit) =>
        [...rows.values()].filter(({ dueAt }) => dueAt < until).slice(0, limit),
      fire: async ({ name, dueAt }, event) => {
        const error = errors.shift()
        if (error) throw error
        if (rows.get(name)?.dueAt !== dueAt) return false
        rows.delete(name)
        fired.push({ name, at: clock.now(), event })
        return true
      },
    },
  })
  /** As a commit does: the table first, then the memory. */
  const set = (deadline: Deadline): void => {
    rows.set(deadline.name, deadline)
    deadlines.set([deadline])
  }
  return { clock, rows, fired, errors, deadlines, set }
}

describe('a deadline', () => {
  it('fires to the millisecond, with its time', async () => {
    const { clock, fired, set } = table()
    const due = clock.now() + 5000
    set(at(due))
    await clock.advance(4999)
    expect(fired).toEqual([])
    await clock.advance(1)
    expect(fired).toMatchObject([
      { at: due, event: { name: 'tick:idle', lane, dueAt: due, at: due } },
    ])
  })

  it('that was moved fires at its new time only', async () => {
    const { clock, fired, set } = table()
    const start = clock.now()
    set(at(start + 1000))
    set(at(start + 3000))
    await clock.advance(2999)
    expect(fired).toEqual([])
    await clock.advance(1)
    expect(fired).toHaveLength(1)
  })

  it('that was moved forward fires early', async () => {
    const { clock, fired, set } = table()
    const start = clock.now()
    set(at(start + 3000))
    set(at(start + 1000))
    await clock.advance(1000)
    expect(fired).toHaveLength(1)
    await clock.advance(MINUTE)
    expect(fired).toHaveLength(1)
  })

  it('that was cancelled does nothing', async () => {
    const { clock, rows, fired, set } = table()
    set(at(clock.now() + 1000))
    rows.clear()
    await clock.advance(MINUTE)
    expect(fired).toEqual([])
  })

  it('that is past fires at once', async () => {
    const { clock, fired, set } = table()
    set(at(clock.now() - 1000))
    await clock.advance(0)
    expect(fired).toHaveLength(1)
  })

  it('far away is found in the table in time', async () => {
    const { clock, fired, deadlines, set } = table()
    await deadlines.start()
    const due = clock.now() + 3 * HOUR + 7
    set(at(due))
    await clock.advance(3 * HOUR + 6)
    expect(fired).toEqual([])
    await clock.advance(1)
    expect(fired).toMatchObject([{ at: due }])
  })

  it('of the last process fires after a restart, once', async () => {
    const { clock, rows, fired, deadlines } = table()
    rows.set('a', at(clock.now() - HOUR, 'a'))
    rows.set('b', at(clock.now() + MINUTE, 'b'))
    await deadlines.start()
    await clock.advance(HOUR)
    expect(fired.map(({ name }) => name)).toEqual(['a', 'b'])
  })

  it('is tried again when the store failed', async () => {
    const { clock, fired, errors, set } = table()
    errors.push(new Error('disk full'))
    set(at(clock.now() + 1000))
    await clock.advance(1999)
    expect(fired).toEqual([])
    await clock.advance(1)
    expect(fired).toHaveLength(1)
  })
})

describe('many deadlines', () => {
  it('fire each at its time', async () => {
    const { clock, fired, set } = table()
    const start = clock.now()
    const times = [500, 20, 20, 900, 1, 777]
    for (const [i, ms] of times.entries()) set(at(start + ms, `d${i}`))
    await clock.advance(1000)
    expect(fired.map((one) => one.at - start)).toEqual(times.toSorted((a, b) => a - b))
  })
})

describe('stopping', () => {
  it('leaves no timer', async () => {
    const { clock, fired, deadlines, set } = table()
    await deadlines.start()
    set(at(clock.now() + 1000))
    deadlines.stop()
    await clock.advance(HOUR)
    expect(fired).toEqual([])
    expect(clock.pending()).toBe(0)
  })
})
