import type { EffectId } from '../domain/ids.ts'
import type { Pending } from '../ports/store.ts'

/** The rows of one target, in order; the head that must wait holds those behind it. */
export class Target {
  readonly key: string
  readonly rows: Pending[] = []
  busy = false
  /** Not before then: a gap after the last post, or the head's own time. */
  notBefore = 0
  /** In a ready list, or waiting for a bucket or a timer. */
  listed = false
  cancelTimer: (() => void) | undefined

  constructor(key: string) {
    this.key = key
  }

  get head(): Pending | undefined {
    return this.rows[0]
  }

  add(row: Pending): void {
    let at = this.rows.length
    while (at > 0 && this.rows[at - 1]!.seq > row.seq) at--
    this.rows.splice(at, 0, row)
  }

  drop(id: EffectId): void {
    const index = this.rows.findIndex((row) => row.id === id)
    if (index >= 0) this.rows.splice(index, 1)
  }

  dueAt(): number {
    return Math.max(this.head?.notBefore ?? Infinity, this.notBefore)
  }
}

/** Targets whose head may go, by precedence: a lower priority number first, then who came first. */
export class ReadyList {
  readonly #byPriority = new Map<number, Target[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  push(target: Target): void {
    const priority = target.head?.priority ?? 100
    const queue = this.#byPriority.get(priority)
    if (queue) queue.push(target)
    else this.#byPriority.set(priority, [target])
    target.listed = true
    this.#size++
  }

  shift(): Target | undefined {
    let best: number | undefined
    for (const [priority, queue] of this.#byPriority)
      if (queue.length > 0 && (best === undefined || priority < best)) best = priority
    const target = best === undefined ? undefined : this.#byPriority.get(best)?.shift()
    if (target) {
      target.listed = false
      this.#size--
    }
    return target
  }
}
