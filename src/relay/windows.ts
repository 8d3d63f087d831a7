export interface Limit {
  count: number
  perMs: number
}

/** A little more than the platform's own window: its clock starts when a message arrives there, not when it leaves here. */
const MARGIN = 1.02

/**
 * Rate limits of one place, each a sliding window: at most `count` posts in any `perMs`. A bucket that fills while it is
 * drawn from would let almost twice as many through in the first window. Half used at the start, because after a crash
 * we cannot know.
 */
export class Windows {
  readonly #windows: { limit: Limit; sentAt: number[]; next: number }[]

  constructor(limits: readonly Limit[], now: number) {
    this.#windows = limits.map((limit) => {
      const sentAt = Array.from({ length: limit.count }, (_, i) =>
        i < Math.floor(limit.count / 2) ? now : -Infinity,
      )
      // The oldest entry is the next to be overwritten.
      return { limit, sentAt: sentAt.toSorted((a, b) => a - b), next: 0 }
    })
  }

  /** Counts `cost` posts and returns 0, or counts none and returns the milliseconds until they may go. */
  take(now: number, cost = 1): number {
    const wait = this.waitMs(now, cost)
    if (wait === 0)
      for (const window of this.#windows) for (let i = 0; i < cost; i++) record(window, now)
    return wait
  }

  waitMs(now: number, cost = 1): number {
    let wait = 0
    for (const { limit, sentAt, next } of this.#windows) {
      const oldest = sentAt[(next + Math.min(cost, limit.count) - 1) % limit.count] ?? -Infinity
      wait = Math.max(wait, Math.ceil(oldest + limit.perMs * MARGIN - now))
    }
    return Math.max(0, wait)
  }

  /** How long so many posts more would take at the steady rate. */
  backlogMs(posts: number, now: number): number {
    let longest = 0
    for (const { limit, sentAt } of this.#windows) {
      const used = sentAt.filter((at) => at > now - limit.perMs).length
      longest = Math.max(longest, ((used + posts - limit.count) * limit.perMs) / limit.count)
    }
    return longest
  }

  /** The platform said "too many": nothing may go for a whole window of the shortest limit. */
  drain(now: number): void {
    const [shortest] = this.#windows.toSorted((a, b) => a.limit.perMs - b.limit.perMs)
    shortest?.sentAt.fill(now)
  }
}

function record(window: { limit: Limit; sentAt: number[]; next: number }, now: number): void {
  window.sentAt[window.next] = now
  window.next = (window.next + 1) % window.limit.count
}
