export interface Limit {
  count: number
  perMs: number
}

/** Token buckets for one place: a send needs a token of each. Half full at the start, as after a crash we cannot know. */
export class Buckets {
  readonly #buckets: { limit: Limit; tokens: number; filledAt: number }[]

  constructor(limits: readonly Limit[], now: number) {
    this.#buckets = limits.map((limit) => ({
      limit,
      tokens: Math.max(1, limit.count / 2),
      filledAt: now,
    }))
  }

  /** Takes a token of each bucket and returns 0, or takes none and returns the milliseconds until there is one. */
  take(now: number): number {
    const wait = this.waitMs(now)
    if (wait === 0) for (const bucket of this.#buckets) bucket.tokens -= 1
    return wait
  }

  waitMs(now: number): number {
    let wait = 0
    for (const bucket of this.#buckets) {
      this.#fill(bucket, now)
      const missing = 1 - bucket.tokens
      if (missing > 0)
        wait = Math.max(wait, Math.ceil((missing * bucket.limit.perMs) / bucket.limit.count))
    }
    return wait
  }

  /** How long `sends` more would take. */
  backlogMs(sends: number, now: number): number {
    let longest = 0
    for (const bucket of this.#buckets) {
      this.#fill(bucket, now)
      const missing = sends - bucket.tokens
      longest = Math.max(longest, (missing * bucket.limit.perMs) / bucket.limit.count)
    }
    return longest
  }

  /** The platform said "too many": nothing is left for this long. */
  drain(now: number): void {
    for (const bucket of this.#buckets) Object.assign(bucket, { tokens: 0, filledAt: now })
  }

  #fill(bucket: { limit: Limit; tokens: number; filledAt: number }, now: number): void {
    const { count, perMs } = bucket.limit
    const gained = ((now - bucket.filledAt) * count) / perMs
    bucket.tokens = Math.min(count, bucket.tokens + Math.max(0, gained))
    bucket.filledAt = now
  }
}
