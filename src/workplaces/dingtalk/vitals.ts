import type { Clock } from '#src/ports/clock.ts'
import type { Health } from '#src/ports/health.ts'
import type { Client } from './client.ts'
import type { StreamHealth } from './stream/supervisor.ts'

/** Health of one DingTalk app: socket, credentials, quota. */
export class Vitals {
  readonly #client: Client
  readonly #clock: Clock
  #state: Health['state'] = 'down'
  #since: number

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
    this.#since = clock.now()
  }

  health(stream: StreamHealth | undefined): Health {
    const { state, detail } = this.#judge(stream)
    if (state !== this.#state) {
      this.#state = state
      this.#since = this.#clock.now()
    }
    return { state, detail, since: this.#since }
  }

  #judge(stream: StreamHealth | undefined): Pick<Health, 'state' | 'detail'> {
    if (!stream) return { state: 'down', detail: 'not started' }
    if (stream.refused || this.#client.credentialsRefused) {
      return { state: 'down', detail: 'DingTalk refuses clientId and clientSecret: check both' }
    }
    if (!this.#client.isAllowed) {
      return { state: 'down', detail: 'DingTalk has locked our IP address out for five minutes' }
    }
    if (stream.open === 0) {
      return {
        state: 'down',
        detail: `no Stream connection: ${stream.lastFailure || 'connecting'}`,
      }
    }
    const worries = this.#worries(stream)
    return worries.length === 0
      ? { state: 'ok', detail: '' }
      : { state: 'degraded', detail: worries.join('; ') }
  }

  #worries(stream: StreamHealth): string[] {
    const quota = this.#client.meter.state(this.#clock.now())
    const worries: string[] = []
    if (stream.open < stream.wanted) {
      worries.push(`${stream.open} of ${stream.wanted} Stream connections: ${stream.lastFailure}`)
    }
    if (quota.withheld > 0) {
      worries.push('the month’s quota of messages is used up: words of agents do not arrive')
    }
    if (quota.exhausted) worries.push('the month’s quota of API calls is used up: buy more')
    else if (quota.low) {
      worries.push(`this process alone made ${quota.used} of ${quota.limit} API calls this month`)
    }
    return worries
  }
}
