import { sleep } from '#src/platform/clock.ts'
import type { Clock } from '#src/ports/clock.ts'

/** Resolves after `ms`, or at once when `signal` is aborted; leaves no timer behind. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(clock, ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

export interface BackoffRule {
  firstMs: number
  maxMs: number
}

/** Delays that double from `firstMs` to `maxMs`, each shortened by up to a quarter at random. */
export class Backoff {
  readonly #rule: BackoffRule
  readonly #random: () => number
  #failures = 0

  constructor(rule: BackoffRule, random: () => number) {
    this.#rule = rule
    this.#random = random
  }

  next(): number {
    const full = Math.min(this.#rule.firstMs * 2 ** this.#failures, this.#rule.maxMs)
    this.#failures += 1
    return full * (1 - this.#random() / 4)
  }

  reset(): void {
    this.#failures = 0
  }
}
