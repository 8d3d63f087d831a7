import type { Card } from '#cards/elements.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import type { Clock } from '#src/ports/clock.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { Log } from '#src/ports/log.ts'
import type { AgentInbox, CardClick } from '#src/ports/workplace.ts'
import { drawCard, drawNotice } from './card.ts'
import type { Client } from './client.ts'
import { encodeState } from './encode.ts'
import type { TemplateCard } from './wire.ts'

export interface ClicksParts {
  client: Pick<Client, 'updateCard' | 'push'>
  clock: Clock
  log: Log
}

/** WeCom takes the answer to a click for 5 s (101463, read 2026-09); half a second is left for its way. */
const ANSWER_WITHIN_MS = 4500
/** A state that could not be shown in this time is old news. */
const STATE_GOOD_FOR_MS = 2 * 60_000

/** How many clicks are remembered, to answer one that is delivered twice only once. */
const REMEMBERED_CLICKS = 1000

const NOT_FOUND = '找不到对应的会话，发“列表”查看'

interface LateState {
  chat: ChatRef
  card: Card
  until: number
}

/**
 * Answers clicks: the clicked card is redrawn with the present state. What comes too late for that, or is lost on its
 * way, is said as a line in the chat instead, since the card cannot be changed any more.
 */
export class Clicks {
  readonly #parts: ClicksParts
  /** States that wait for the connection, the newest of each card. */
  readonly #late = new Map<string, LateState>()
  readonly #answered = new Set<string>()

  constructor(parts: ClicksParts) {
    this.#parts = parts
  }

  async handle(
    click: CardClick,
    reqId: string,
    arrivedAt: number,
    inbox: AgentInbox,
  ): Promise<void> {
    if (this.#isRepeated(click.key)) return
    const { card, hint } = await inbox.click(click)
    if (card === undefined) {
      // Who asks to be shown a card that nobody knows gets an answer, too.
      const notice = hint ?? (click.action === 'show' ? NOT_FOUND : undefined)
      if (notice !== undefined) await this.#redraw(drawNotice(notice, click.card), reqId, arrivedAt)
      return
    }
    if (await this.#redraw(drawCard(card, click.card), reqId, arrivedAt)) return
    this.#late.set(click.card, {
      chat: click.chat,
      card,
      until: this.#parts.clock.now() + STATE_GOOD_FOR_MS,
    })
    await this.flush()
  }

  /** Answers a click on a card that is none of ours, or one whose button cannot be read. */
  async disown(
    click: { key: string; card: string },
    reqId: string,
    arrivedAt: number,
  ): Promise<void> {
    if (this.#isRepeated(click.key)) return
    await this.#redraw(drawNotice(NOT_FOUND, click.card), reqId, arrivedAt)
  }

  /** Says the states that could not be drawn, as far as they are not old; called when the connection is up again. */
  async flush(): Promise<void> {
    const states = [...this.#late]
    this.#late.clear()
    for (const [key, state] of states) {
      if (state.until > this.#parts.clock.now()) await this.#say(key, state)
    }
  }

  #isRepeated(key: string): boolean {
    if (this.#answered.has(key)) return true
    const [oldest] = this.#answered
    if (this.#answered.size >= REMEMBERED_CLICKS && oldest !== undefined)
      this.#answered.delete(oldest)
    this.#answered.add(key)
    return false
  }

  async #redraw(card: TemplateCard, reqId: string, arrivedAt: number): Promise<boolean> {
    const { client, clock, log } = this.#parts
    const tookMs = clock.now() - arrivedAt
    if (tookMs > ANSWER_WITHIN_MS) {
      log.warn({ code: 'wecom.click_late', tookMs }, 'a click was answered too late')
      return false
    }
    try {
      await client.updateCard(reqId, card)
      return true
    } catch (error) {
      log.warn({ code: codeOf(error) }, 'a clicked card could not be redrawn')
      return false
    }
  }

  async #say(key: string, state: LateState): Promise<void> {
    try {
      await this.#parts.client.push(state.chat, encodeState(state.card))
    } catch (error) {
      // Not sent for want of a connection: said when it is back. Anything else would only repeat itself.
      if (codeOf(error) === 'wecom.not_connected' && !this.#late.has(key))
        this.#late.set(key, state)
      else this.#parts.log.warn({ code: codeOf(error) }, 'the state of a card could not be said')
    }
  }
}

const codeOf = (error: unknown): string =>
  error instanceof PlatformError ? error.code : 'unexpected'
