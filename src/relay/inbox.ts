import {
  type AccountId,
  type AgentId,
  type EventId,
  type MessageId,
  deskLane,
} from '../domain/ids.ts'
import type { AgentRef } from '../domain/refs.ts'
import type { Incoming } from '../ports/channel.ts'
import type { Arrival } from '../ports/store.ts'
import type { AgentInbox, AgentInput, CardClick, ClickAnswer } from '../ports/workplace.ts'
import type { BotEvent } from '../router/events.ts'
import type { Lanes } from './lanes.ts'
import { asksToSendQuoted, deskOfChat, locate, locateCard, sighting } from './locate.ts'
import type { World } from './world.ts'

const DAY_MS = 24 * 3600_000

/** The way in: what arrived gets an id and a lane, is committed, and only then acknowledged. */
export class Inbox {
  readonly #world: World
  readonly #lanes: Lanes
  readonly #awaited = new Map<EventId, (answer: ClickAnswer) => void>()

  constructor(world: World, lanes: Lanes) {
    this.#world = world
    this.#lanes = lanes
  }

  /** Resolves once all of them are committed. */
  async fromChannel(account: AccountId, incoming: readonly Incoming[]): Promise<void> {
    if (incoming.length === 0) return
    const window = this.#world.channels.get(account)?.capabilities.retryWindowMs
    const receivedAt = this.#world.clock.now()
    await this.#accept(
      incoming.map(({ key, fingerprint, raw, ...rest }) => ({
        // The adapter promises every field of its row of the table but those that are added here.
        event: {
          ...rest,
          // What we cannot show is kept as it came; of all else a second copy would only be one more to protect.
          ...(rest.name === 'customer:unsupported' && { raw }),
          id: this.#newId(),
          receivedAt,
          ...this.#when(rest.at, receivedAt),
        },
        source: account,
        key,
        ...(fingerprint !== undefined && { fingerprint }),
        ...(window && { retryWindowMs: window }),
      })),
    )
  }

  /** The same for one workplace; what it shows of a click is ready within its deadline. */
  forWorkplace(reachable: AgentInbox['reachable']): AgentInbox {
    return {
      message: (input) => this.#message(input),
      click: (click) => this.#click(click),
      reachable,
    }
  }

  /** After the commit that handled an event. */
  settle(event: EventId, answer: ClickAnswer): void {
    this.#awaited.get(event)?.(answer)
    this.#awaited.delete(event)
  }

  async #message(input: AgentInput): Promise<void> {
    const { agent } = input
    await this.#accept([
      agent ? await this.#agentArrival({ ...input, agent }) : this.#strangerArrival(input),
    ])
  }

  async #agentArrival(input: AgentInput & { agent: AgentRef }): Promise<Arrival> {
    const { agent, chat, messageId, media, quoted } = input
    const { lane, text, unknownMarker, unknownQuote } = await locate(this.#world, input)
    const receivedAt = this.#world.clock.now()
    const core = {
      id: this.#newId(),
      lane,
      receivedAt,
      ...this.#when(input.at, receivedAt),
    }
    // A quoted file goes out only on a plain word: it may as well be one that a customer has sent.
    const sent = asksToSendQuoted({ text, quoted }) ? quoted?.media : undefined
    const files = sent ? [sent, ...media] : media
    const said = {
      agent,
      chat,
      messageId,
      text: sent ? '' : text,
      ...(unknownMarker !== undefined && { unknownMarker }),
      ...(unknownQuote && { unknownQuote }),
    }
    const event: BotEvent =
      files.length > 0
        ? { ...core, ...said, name: 'agent:media', media: files }
        : { ...core, ...said, name: 'agent:text' }
    return { event, source: agent.workplace, key: input.key, ...this.#seen(agent, input) }
  }

  #strangerArrival({ chat, messageId, key, at }: AgentInput): Arrival {
    const receivedAt = this.#world.clock.now()
    const lane = deskLane(deskOfChat(this.#world, { chat, agent: undefined }))
    const core = { id: this.#newId(), lane, receivedAt, ...this.#when(at, receivedAt) }
    return {
      event: { ...core, name: 'stranger:text', chat, messageId },
      source: chat.workplace,
      key,
    }
  }

  /** What is not decided within the workplace's deadline is answered 处理中; the true state follows as an effect. */
  async #click(click: CardClick): Promise<ClickAnswer> {
    const { clock, workplaces } = this.#world
    const limit = workplaces.get(click.agent.workplace)?.capabilities.clickAnswerMs ?? 1200
    let cancel = (): void => undefined
    const late = new Promise<ClickAnswer>((resolve) => {
      cancel = clock.at(clock.now() + limit, () =>
        resolve({ accepted: false, hint: '处理中，请稍候' }),
      )
    })
    try {
      return await Promise.race([this.#decided(click), late])
    } finally {
      cancel()
    }
  }

  async #decided(click: CardClick): Promise<ClickAnswer> {
    const event = this.#clickEvent(click, await locateCard(this.#world, click))
    const answer = new Promise<ClickAnswer>((resolve) => this.#awaited.set(event.id, resolve))
    try {
      const arrival = { event, source: click.agent.workplace, key: click.key }
      const [outcome] = await this.#accept(
        [{ ...arrival, ...this.#seen(click.agent, click) }],
        true,
      )
      return outcome === 'new' ? await answer : { accepted: false, hint: '已处理过' }
    } finally {
      this.#awaited.delete(event.id)
    }
  }

  #clickEvent(click: CardClick, lane: BotEvent['lane']): BotEvent {
    const receivedAt = this.#world.clock.now()
    const { agent, chat, card, lease } = click
    const core = { id: this.#newId(), lane, receivedAt, ...this.#when(click.at, receivedAt) }
    const base = { ...core, agent, chat, card, lease }
    const value = click.value ?? ''
    switch (click.action) {
      case 'claim':
      case 'release':
      case 'close':
      case 'colleagues':
        return { ...base, name: `card:${click.action}` }
      case 'reply':
        return { ...base, name: 'card:reply', text: click.text ?? '' }
      // Ids that come back from a card are looked up before anything is done with them.
      case 'transfer':
        return { ...base, name: 'card:transfer', to: value as AgentId }
      case 'retry':
        return { ...base, name: 'card:retry', message: value as MessageId }
      default:
        return { ...base, name: 'card:show' }
    }
  }

  async #accept(arrivals: Arrival[], first = false): Promise<string[]> {
    const outcomes = await this.#world.store.accept(arrivals)
    arrivals.forEach(({ event }, i) => {
      if (outcomes[i] === 'new') this.#lanes.wake(event.lane, first)
    })
    return outcomes
  }

  #seen(agent: AgentRef, { chat }: Pick<AgentInput, 'chat'>): Pick<Arrival, 'seen'> {
    const seen = sighting(this.#world, agent, chat, this.#world.clock.now())
    return seen ? { seen: { agent: seen } } : {}
  }

  /** A platform's time is believed within three days back and a minute ahead; an old event runs as `late`. */
  #when(at: number, receivedAt: number): { at: number; late?: boolean } {
    const believable = at >= receivedAt - 3 * DAY_MS && at <= receivedAt + 60_000
    if (!believable) return { at: receivedAt }
    return receivedAt - at > this.#world.tuning.lateAfterMs ? { at, late: true } : { at }
  }

  #newId(): EventId {
    return this.#world.newId() as EventId
  }
}
