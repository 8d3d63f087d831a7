import { sleep } from '#src/platform/clock.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { Log } from '#src/ports/log.ts'
import type { AgentInbox, AgentInput } from '#src/ports/workplace.ts'
import type { Clicks } from './clicks.ts'
import type { Client } from './client.ts'
import {
  type DecodeContext,
  decodeClick,
  decodeMessage,
  decodeStrayClick,
  reportedUser,
} from './decode.ts'
import { encodeNote } from './encode.ts'
import type { InFrame } from './session.ts'
import { anyEvent } from './wire.ts'

export interface InboundParts {
  inbox: AgentInbox
  clicks: Clicks
  client: Pick<Client, 'respond' | 'knowUser'>
  context: Omit<DecodeContext, 'now'>
  clock: Clock
  log: Log
  /** Aborted when the workplace stops. */
  signal: AbortSignal
}

/** A callback is delivered once and never again, so that a store that fails for a moment is asked again by us. */
const RETRIES_MS = [200, 1000, 3000]

/** Said to the one who wrote when the message could not be kept: no handler ever sees it. */
const NOT_KEPT = '系统繁忙，这条消息没有收到，请稍后再发一次'

/** What callbacks become: words and files for the core, clicks for the core and their answers for the cards. */
export class Inbound {
  readonly #parts: InboundParts
  readonly #underWay = new Set<Promise<void>>()

  constructor(parts: InboundParts) {
    this.#parts = parts
  }

  /** Takes one callback; never throws, whatever is in it. */
  take(kind: 'message' | 'event', frame: InFrame): void {
    const user = reportedUser(frame)
    if (user !== undefined) this.#parts.client.knowUser(user)
    const work = kind === 'message' ? this.#message(frame) : this.#event(frame)
    const guarded = work
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'a WeCom callback failed'))
      .finally(() => this.#underWay.delete(guarded))
    this.#underWay.add(guarded)
  }

  /** Resolves when no callback is being worked on. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #message(frame: InFrame): Promise<void> {
    const input = decodeMessage(frame, this.#context())
    if (input === undefined) return this.#ignored('message', frame)
    this.#parts.inbox.reachable(input.chat)
    if (await this.#kept(input)) return
    await this.#parts.client.respond(input.messageId, encodeNote('', [words(NOT_KEPT)]))
  }

  async #kept(input: AgentInput): Promise<boolean> {
    const { inbox, clock, log, signal } = this.#parts
    for (const waitMs of [...RETRIES_MS, undefined]) {
      try {
        await inbox.message(input)
        return true
      } catch (error) {
        log.error({ err: error, again: waitMs !== undefined }, 'a message of an agent was not kept')
        if (waitMs !== undefined) await sleep(clock, waitMs, signal)
      }
    }
    return false
  }

  async #event(frame: InFrame): Promise<void> {
    const context = this.#context()
    const click = decodeClick(frame, context)
    const { clicks, inbox } = this.#parts
    if (click !== undefined) return clicks.handle(click, frame.reqId, context.now, inbox)
    const stray = decodeStrayClick(frame)
    if (stray !== undefined) return clicks.disown(stray, frame.reqId, context.now)
    this.#ignored('event', frame)
  }

  /** Events that nobody needs (enter_chat, feedback_event, …) and what is not ours. */
  #ignored(kind: string, frame: InFrame): void {
    const event = anyEvent.safeParse(frame.body)
    const eventType = event.success ? event.data.event.eventtype.slice(0, 40) : undefined
    this.#parts.log.debug({ kind, eventType }, 'a WeCom callback was left aside')
  }

  #context(): DecodeContext {
    return { ...this.#parts.context, now: this.#parts.clock.now() }
  }
}

const words = (text: string) => ({ type: 'text', text, tone: 'plain' }) as const
