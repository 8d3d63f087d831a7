import type { Clock } from '#src/ports/clock.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { Health } from '#src/ports/health.ts'

// Shared by 公众号 and 小程序.

/** So many calls in a row without an answer and the account counts as degraded. */
const FAILURES = 3

/** Failures that no later call will heal by itself, with what to do. */
const DOWN: Readonly<Record<string, string>> = {
  'wechat.token_refused': 'AppID 或 AppSecret 不正确：到公众平台“设置与开发 → 基本配置”核对',
  'wechat.credentials': 'AppID 或 AppSecret 不正确：到公众平台“设置与开发 → 基本配置”核对',
  'wechat.ip_refused': '本机 IP 不在白名单：到公众平台“设置与开发 → 基本配置 → IP白名单”添加',
  'wechat.not_granted': '公众号没有客服消息接口的权限：需要已认证的服务号或订阅号',
  'wechat.banned': '接口被封禁：登录公众平台查看通知',
}

/** What an operator can do about a failure with this code; undefined when only waiting helps. */
export function wordsFor(code: string): string | undefined {
  return DOWN[code]
}

/** The account's state as its calls show it. */
export class HealthRecord {
  readonly #clock: Clock
  #health: Health
  #failures = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#health = { state: 'ok', detail: '', since: clock.now() }
  }

  get(): Health {
    return this.#health
  }

  /** Watches a call; its result passes through. */
  async watch<Result>(run: () => Promise<Result>): Promise<Result> {
    try {
      const result = await run()
      this.#succeeded()
      return result
    } catch (error) {
      if (error instanceof PlatformError) this.#failed(error.code)
      throw error
    }
  }

  #succeeded(): void {
    this.#failures = 0
    this.#set('ok', '')
  }

  #failed(code: string): void {
    const fix = wordsFor(code)
    if (fix !== undefined) return this.#set('down', fix)
    if (!SILENCE.has(code)) return this.#answered()
    this.#failures += 1
    if (this.#failures < FAILURES || this.#health.state === 'down') return
    this.#set('degraded', '微信接口连续没有回应：检查本机网络，稍后会自动恢复')
  }

  /** A refusal that concerns one message is a sign of life. */
  #answered(): void {
    this.#failures = 0
    if (this.#health.state === 'degraded') this.#set('ok', '')
  }

  #set(state: Health['state'], detail: string): void {
    if (state === this.#health.state && detail === this.#health.detail) return
    this.#health = { state, detail, since: this.#clock.now() }
  }
}

const SILENCE = new Set(['wechat.unreachable', 'wechat.no_answer', 'wechat.busy'])
