import type { Clock } from '../ports/clock.ts'
import type { Lease, Leases } from '../ports/leases.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../ports/store.ts'
import { sleep } from './clock.ts'

export interface LeasesOptions {
  store: Pick<Store, 'lease' | 'releaseLease'>
  clock: Clock
  log: Log
  /** Who we are among the processes that share the store; the same after a restart only where nobody else can hold it. */
  owner: string
  lifeMs?: number
  renewMs?: number
  /** Between two tries while another owner has it. */
  retryMs?: number
}

/** Named rights over the store's lease rows. Inside one process a name is held once, too: the next one waits for its release. */
export function createLeases({
  store,
  clock,
  log,
  owner,
  lifeMs = 15_000,
  renewMs = 5_000,
  retryMs = 1_000,
}: LeasesOptions): Leases {
  const heldHere = new Map<string, Promise<void>>()

  async function take(
    name: string,
    signal: AbortSignal,
  ): Promise<{ fence: number; until: number }> {
    for (;;) {
      signal.throwIfAborted()
      const until = clock.now() + lifeMs
      const taken = await tryOnce(name, until)
      if (taken) return { fence: taken.fence, until }
      await sleep(clock, retryMs, signal)
    }
  }

  async function tryOnce(name: string, until: number): Promise<{ fence: number } | undefined> {
    try {
      return await store.lease(name, owner, clock.now(), until)
    } catch (error) {
      log.warn({ lease: name, err: error }, 'lease could not be asked for, trying again')
      return undefined
    }
  }

  function hold(name: string, fence: number, firstUntil: number, freed: () => void): Lease {
    const ended = new AbortController()
    let until = firstUntil
    let cancelRenew = clock.at(clock.now() + renewMs, () => void renew())
    let cancelExpiry = clock.at(until, () => end('expired'))

    function end(why: 'lost' | 'expired' | 'released'): void {
      if (ended.signal.aborted) return
      cancelRenew()
      cancelExpiry()
      if (why !== 'released') log.warn({ lease: name, fence, why }, 'lease is no longer ours')
      ended.abort(new Error(`lease ${why}`))
      freed()
    }

    async function renew(): Promise<void> {
      const nextUntil = clock.now() + lifeMs
      try {
        const renewed = await store.lease(name, owner, clock.now(), nextUntil)
        if (renewed?.fence !== fence) return end('lost')
        until = nextUntil
      } catch (error) {
        // Until the row runs out nobody else can have it, so a store that fails for a moment costs nothing.
        log.warn({ lease: name, err: error }, 'lease could not be renewed, trying again')
      }
      if (ended.signal.aborted) return
      cancelExpiry()
      cancelExpiry = clock.at(until, () => end('expired'))
      cancelRenew = clock.at(clock.now() + renewMs, () => void renew())
    }

    return {
      fence,
      held: () => !ended.signal.aborted && clock.now() < until,
      signal: ended.signal,
      async release() {
        if (ended.signal.aborted) return
        end('released')
        await store.releaseLease(name, owner)
      },
    }
  }

  return {
    async acquire(name, signal) {
      for (let other = heldHere.get(name); other; other = heldHere.get(name)) {
        await unlessAborted(other, signal)
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      heldHere.set(name, promise)
      const freed = (): void => {
        heldHere.delete(name)
        resolve()
      }
      try {
        const { fence, until } = await take(name, signal)
        return hold(name, fence, until, freed)
      } catch (error) {
        freed()
        throw error
      }
    },
  }
}

async function unlessAborted(wait: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([wait, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
