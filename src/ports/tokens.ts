export interface FreshToken {
  token: string
  /** Seconds from now, as the platform tells it. */
  expiresInSec: number
}

/**
 * Access tokens, one refresher at a time across all processes (a lease), kept in the store.
 * Renewed 5 to 10 minutes before their end, with jitter, while the old one still serves.
 */
export interface Tokens {
  /** @param name unique per credential, e.g. `wechat-oa/<account>` */
  get(name: string, fetch: () => Promise<FreshToken>): Promise<string>
  /** After the platform refused `stale`: fetches a new one, unless somebody else already has. */
  replace(name: string, stale: string, fetch: () => Promise<FreshToken>): Promise<string>
}
