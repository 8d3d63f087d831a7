// Shared by 公众号 and 小程序.

/** The platform shows it for 15 s, and only within 30 s of the customer's last act ("客服输入状态", read 2026-09). */
const SHOWN_MS = 15_000
/** A little less than 30 s: the call takes its time. */
const AFTER_ACT_MS = 28_000

/** Knows when 对方正在输入 can be shown, so that calls that would be refused (45080, 45081) are not made. */
export class TypingTimes {
  readonly #acts = new Map<string, number>()
  readonly #shownUntil = new Map<string, number>()

  /** The customer did something. */
  acted(openid: string, nowMs: number): void {
    this.#acts.delete(openid) // so that the oldest stands first
    this.#acts.set(openid, nowMs)
    dropFirst(this.#acts, (actedAt) => actedAt <= nowMs - AFTER_ACT_MS)
  }

  /** Whether to show it now; then it counts as shown. */
  show(openid: string, nowMs: number): boolean {
    const actedAt = this.#acts.get(openid)
    if (actedAt === undefined || actedAt <= nowMs - AFTER_ACT_MS) return false
    if (nowMs < (this.#shownUntil.get(openid) ?? 0)) return false
    this.#shownUntil.delete(openid)
    this.#shownUntil.set(openid, nowMs + SHOWN_MS)
    dropFirst(this.#shownUntil, (until) => until <= nowMs)
    return true
  }

  /** A message ended it. */
  ended(openid: string): void {
    this.#shownUntil.delete(openid)
  }
}

function dropFirst(times: Map<string, number>, isOver: (atMs: number) => boolean): void {
  for (const [openid, atMs] of times) {
    if (!isOver(atMs)) return
    times.delete(openid)
  }
}
