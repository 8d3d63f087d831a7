import type { Clock } from '#src/ports/clock.ts'

export interface ManualClock extends Clock {
  /** Moves time on and fires what becomes due, in order; between two firings everything that was woken may run. */
  advance(ms: number): Promise<void>
  /** Sets the time without firing anything, as an operator does who corrects the machine's clock. */
  set(nowMs: number): void
  /** How many timers wait. */
  pending(): number
}

interface Timer {
  at: number
  seq: number
  fire: () => void
}

/** A clock that stands still until a test moves it. */
export function createManualClock(startMs = Date.UTC(2026, 8, 1)): ManualClock {
  let nowMs = startMs
  let seq = 0
  const timers = new Set<Timer>()

  const next = (untilMs: number): Timer | undefined =>
    [...timers].filter((timer) => timer.at <= untilMs).sort(byTime)[0]

  return {
    now: () => nowMs,
    at(atMs, fire) {
      const timer = { at: atMs, seq: seq++, fire }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    async advance(ms) {
      const untilMs = nowMs + ms
      await settle()
      for (let timer = next(untilMs); timer; timer = next(untilMs)) {
        timers.delete(timer)
        nowMs = Math.max(nowMs, timer.at)
        timer.fire()
        await settle()
      }
      nowMs = untilMs
      await settle()
    },
    set: (ms) => void (nowMs = ms),
    pending: () => timers.size,
  }
}

const byTime = (a: Timer, b: Timer): number => a.at - b.at || a.seq - b.seq

/** Lets promises and immediates that are ready run to their next wait. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
}
