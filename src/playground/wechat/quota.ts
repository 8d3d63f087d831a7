import type { QuotaRule, Trigger } from './model.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

/** 公众号 rules since 2023-06-12; vendor page "客服消息", read 2026-09. */
export const DEFAULT_RULES: Readonly<Record<Trigger, QuotaRule>> = {
  message: { windowMs: 48 * HOUR_MS, max: 5 },
  menu: { windowMs: MINUTE_MS, max: 3 },
  subscribe: { windowMs: MINUTE_MS, max: 3 },
  scan: { windowMs: MINUTE_MS, max: 3 },
}

export interface OpenQuota {
  trigger: Trigger
  closesAtMs: number
  left: number
}

/** What the platform still lets an account send to one customer: one count per trigger, each new one starts afresh. */
export class Quota {
  readonly #rules: Readonly<Record<Trigger, QuotaRule>>
  readonly #opened = new Map<Trigger, { atMs: number; used: number }>()

  constructor(rules: Readonly<Record<Trigger, QuotaRule>>) {
    this.#rules = rules
  }

  open(trigger: Trigger, nowMs: number): void {
    this.#opened.set(trigger, { atMs: nowMs, used: 0 })
  }

  close(): void {
    this.#opened.clear()
  }

  /** The windows that are open now, the most generous first. */
  list(nowMs: number): OpenQuota[] {
    const open: OpenQuota[] = []
    for (const [trigger, { atMs, used }] of this.#opened) {
      const { windowMs, max } = this.#rules[trigger]
      const closesAtMs = atMs + windowMs
      if (nowMs < closesAtMs) open.push({ trigger, closesAtMs, left: max - used })
    }
    return open.sort((a, b) => b.left - a.left || b.closesAtMs - a.closesAtMs)
  }

  /** Counts one message against the most generous open window, or says with which code the platform refuses it. */
  take(nowMs: number): 'ok' | 'outside-window' | 'used-up' {
    const best = this.list(nowMs)[0]
    if (best === undefined) return 'outside-window'
    const entry = this.#opened.get(best.trigger)
    if (entry === undefined || best.left <= 0) return 'used-up'
    entry.used += 1
    return 'ok'
  }
}
