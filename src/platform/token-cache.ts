import type { Clock } from '../ports/clock.ts'
import { PlatformError } from '../ports/errors.ts'
import type { Log } from '../ports/log.ts'
import type { Store, StoredToken } from '../ports/store.ts'
import type { FreshToken, Tokens } from '../ports/tokens.ts'
import { sleep } from './clock.ts'

export interface TokenCacheOptions {
  store: Pick<Store, 'lease' | 'releaseLease' | 'token' | 'putToken'>
  clock: Clock
  log: Log
  /** Who we are among the processes that share the store. */
  owner: string
  /** 0 ≤ x < 1, for jitter. */
  random: () => number
}

type Fetch = () => Promise<FreshToken>

interface Cached extends StoredToken {
  /** From then on a new one is fetched while this one still serves. */
  renewAt: number
}

const LEASE_MS = 30_000
const BUSY_POLL_MS = 250
/** After a renewal that failed while the old token still serves. */
const RENEW_PAUSE_MS = 10_000
const MINUTE_MS = 60_000

/**
 * Access tokens: memory, then the store, then the platform, with one refresher at a time across all processes.
 * Renewed 5 to 10 minutes before the end (half of the life, if that is shorter), on the first use after that moment.
 */
export function createTokens({ store, clock, log, owner, random }: TokenCacheOptions): Tokens {
  const cache = new Map<string, Cached>()
  const running = new Map<string, Promise<Cached>>()

  const usable = (token: StoredToken | undefined, stale?: string): token is StoredToken =>
    token !== undefined && token.token !== stale && token.expiresAt > clock.now()

  function remember(name: string, stored: StoredToken): Cached {
    const life = stored.expiresAt - stored.fetchedAt
    const margin = Math.min((5 + 5 * random()) * MINUTE_MS, life / 2)
    const cached = { ...stored, renewAt: stored.expiresAt - margin }
    cache.set(name, cached)
    return cached
  }

  /** One refresh per name at a time in this process; the others wait for its result. */
  function refresh(name: string, fetch: Fetch, stale?: string): Promise<Cached> {
    const present = running.get(name)
    if (present) return present
    const started = fetchUnderLease(name, fetch, stale).finally(() => running.delete(name))
    running.set(name, started)
    return started
  }

  async function fetchUnderLease(name: string, fetch: Fetch, stale?: string): Promise<Cached> {
    const lease = `token/${name}`
    const giveUpAt = clock.now() + LEASE_MS
    for (;;) {
      const known = await freshInStore(name, stale)
      if (known) return known
      if (await store.lease(lease, owner, clock.now(), clock.now() + LEASE_MS)) break
      if (clock.now() >= giveUpAt) throw busy(name)
      await sleep(clock, BUSY_POLL_MS)
    }
    try {
      return (await freshInStore(name, stale)) ?? (await fetchAndStore(name, fetch))
    } finally {
      await store.releaseLease(lease, owner)
    }
  }

  /** What somebody else has fetched meanwhile, unless it is due for renewal itself. */
  async function freshInStore(name: string, stale?: string): Promise<Cached | undefined> {
    const stored = await store.token(name)
    if (!usable(stored, stale)) return undefined
    const cached = remember(name, stored)
    return cached.renewAt > clock.now() ? cached : undefined
  }

  async function fetchAndStore(name: string, fetch: Fetch): Promise<Cached> {
    const fetchedAt = clock.now()
    const { token, expiresInSec } = await fetch()
    const stored = { token, fetchedAt, expiresAt: fetchedAt + expiresInSec * 1000 }
    await store.putToken(name, stored)
    return remember(name, stored)
  }

  function renewBehind(name: string, fetch: Fetch): void {
    if (running.has(name)) return
    refresh(name, fetch).catch((error: unknown) => {
      const cached = cache.get(name)
      if (cached) cached.renewAt = clock.now() + RENEW_PAUSE_MS
      log.warn(
        { credential: name, err: error },
        'token could not be renewed, the old one serves on',
      )
    })
  }

  return {
    async get(name, fetch) {
      const cached = cache.get(name)
      if (!usable(cached)) return (await refresh(name, fetch)).token
      if (cached.renewAt <= clock.now()) renewBehind(name, fetch)
      return cached.token
    },
    async replace(name, stale, fetch) {
      const cached = cache.get(name)
      if (usable(cached, stale)) return cached.token
      cache.delete(name)
      const first = await refresh(name, fetch, stale)
      // It may have joined a refresh that did not know of the refusal and found the refused token in the store.
      return first.token === stale ? (await refresh(name, fetch, stale)).token : first.token
    },
  }
}

function busy(name: string): PlatformError {
  return new PlatformError(
    'token.busy',
    `another process has been refreshing ${name} for too long`,
    {
      delivered: 'no',
      next: { do: 'retry' },
    },
  )
}
