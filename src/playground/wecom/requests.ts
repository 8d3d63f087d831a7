import type { TemplateCard } from './cards.ts'
import type { Chat, ClickOutcome, Line } from './model.ts'

const DAY_MS = 24 * 60 * 60_000

/** A callback that the bot may still answer by its req_id. */
export type Request =
  | {
      kind: 'message'
      chat: Chat
      atMs: number
      answered?: 'stream' | 'card'
      streams: Map<string, Stream>
    }
  | { kind: 'enter'; chat: Chat; atMs: number; used: boolean }
  | {
      kind: 'click'
      chat: Chat
      atMs: number
      used: boolean
      line: Line
      taskId: string
      settle: Settle
    }

export type Settle = (outcome: ClickOutcome) => void

export interface Stream {
  line: Line
  startedMs: number
}

/** The open req_ids. Messages are kept a day, as long as they may be answered. */
export class Requests {
  readonly #open = new Map<string, Request>()
  readonly #now: () => number
  #next = 1

  constructor(now: () => number) {
    this.#now = now
  }

  add(request: Request): string {
    const reqId = `req${this.#next++}-${this.#now().toString(36)}`
    this.#open.set(reqId, request)
    if (this.#next % 1000 === 0) this.#forgetOld()
    return reqId
  }

  get(reqId: string): Request | undefined {
    return this.#open.get(reqId)
  }

  /** Tells the clicker what he saw; a second call does nothing. */
  settleClick(reqId: string, card: TemplateCard): void {
    const request = this.#open.get(reqId)
    if (request?.kind === 'click') request.settle({ kind: 'updated', card })
  }

  #forgetOld(): void {
    for (const [reqId, { atMs }] of this.#open) {
      if (atMs + DAY_MS >= this.#now()) return
      this.#open.delete(reqId)
    }
  }
}

export const MESSAGE_WINDOW_MS = DAY_MS
