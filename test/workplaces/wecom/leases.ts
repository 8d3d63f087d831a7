import { createLeases } from '#src/platform/leases.ts'
import { silentLog } from '#src/platform/log.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { Leases } from '#src/ports/leases.ts'

/** Lease rows in memory, shared by the processes of one test. */
export class LeaseRows {
  readonly #rows = new Map<string, { owner: string; fence: number; until: number }>()
  #fences = 0

  /** The leases as one process sees them. */
  of(owner: string, clock: Clock): Leases {
    return createLeases({ store: this, clock, log: silentLog, owner, renewMs: 50, retryMs: 20 })
  }

  async lease(
    name: string,
    owner: string,
    now: number,
    until: number,
  ): Promise<{ fence: number } | undefined> {
    const row = this.#rows.get(name)
    if (row !== undefined && row.owner !== owner && row.until > now) return undefined
    const fence = row?.owner === owner && row.until > now ? row.fence : ++this.#fences
    this.#rows.set(name, { owner, fence, until })
    return { fence }
  }

  async releaseLease(name: string, owner: string): Promise<void> {
    if (this.#rows.get(name)?.owner === owner) this.#rows.delete(name)
  }

  /** Gives a right to somebody else, as a database does whose clock says that the owner is gone. */
  steal(name: string, owner: string, until: number): void {
    this.#rows.set(name, { owner, fence: ++this.#fences, until })
  }
}
