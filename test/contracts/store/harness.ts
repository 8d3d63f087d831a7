import { afterEach, beforeEach, expect } from 'vitest'
import type { Change, Effect } from '#src/domain/change.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import type { LaneKey } from '#src/domain/ids.ts'
import type { Message } from '#src/domain/message.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { Committed, LedgerRow, Store, Taken, Work } from '#src/ports/store.ts'
import {
  changeOf,
  contact,
  conversation,
  customerMessage,
  LANE,
  NOW,
  textArrival,
} from './samples.ts'

/** One place on disk, empty at first. */
export interface StorePlace {
  open(clock: Pick<Clock, 'now'>): Promise<Store>
  remove(): Promise<void>
}

/** What the sections of the contract work with: a fresh store per test. */
export class Harness {
  now = NOW
  store!: Store
  #place!: StorePlace

  async begin(place: StorePlace): Promise<void> {
    this.now = NOW
    this.#place = place
    this.store = await place.open({ now: () => this.now })
  }

  async end(): Promise<void> {
    await this.store.close()
    await this.#place.remove()
  }

  /** Closes and opens again, as a restart does. */
  async reopen(): Promise<void> {
    await this.store.close()
    this.store = await this.#place.open({ now: () => this.now })
  }

  /** @throws when there is nothing to do in the lane */
  async load(lane: LaneKey = LANE): Promise<Work> {
    const work = await this.store.load(lane, this.now)
    if (!work) throw new Error('there is nothing to do in this lane')
    return work
  }

  /** Handles the lane's next event with this Change. */
  async handle(change: Partial<Change> = {}, lane: LaneKey = LANE): Promise<Committed> {
    const { event, snapshot } = await this.load(lane)
    return this.store.commit(event.id, lane, snapshot.version, changeOf(change))
  }

  /** An event arrives and is handled with this Change. */
  async happen(change: Partial<Change> = {}, lane: LaneKey = LANE): Promise<Committed> {
    await this.store.accept([textArrival('你好', { lane })])
    const committed = await this.handle(change, lane)
    expect(committed.outcome).toBe('done')
    return committed
  }

  /** A customer's message that opens a conversation and is to be shown by these effects. */
  async begun(effects: (message: Message) => Effect[] = () => []): Promise<Begun> {
    const opened = conversation()
    const message = customerMessage()
    const rows = effects(message)
    await this.happen({
      contact: contact(),
      conversation: opened,
      messages: [message],
      effects: rows,
    })
    return { conversation: opened, message, effects: rows }
  }

  async take(...effects: Effect[]): Promise<Taken[]> {
    const ids = effects.map(({ id }) => id)
    return this.store.takeEffects(ids, this.now)
  }

  /** Takes the row and says that it was sent. */
  async send(effect: Effect, platformId?: string): Promise<void> {
    await this.take(effect)
    const sent = { state: 'sent', ...(platformId !== undefined && { platformId }) } as const
    await this.store.finishEffect(effect.id, sent, this.now)
  }

  /** Takes the row and says that it never will be delivered. */
  async fail(effect: Effect): Promise<void> {
    await this.take(effect)
    const failed = { state: 'failed', reason: 'unreachable', code: 'test.failed' } as const
    await this.store.finishEffect(effect.id, failed, this.now)
  }

  async relayOf({ conversation, message }: Begun): Promise<Message['relay']> {
    const messages = await this.store.read.messages(conversation.id, 0, 1000)
    return messages.find(({ id }) => id === message.id)?.relay
  }

  async ledger(): Promise<Omit<LedgerRow, 'account'>> {
    const [row, ...others] = await this.store.read.ledger()
    expect(others).toEqual([])
    const { account: _, ...numbers } = row!
    expect(numbers.received).toBe(
      numbers.relayed + numbers.filtered + numbers.waiting + numbers.parked,
    )
    return numbers
  }
}

export interface Begun {
  conversation: Conversation
  message: Message
  effects: Effect[]
}

/** A harness with a new store before each test of the surrounding `describe`. */
export function useStore(make: () => Promise<StorePlace>): Harness {
  const harness = new Harness()
  beforeEach(async () => harness.begin(await make()))
  afterEach(() => harness.end())
  return harness
}
