import type { Clock } from '#src/ports/clock.ts'
import { BOT_TOPIC, CARD_TOPIC, type StreamFrame } from './frames.ts'
import type { StreamSettings } from './settings.ts'

/** The connection that a frame came by. */
export interface Answerer {
  /** Returns false when the connection has ended. */
  answer(frame: StreamFrame, code: number, message: string, data: object): boolean
}

/** What is done with frames. Anything here may throw or reject; the connection survives it. */
export interface FrameHandlers {
  /** Resolves once the message is durably accepted; only then it is acknowledged. */
  message: (frame: StreamFrame) => Promise<void>
  /** Resolves with the `response` that the clicker's card gets. */
  card: (frame: StreamFrame) => Promise<object>
  /** Resolves once the event is taken. */
  event: (frame: StreamFrame) => Promise<void>
}

export interface FrameDeskParts {
  clock: Clock
  settings: StreamSettings
  handlers: FrameHandlers
  onOddity: (what: string) => void
}

/**
 * Answers frames: a robot message when it is accepted (otherwise not at all, and the platform sends it again), a card
 * click within its deadline, an event with SUCCESS or LATER.
 */
export class FrameDesk {
  readonly #parts: FrameDeskParts
  readonly #open = new Set<Promise<void>>()
  readonly #timers = new Set<() => void>()

  constructor(parts: FrameDeskParts) {
    this.#parts = parts
  }

  take(frame: StreamFrame, connection: Answerer): void {
    const work = this.#handle(frame, connection).finally(() => this.#open.delete(work))
    this.#open.add(work)
  }

  /** Resolves when every frame that was taken so far is answered or given up. */
  async idle(): Promise<void> {
    await Promise.all(this.#open)
  }

  stop(): void {
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  #handle(frame: StreamFrame, connection: Answerer): Promise<void> {
    if (frame.type === 'EVENT') return this.#event(frame, connection)
    if (frame.headers.topic === BOT_TOPIC) return this.#message(frame, connection)
    if (frame.headers.topic === CARD_TOPIC) return this.#card(frame, connection)
    connection.answer(frame, 404, 'no handler', {})
    return Promise.resolve()
  }

  async #message(frame: StreamFrame, connection: Answerer): Promise<void> {
    try {
      await this.#parts.handlers.message(frame)
    } catch {
      return this.#parts.onOddity('message-not-accepted')
    }
    this.#answer(connection, frame, 200, { response: null })
  }

  async #card(frame: StreamFrame, connection: Answerer): Promise<void> {
    const { handlers, settings } = this.#parts
    try {
      const response = await this.#within(settings.cardDeadlineMs, () => handlers.card(frame))
      this.#answer(connection, frame, 200, { response })
    } catch (error) {
      this.#parts.onOddity(error === tooLate ? 'card-too-late' : 'card-failed')
      this.#answer(connection, frame, 500, { response: {} })
    }
  }

  async #event(frame: StreamFrame, connection: Answerer): Promise<void> {
    const { handlers, settings } = this.#parts
    try {
      await this.#within(settings.eventDeadlineMs, () => handlers.event(frame))
      this.#answer(connection, frame, 200, { status: 'SUCCESS', message: 'OK' })
    } catch {
      this.#parts.onOddity('event-put-off')
      this.#answer(connection, frame, 200, { status: 'LATER', message: 'busy' })
    }
  }

  #answer(connection: Answerer, frame: StreamFrame, code: number, data: object): void {
    const message = code === 200 ? 'OK' : 'failed'
    if (!connection.answer(frame, code, message, data)) this.#parts.onOddity('answer-unsent')
  }

  /** @throws what `work` throws, or `tooLate` after `ms` */
  #within<Value>(ms: number, work: () => Promise<Value>): Promise<Value> {
    const { clock } = this.#parts
    return new Promise((resolve, reject) => {
      const done = (): void => {
        cancel()
        this.#timers.delete(cancel)
      }
      const cancel = clock.at(clock.now() + ms, () => {
        done()
        reject(tooLate)
      })
      this.#timers.add(cancel)
      Promise.try(work).finally(done).then(resolve, reject)
    })
  }
}

const tooLate = new Error('the deadline has passed')
