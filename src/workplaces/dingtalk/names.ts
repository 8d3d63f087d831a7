import type { Clock } from '#src/ports/clock.ts'
import { within } from './within.ts'

const FRESH_MS = 24 * 3_600_000
/** After a look-up that failed. */
const PAUSE_MS = 5 * 60_000
const MAX_NAMES = 5000

/** Names of colleagues: card clicks do not carry them. Learnt from messages, else asked once a day. */
export class Names {
  readonly #known = new Map<string, { name: string | undefined; until: number }>()
  readonly #asked = new Map<string, Promise<string | undefined>>()
  readonly #ask: (userId: string) => Promise<string>
  readonly #clock: Clock

  constructor(ask: (userId: string) => Promise<string>, clock: Clock) {
    this.#ask = ask
    this.#clock = clock
  }

  learn(userId: string, name: string): void {
    this.#remember(userId, name, FRESH_MS)
  }

  /** What is known at once. */
  known(userId: string): string | undefined {
    return this.#known.get(userId)?.name
  }

  /** The name, or undefined when it is not found in time; a later call may have it then. */
  async get(userId: string, patienceMs: number): Promise<string | undefined> {
    const known = this.#known.get(userId)
    if (known && known.until > this.#clock.now()) return known.name
    const found = await within(this.#clock, patienceMs, this.#lookUp(userId))
    return found ?? known?.name
  }

  #lookUp(userId: string): Promise<string | undefined> {
    const asked = this.#asked.get(userId)
    if (asked) return asked
    const answer = this.#ask(userId)
      .then(
        (name) => this.#remember(userId, name, FRESH_MS),
        () => this.#remember(userId, this.known(userId), PAUSE_MS),
      )
      .finally(() => this.#asked.delete(userId))
    this.#asked.set(userId, answer)
    return answer
  }

  #remember(userId: string, name: string | undefined, forMs: number): string | undefined {
    this.#known.delete(userId)
    this.#known.set(userId, { name, until: this.#clock.now() + forMs })
    if (this.#known.size > MAX_NAMES) this.#known.delete(this.#known.keys().next().value!)
    return name
  }
}
