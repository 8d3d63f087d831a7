import type { GroupId } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { Target } from './targets.ts'

interface Wait {
  targets: Set<Target>
  until: number
  cancel: () => void
}

/** Targets of groups whose limit is used up: one timer per group, so that at its end precedence decides who goes. */
export class Waits {
  readonly #clock: Clock
  readonly #over: (targets: Target[]) => void
  readonly #byGroup = new Map<GroupId, Wait>()

  /** @param over gets all targets of a group when its limit has room again */
  constructor(clock: Clock, over: (targets: Target[]) => void) {
    this.#clock = clock
    this.#over = over
  }

  /** A target counts as listed while it waits. The earliest time that is asked for holds for all. */
  add(group: GroupId, target: Target, until: number): void {
    target.listed = true
    const known = this.#byGroup.get(group)
    known?.targets.add(target)
    if (known && known.until <= until) return
    known?.cancel()
    const targets = known?.targets ?? new Set([target])
    const cancel = this.#clock.at(until, () => this.#end(group, targets))
    this.#byGroup.set(group, { targets, until, cancel })
  }

  stop(): void {
    for (const { cancel } of this.#byGroup.values()) cancel()
  }

  #end(group: GroupId, targets: Set<Target>): void {
    this.#byGroup.delete(group)
    for (const target of targets) target.listed = false
    this.#over([...targets])
  }
}
