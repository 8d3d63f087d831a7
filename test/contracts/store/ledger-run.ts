import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { Effect } from '#src/domain/change.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import { accountId, contactLane, type EventId, type LaneKey } from '#src/domain/ids.ts'
import type { EffectResult, LedgerRow } from '#src/ports/store.ts'
import type { Harness } from './harness.ts'
import { changeOf, conversation, customerMessage, lineEffect, NOW, textArrival } from './samples.ts'

const kinds = [
  'arrive',
  'arrive',
  'again',
  'retry',
  'handle',
  'handle',
  'handle',
  'fail',
  'park',
  'replay',
  'take',
  'sent',
  'failed',
  'unknown',
  'later',
  'putBack',
  'restart',
] as const

export interface Step {
  kind: (typeof kinds)[number]
  /** Which of what there is. */
  pick: number
  /** How many messages or effects. */
  size: number
}

export const stepOf: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  pick: fc.nat(1000),
  size: fc.nat(2),
})

const results: Record<'sent' | 'failed' | 'unknown' | 'later', EffectResult> = {
  sent: { state: 'sent' },
  failed: { state: 'failed', reason: 'unreachable', code: 'test.failed' },
  unknown: { state: 'unknown', code: 'test.timeout' },
  later: { state: 'retry', retryAt: NOW, code: 'test.busy' },
}

/** One random history of one account, with a second way of counting beside the store's. */
export class LedgerRun {
  readonly #the: Harness
  readonly #account: string
  readonly #lanes: LaneKey[]
  readonly #keys: string[] = []
  readonly #events = new Map<EventId, 'waiting' | 'parked' | 'done'>()
  readonly #effects: Effect[] = []
  readonly #conversations = new Map<LaneKey, Conversation>()
  #received = 0
  #filtered = 0

  constructor(the: Harness, account: string) {
    this.#the = the
    this.#account = account
    this.#lanes = ['a', 'b'].map((customer) => contactLane(accountId(account), customer))
  }

  async step({ kind, pick, size }: Step): Promise<void> {
    const { store } = this.#the
    const event = one([...this.#events.keys()], pick)
    const effect = one(this.#effects, pick)
    if (kind === 'arrive') await this.#arrive(pick, `${this.#keys.length}`, 'new')
    else if (kind === 'again') await this.#arrive(pick, one(this.#keys, pick), 'duplicate')
    else if (kind === 'retry') await this.#arrive(pick, `r${this.#received}`, 'retry')
    else if (kind === 'handle') await this.#handle(one(this.#lanes, pick)!, size)
    else if (kind === 'restart') await this.#restart()
    else if (kind === 'fail' && event) await store.failEvent(event, 'Error: test', NOW)
    else if (kind === 'park' && event) await this.#park(event)
    else if (kind === 'replay' && event) await this.#replay(event)
    else if (kind === 'take' && effect) await store.takeEffects([effect.id], NOW)
    else if (kind === 'putBack' && effect) await store.replayEffect(effect.id, NOW, NOW + 1)
    else if (kind in results && effect) {
      // Narrowed by the line above.
      await store.finishEffect(effect.id, results[kind as keyof typeof results], NOW)
    }
  }

  async #arrive(pick: number, key: string | undefined, expected: string): Promise<void> {
    if (key === undefined || (expected === 'retry' && this.#keys.length === 0)) return
    const arrival = textArrival('你好', {
      lane: one(this.#lanes, pick)!,
      source: this.#account,
      key,
      fingerprint: expected === 'retry' ? one(this.#keys, pick)! : key,
      ...(expected === 'retry' && { retryWindowMs: { from: 0, to: 1 } }),
    })
    const account = accountId(this.#account)
    const event = { ...arrival.event, account } as typeof arrival.event
    expect(await this.#the.store.accept([{ ...arrival, event }])).toEqual([expected])
    if (expected === 'duplicate') return
    this.#received++
    if (expected === 'retry') this.#filtered++
    else {
      this.#keys.push(key)
      this.#events.set(event.id, 'waiting')
    }
  }

  /** The event becomes `size` messages, which go to two groups by a line each. */
  async #handle(lane: LaneKey, size: number): Promise<void> {
    const work = await this.#the.store.load(lane, NOW)
    if (!work) return
    const known = this.#conversations.get(lane) ?? conversation({ messages: 0 })
    const next = { ...known, messages: known.messages + size }
    const messages = Array.from({ length: size }, (_, i) => customerMessage(known.messages + i + 1))
    const effects = messages.flatMap((message) => [
      lineEffect('dingtalk', { messages: [message] }),
      lineEffect('wecom', { messages: [message], coalesceKey: `digest/${lane}` }),
    ])
    const change = changeOf({ conversation: next, messages, effects })
    const { outcome } = await this.#the.store.commit(
      work.event.id,
      lane,
      work.snapshot.version,
      change,
    )
    expect(outcome).toBe('done')
    this.#events.set(work.event.id, 'done')
    this.#conversations.set(lane, next)
    this.#effects.push(...effects)
    if (size === 0) this.#filtered++
    else this.#received += size - 1
  }

  async #park(event: EventId): Promise<void> {
    await this.#the.store.failEvent(event, 'Error: test', undefined)
    if (this.#events.get(event) === 'waiting') this.#events.set(event, 'parked')
  }

  async #replay(event: EventId): Promise<void> {
    const wasParked = this.#events.get(event) === 'parked'
    expect((await this.#the.store.replayEvent(event, NOW)) !== undefined).toBe(wasParked)
    if (wasParked) this.#events.set(event, 'waiting')
  }

  async #restart(): Promise<void> {
    await this.#the.reopen()
    await this.#the.store.recover(NOW)
  }

  async #row(): Promise<LedgerRow | undefined> {
    const rows = await this.#the.store.read.ledger()
    return rows.find(({ account }) => account === this.#account)
  }

  async check(): Promise<void> {
    const row = await this.#row()
    if (!row) return expect(this.#received).toBe(0)
    expect(row.received).toBe(row.relayed + row.filtered + row.waiting + row.parked)
    expect(row).toMatchObject({ received: this.#received, filtered: this.#filtered })
  }

  /** The counters say the same as the messages and events themselves. */
  async agree(): Promise<void> {
    const messages = await Promise.all(
      [...this.#conversations.values()].map(({ id }) => this.#the.store.read.messages(id, 0, 1000)),
    )
    const all = [...messages.flat().map(({ relay }) => relay), ...this.#events.values()]
    const count = (state: string): number => all.filter((one) => one === state).length
    const row = await this.#row()
    expect(count('relayed')).toBe(row?.relayed ?? 0)
    expect(count('waiting')).toBe(row?.waiting ?? 0)
    expect(count('parked')).toBe(row?.parked ?? 0)
  }
}

const one = <T>(items: readonly T[], pick: number): T | undefined => items[pick % items.length]
