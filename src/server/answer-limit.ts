import type { Clock } from '../ports/clock.ts'

/** Bounds how long answers are waited for. */
export interface AnswerLimit {
  /** The work's result, or a rejection with `tooSlow` soon after the limit. The work itself goes on. */
  within<Result>(work: Promise<Result>): Promise<Result>
}

interface Waiting {
  since: number
  reject(reason: Error): void
}

const SWEEP_MS = 250

/** One timer for all that wait, as long as any do: a timer for each would cost more than the rest of a request. */
export function createAnswerLimit(clock: Clock, limitMs: number, tooSlow: Error): AnswerLimit {
  // In the order in which they began to wait.
  const waiting = new Set<Waiting>()
  let sweeping = false

  function sweep(): void {
    for (const one of waiting) {
      if (clock.now() - one.since < limitMs) break
      waiting.delete(one)
      one.reject(tooSlow)
    }
    sweeping = waiting.size > 0
    if (sweeping) clock.at(clock.now() + SWEEP_MS, sweep)
  }

  return {
    async within(work) {
      const { promise: limit, reject } = Promise.withResolvers<never>()
      const one = { since: clock.now(), reject }
      waiting.add(one)
      if (!sweeping) {
        sweeping = true
        clock.at(clock.now() + SWEEP_MS, sweep)
      }
      try {
        return await Promise.race([work, limit])
      } finally {
        waiting.delete(one)
      }
    },
  }
}
