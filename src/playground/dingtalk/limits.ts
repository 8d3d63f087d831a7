import { ApiRefusal } from './refusal.ts'

export interface LimitSettings {
  /** Calls a second per app and API; false: no limit. The standard edition has 20. */
  qps: number | false
  /** Metered calls a calendar month for the whole company; false: no limit. The free edition has 5,000. */
  monthlyCalls: number | false
  /** Messages to robots a month; above it they come without text and with code 20001. The free edition has 3,000. */
  monthlyMessages: number | false
}

/** Counts calls as the platform's gateway does (dingtalk.md 1.2, 1.4). */
export class Limits {
  settings: LimitSettings
  calls = 0
  messages = 0
  #month = { from: 0, until: 0 }
  readonly #recent = new Map<string, { times: Float64Array; next: number }>()
  readonly #now: () => number

  constructor(settings: LimitSettings, now: () => number) {
    this.settings = settings
    this.#now = now
  }

  /** @throws {ApiRefusal} above a limit; a refused call is not counted */
  countCall(clientId: string, api: string, metered: boolean): void {
    this.#turnMonth()
    this.#countSecond(`${clientId} ${api}`)
    if (!metered) return
    const { monthlyCalls } = this.settings
    if (monthlyCalls !== false && this.calls >= monthlyCalls) {
      throw new ApiRefusal('Forbidden.AccessDenied.ApiCountLimitForOrg', '组织调用次数已达上限')
    }
    this.calls++
  }

  /** Whether the month still has room for the text of one more message to a robot. */
  countMessage(): boolean {
    this.#turnMonth()
    const { monthlyMessages } = this.settings
    return monthlyMessages === false || this.messages++ < monthlyMessages
  }

  #countSecond(key: string): void {
    const { qps } = this.settings
    if (qps === false) return
    const now = this.#now()
    let recent = this.#recent.get(key)
    if (!recent || recent.times.length !== qps) {
      recent = { times: new Float64Array(qps).fill(-Infinity), next: 0 }
      this.#recent.set(key, recent)
    }
    if (now - recent.times[recent.next]! < 1000) {
      throw new ApiRefusal('Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', '接口 QPS 超限')
    }
    recent.times[recent.next] = now
    recent.next = (recent.next + 1) % qps
  }

  /** The platform's months are Beijing's. */
  #turnMonth(): void {
    const now = this.#now()
    if (now >= this.#month.from && now < this.#month.until) return
    const date = new Date(now + BEIJING_MS)
    const start = (months: number): number =>
      Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months) - BEIJING_MS
    this.#month = { from: start(0), until: start(1) }
    this.calls = 0
    this.messages = 0
  }
}

const BEIJING_MS = 8 * 3_600_000
