import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSystemClock, sleep } from '#src/platform/clock.ts'
import { createManualClock } from '#test/support/clock.ts'

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000 }))
  afterEach(() => void vi.useRealTimers())

  it('fires once, at its time', () => {
    const fired = vi.fn<() => void>()
    createSystemClock().at(1_500, fired)
    vi.advanceTimersByTime(499)
    expect(fired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(10_000)
    expect(fired).toHaveBeenCalledTimes(1)
  })

  it('fires for a past time in the next turn, not at once', () => {
    const fired = vi.fn<() => void>()
    createSystemClock().at(0, fired)
    expect(fired).not.toHaveBeenCalled()
    vi.advanceTimersToNextTimer()
    expect(fired).toHaveBeenCalledTimes(1)
  })

  it('waits longer than a timer of Node can', () => {
    const fired = vi.fn<() => void>()
    const fortyDays = 40 * 24 * 3_600_000
    createSystemClock().at(1_000 + fortyDays, fired)
    vi.advanceTimersByTime(fortyDays - 1)
    expect(fired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(fired).toHaveBeenCalledTimes(1)
  })

  it('fires nothing after a cancel, also in the second stretch of a long wait', () => {
    const fired = vi.fn<() => void>()
    const cancel = createSystemClock().at(1_000 + 40 * 24 * 3_600_000, fired)
    vi.advanceTimersByTime(30 * 24 * 3_600_000)
    cancel()
    cancel()
    vi.advanceTimersByTime(30 * 24 * 3_600_000)
    expect(fired).not.toHaveBeenCalled()
  })

  it('waits on when the machine is set back meanwhile', () => {
    const fired = vi.fn<() => void>()
    createSystemClock().at(2_000, fired)
    vi.setSystemTime(500)
    vi.advanceTimersByTime(1_000)
    expect(fired).not.toHaveBeenCalled()
    vi.advanceTimersByTime(500)
    expect(fired).toHaveBeenCalledTimes(1)
  })
})

describe('sleep', () => {
  it('ends after its time', async () => {
    const clock = createManualClock()
    let awake = false
    void sleep(clock, 100).then(() => (awake = true))
    await clock.advance(99)
    expect(awake).toBe(false)
    await clock.advance(1)
    expect(awake).toBe(true)
  })

  it('is cut short by its signal and leaves no timer', async () => {
    const clock = createManualClock()
    const stop = new AbortController()
    const sleeping = sleep(clock, 100, stop.signal)
    stop.abort(new Error('stopping'))
    await expect(sleeping).rejects.toThrow('stopping')
    expect(clock.pending()).toBe(0)
  })
})
