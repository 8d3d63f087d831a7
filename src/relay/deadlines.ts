import type { Deadline } from '../domain/change.ts'
import type { EventId, LaneKey } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import type { BotEvent } from '../router/events.ts'
import { Heap } from './heap.ts'

export interface DeadlinesInput {
  store: Pick<Store, 'due' | 'fire'>
  clock: Clock
  log: Log
  newId: () => string
  wake: (lane: LaneKey) => void
}

/** How far ahead reminders are kept in memory, and how often the table is looked at again. */
const HORIZON_MS = 10 * 60_000
const LOOK_MS = 5 * 60_000

/**
 * Reminders, to the millisecond: a heap of the next ten minutes over the table of all. Firing is accepting an event, so
 * that a restart or a second process fires none twice; one that was moved or cancelled meanwhile does nothing.
 */
export class Deadlines {
  readonly #input: DeadlinesInput
  readonly #heap = new Heap<Deadline>(({ dueAt }) => dueAt)
  #cancelTimer: (() => void) | undefined
  #timerAt = Infinity
  #cancelLook: (() => void) | undefined
  #stopped = false

  constructor(input: DeadlinesInput) {
    this.#input = input
  }

  async start(): Promise<void> {
    await this.#look()
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer?.()
    this.#cancelLook?.()
  }

  /** After a commit: reminders that were set. Those further away are found in the table later. */
  set(deadlines: readonly Deadline[]): void {
    const until = this.#input.clock.now() + HORIZON_MS
    for (const deadline of deadlines) if (deadline.dueAt <= until) this.#heap.push(deadline)
    this.#arm()
  }

  async #look(): Promise<void> {
    const { store, clock, log } = this.#input
    try {
      this.set(await store.due(clock.now() + HORIZON_MS, 100_000))
    } catch (error) {
      log.error({ err: error }, 'could not read the deadlines')
    }
    if (!this.#stopped) this.#cancelLook = clock.at(clock.now() + LOOK_MS, () => void this.#look())
  }

  #arm(): void {
    const next = this.#heap.peek()?.dueAt ?? Infinity
    if (this.#stopped || next >= this.#timerAt) return
    this.#cancelTimer?.()
    this.#timerAt = next
    this.#cancelTimer = this.#input.clock.at(next, () => this.#run())
  }

  #run(): void {
    this.#timerAt = Infinity
    const now = this.#input.clock.now()
    for (let next = this.#heap.peek(); next && next.dueAt <= now; next = this.#heap.peek()) {
      this.#heap.pop()
      void this.#fire(next)
    }
    this.#arm()
  }

  async #fire(deadline: Deadline): Promise<void> {
    const { store, clock, log, newId, wake } = this.#input
    const { lane, name, body } = deadline.event
    const now = clock.now()
    // The body was made by a handler for this very name.
    const event = {
      ...body,
      id: newId() as EventId,
      lane,
      name,
      at: now,
      receivedAt: now,
      dueAt: deadline.dueAt,
    } as BotEvent
    try {
      if (await store.fire(deadline, event)) wake(lane)
    } catch (error) {
      log.error({ err: error, name }, 'could not fire a deadline; trying again in a second')
      if (!this.#stopped) clock.at(now + 1000, () => void this.#fire(deadline))
    }
  }
}
