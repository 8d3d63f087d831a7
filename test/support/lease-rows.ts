import type { Store, StoredToken } from '#src/ports/store.ts'

export interface LeaseRows extends Pick<Store, 'lease' | 'releaseLease' | 'token' | 'putToken'> {
  /** As if the connection to the store were gone; undefined: all is well. */
  broken: Error | undefined
}

/** The store's leases and tokens in memory, by the words of the port. */
export function createLeaseRows(): LeaseRows {
  const leases = new Map<string, { owner: string; until: number; fence: number }>()
  const tokens = new Map<string, StoredToken>()
  const rows: LeaseRows = {
    broken: undefined,
    async lease(name, owner, now, untilMs) {
      if (rows.broken) throw rows.broken
      const present = leases.get(name)
      if (present && present.owner !== owner && present.until > now) return undefined
      const fence = present?.owner === owner ? present.fence : (present?.fence ?? 0) + 1
      leases.set(name, { owner, until: untilMs, fence })
      return { fence }
    },
    async releaseLease(name, owner) {
      const present = leases.get(name)
      if (present?.owner === owner) leases.set(name, { ...present, owner: '', until: 0 })
    },
    token: async (name) => tokens.get(name),
    putToken: async (name, token) => void tokens.set(name, token),
  }
  return rows
}
