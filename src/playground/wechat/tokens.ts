import { randomBytes } from 'node:crypto'
import { errorAnswer, type JsonAnswer } from './answers.ts'

const LIFE_MS = 7200_000
/** From here to the end the stable call gives a new token, and both serve. */
const RENEWAL_MS = 300_000
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const FORCED_GAP_MS = 30_000
const FORCED_PER_DAY = 20
const STABLE_PER_MINUTE = 10_000
const LEGACY_PER_DAY = 2000

interface Token {
  value: string
  endsAtMs: number
  /** From here on it is not the latest. */
  killedAtMs: number
}

/**
 * The access tokens of one account. The stable and the legacy call do not disturb each other (vendor pages
 * "getStableAccessToken" and "getAccessToken", read 2026-09).
 */
export class TokenDesk {
  readonly #legacyOverlapMs: number
  readonly #tokens = new Map<string, Token>()
  #stable: Token | undefined
  #legacy: Token | undefined
  #stableCalls: number[] = []
  #forcedCalls: number[] = []
  #legacyCalls: number[] = []

  constructor(legacyOverlapMs: number) {
    this.#legacyOverlapMs = legacyOverlapMs
  }

  /** POST /cgi-bin/stable_token: the same token while it is good; forced, a new one that kills the old at once. */
  stable(force: boolean, nowMs: number): JsonAnswer {
    this.#stableCalls = recent(this.#stableCalls, nowMs - MINUTE_MS)
    if (this.#stableCalls.length >= STABLE_PER_MINUTE) return errorAnswer(45009)
    this.#stableCalls.push(nowMs)
    if (force) return this.#forced(nowMs)
    const current = this.#stable
    const good = current !== undefined && nowMs < current.killedAtMs
    if (good && nowMs < current.endsAtMs - RENEWAL_MS) return answer(current, nowMs)
    this.#stable = this.#make(nowMs)
    return answer(this.#stable, nowMs)
  }

  /** GET /cgi-bin/token: always a new token; the one before serves a few minutes more. */
  legacy(nowMs: number): JsonAnswer {
    this.#legacyCalls = recent(this.#legacyCalls, nowMs - DAY_MS)
    if (this.#legacyCalls.length >= LEGACY_PER_DAY) return errorAnswer(45009)
    this.#legacyCalls.push(nowMs)
    const before = this.#legacy
    if (before !== undefined) kill(before, nowMs + this.#legacyOverlapMs)
    this.#legacy = this.#make(nowMs)
    return answer(this.#legacy, nowMs)
  }

  /** Whether a call with this token is let in, or with which code it is refused. */
  check(value: string, nowMs: number): 'ok' | 40001 | 42001 {
    const token = this.#tokens.get(value)
    if (token === undefined || nowMs >= token.killedAtMs) return 40001
    return nowMs < token.endsAtMs ? 'ok' : 42001
  }

  /** Makes every token given out so far answer 42001. */
  expireAll(nowMs: number): void {
    for (const token of this.#tokens.values()) token.endsAtMs = Math.min(token.endsAtMs, nowMs)
  }

  /** Makes every token given out so far answer 40001, as after a forced refresh by somebody else. */
  killAll(nowMs: number): void {
    for (const token of this.#tokens.values()) kill(token, nowMs)
  }

  #forced(nowMs: number): JsonAnswer {
    this.#forcedCalls = recent(this.#forcedCalls, nowMs - DAY_MS)
    if (this.#forcedCalls.length >= FORCED_PER_DAY) return errorAnswer(45009)
    const last = this.#forcedCalls.at(-1)
    if (last !== undefined && nowMs - last < FORCED_GAP_MS) return errorAnswer(45011)
    this.#forcedCalls.push(nowMs)
    if (this.#stable !== undefined) kill(this.#stable, nowMs)
    this.#stable = this.#make(nowMs)
    return answer(this.#stable, nowMs)
  }

  #make(nowMs: number): Token {
    const token = {
      value: randomBytes(96).toString('base64url'),
      endsAtMs: nowMs + LIFE_MS,
      killedAtMs: Infinity,
    }
    this.#tokens.set(token.value, token)
    return token
  }
}

function kill(token: Token, atMs: number): void {
  token.killedAtMs = Math.min(token.killedAtMs, atMs)
}

function recent(times: number[], sinceMs: number): number[] {
  return times.length > 0 && times[0]! <= sinceMs ? times.filter((time) => time > sinceMs) : times
}

function answer(token: Token, nowMs: number): JsonAnswer {
  return {
    access_token: token.value,
    expires_in: Math.max(1, Math.floor((token.endsAtMs - nowMs) / 1000)),
  }
}
