/** Counts events in sliding windows, e.g. 30 a minute and 1000 an hour. */
export class SlidingLimit {
  readonly #windows: readonly { readonly spanMs: number; readonly max: number }[]
  readonly #longestMs: number
  #times: number[] = []

  constructor(windows: readonly { spanMs: number; max: number }[]) {
    this.#windows = windows
    this.#longestMs = Math.max(...windows.map(({ spanMs }) => spanMs))
  }

  /** Counts one event; false when a window is full, and then nothing is counted. */
  take(nowMs: number): boolean {
    this.#forget(nowMs)
    if (this.#windows.some(({ spanMs, max }) => this.#since(nowMs - spanMs) >= max)) return false
    this.#times.push(nowMs)
    return true
  }

  #since(fromMs: number): number {
    let count = 0
    for (let i = this.#times.length - 1; i >= 0; i -= 1) {
      const time = this.#times[i]
      if (time === undefined || time <= fromMs) break
      count += 1
    }
    return count
  }

  #forget(nowMs: number): void {
    const firstKept = this.#times.findIndex((time) => time > nowMs - this.#longestMs)
    if (firstKept === -1) this.#times = []
    else if (firstKept > 0) this.#times.splice(0, firstKept)
  }
}

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** 30 messages a minute and 1000 an hour in each conversation, replies and pushes together (101463, read 2026-09). */
export const conversationLimit = (): SlidingLimit =>
  new SlidingLimit([
    { spanMs: MINUTE_MS, max: 30 },
    { spanMs: HOUR_MS, max: 1000 },
  ])

/** 30 uploads a minute and 1000 an hour for each bot (101463, read 2026-09). */
export const uploadLimit = conversationLimit

/** Log-ins are "frequency-limited" without a number in the papers; 20 a minute is chosen here. */
export const loginLimit = (): SlidingLimit => new SlidingLimit([{ spanMs: MINUTE_MS, max: 20 }])
