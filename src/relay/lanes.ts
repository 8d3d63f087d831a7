import type { LaneKey } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'

/** What came of one step in a lane: go on, nothing left to do, or nothing before then. */
export type Step = 'more' | 'idle' | { again: number }

export interface LanesInput {
  clock: Clock
  /** Handles the lane's next event, if it is due. Never throws. */
  step(lane: LaneKey): Promise<Step>
  /** Lanes that are worked on at the same time. */
  width: number
}

/** Runs lanes: one worker each, many side by side, woken when something arrives. */
export class Lanes {
  readonly #input: LanesInput
  readonly #busy = new Set<LaneKey>()
  /** Woken while busy: looked at once more. */
  readonly #again = new Set<LaneKey>()
  readonly #waiting = new Set<LaneKey>()
  readonly #timers = new Map<LaneKey, () => void>()
  #stopping = false
  #drained: (() => void) | undefined

  constructor(input: LanesInput) {
    this.#input = input
  }

  /** Something arrived in this lane. `first` puts it before the others: somebody waits for the answer. */
  wake(lane: LaneKey, first = false): void {
    if (this.#stopping) return
    if (this.#busy.has(lane)) this.#again.add(lane)
    else if (this.#busy.size < this.#input.width || first) void this.#run(lane)
    else this.#waiting.add(lane)
  }

  wakeAt(lane: LaneKey, at: number): void {
    if (this.#stopping) return
    this.#timers.get(lane)?.()
    const cancel = this.#input.clock.at(at, () => {
      this.#timers.delete(lane)
      this.wake(lane)
    })
    this.#timers.set(lane, cancel)
  }

  /** Lets every lane finish the event it is at; begins no other. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#waiting.clear()
    if (this.#busy.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve))
  }

  async #run(lane: LaneKey): Promise<void> {
    this.#busy.add(lane)
    this.#waiting.delete(lane)
    let step: Step = 'more'
    while (!this.#stopping && (step === 'more' || this.#again.has(lane))) {
      this.#again.delete(lane)
      step = await this.#input.step(lane)
      // At once: a step that follows because of a new arrival finds nothing that is due, and forgets this.
      if (typeof step === 'object') this.wakeAt(lane, step.again)
    }
    this.#again.delete(lane)
    this.#busy.delete(lane)
    this.#next()
  }

  #next(): void {
    if (this.#stopping) {
      if (this.#busy.size === 0) this.#drained?.()
      return
    }
    const [lane] = this.#waiting
    if (lane !== undefined && this.#busy.size < this.#input.width) void this.#run(lane)
  }
}
