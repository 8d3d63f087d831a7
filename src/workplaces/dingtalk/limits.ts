/** A token bucket for each API: the platform counts calls a second by app and API. */
export class Pace {
  readonly #perSecond: number
  readonly #burst: number
  readonly #buckets = new Map<string, { tokens: number; filledAt: number }>()

  /** @param perSecond 0: no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond
    // Burst and refill together stay under the platform's limit, a third above ours, in any 1,000 ms.
    this.#burst = Math.max(1, Math.floor(perSecond / 4))
  }

  /** Takes a token and returns how many milliseconds to wait before the call. Waiting calls keep their order. */
  take(api: string, now: number): number {
    if (this.#perSecond === 0) return 0
    const bucket = this.#buckets.get(api) ?? { tokens: this.#burst, filledAt: now }
    const gained = (Math.max(0, now - bucket.filledAt) * this.#perSecond) / 1000
    const tokens = Math.min(this.#burst, bucket.tokens + gained) - 1
    this.#buckets.set(api, { tokens, filledAt: Math.max(now, bucket.filledAt) })
    return tokens >= 0 ? 0 : Math.ceil((-tokens * 1000) / this.#perSecond)
  }

  /** Gives a token back that was not used. */
  giveBack(api: string): void {
    const bucket = this.#buckets.get(api)
    if (bucket) bucket.tokens += 1
  }
}

/** Counts calls against the company's monthly quota, as far as this process made them (开发者配额, read 2026-08). */
export class MonthlyMeter {
  readonly #limit: number
  #month = { from: 0, until: 0 }
  #used = 0
  #exhausted = false
  #withheld = 0

  /** @param limit calls a month; 0: unknown */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** @param succeeded whether the platform did what was asked: then there is quota left */
  count(now: number, succeeded: boolean): void {
    this.#turn(now)
    this.#used++
    if (succeeded) this.#exhausted = false
  }

  /** The platform said that nothing is left. */
  exhaust(now: number): void {
    this.#turn(now)
    this.#exhausted = true
  }

  /** A message came without its words: the quota of messages is used up. */
  withhold(now: number): void {
    this.#turn(now)
    this.#withheld++
  }

  state(now: number): QuotaState {
    this.#turn(now)
    const share = this.#limit === 0 ? 0 : this.#used / this.#limit
    return {
      used: this.#used,
      limit: this.#limit,
      low: share >= WARN_SHARE,
      exhausted: this.#exhausted,
      withheld: this.#withheld,
    }
  }

  /** The platform's months are Beijing's. */
  #turn(now: number): void {
    if (now >= this.#month.from && now < this.#month.until) return
    const date = new Date(now + BEIJING_MS)
    const start = (months: number): number =>
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months) - BEIJING_MS
    this.#month = { from: start(0), until: start(1) }
    this.#used = 0
    this.#exhausted = false
    this.#withheld = 0
  }
}

const BEIJING_MS = 8 * 3_600_000

export interface QuotaState {
  /** Calls of this process in this month. */
  used: number
  limit: number
  /** Seven tenths are used. */
  low: boolean
  exhausted: boolean
  /** Messages that came without words this month. */
  withheld: number
}

const WARN_SHARE = 0.7
