import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Windows } from '#src/relay/windows.ts'

const MINUTE = 60_000

describe('a rate limit', () => {
  it('is half used at the start, because nobody knows what the last process sent', () => {
    const windows = new Windows([{ count: 20, perMs: MINUTE }], 0)
    let sent = 0
    while (windows.take(1) === 0) sent++
    expect(sent).toBe(10)
  })

  it('lets no more through in any window, however it is asked', () => {
    const limits = [
      { count: 5, perMs: 1000 },
      { count: 12, perMs: 4000 },
    ]
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 120 }), (gaps) => {
        const windows = new Windows(limits, 0)
        const sent: number[] = []
        let now = 0
        for (const gap of gaps) {
          now += gap
          if (windows.take(now) === 0) sent.push(now)
        }
        for (const { count, perMs } of limits)
          for (const from of sent)
            expect(sent.filter((at) => at >= from && at < from + perMs).length).toBeLessThanOrEqual(
              count,
            )
      }),
    )
  })

  it('says how long to wait, and then there is room', () => {
    const windows = new Windows([{ count: 4, perMs: 1000 }], 0)
    windows.take(10)
    windows.take(20)
    const wait = windows.take(30)
    expect(wait).toBeGreaterThan(0)
    expect(windows.take(30 + wait - 1)).toBeGreaterThan(0)
    expect(windows.take(30 + wait)).toBe(0)
  })

  it('is used twice by what makes two messages', () => {
    const windows = new Windows([{ count: 4, perMs: 1000 }], 0)
    expect(windows.take(10, 2)).toBe(0)
    expect(windows.take(20)).toBeGreaterThan(0)
  })

  it('has no room for a while after the platform has said “too many”', () => {
    const windows = new Windows([{ count: 4, perMs: 1000 }], 0)
    windows.drain(5000)
    expect(windows.waitMs(5000)).toBeGreaterThanOrEqual(1000)
    expect(windows.take(6100)).toBe(0)
  })

  it('knows how far behind so many posts are', () => {
    const windows = new Windows([{ count: 20, perMs: MINUTE }], 0)
    expect(windows.backlogMs(0, 0)).toBe(0)
    expect(windows.backlogMs(30, 0)).toBe(MINUTE)
  })

  it('is none where the platform has none', () => {
    const windows = new Windows([], 0)
    expect(windows.take(0)).toBe(0)
    expect(windows.backlogMs(1000, 0)).toBe(0)
  })
})
