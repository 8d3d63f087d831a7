import type { Http } from '../platform/http.ts'
import type { Clock } from './clock.ts'
import type { Leases } from './leases.ts'
import type { Log } from './log.ts'
import type { MediaReader } from './media.ts'
import type { Tokens } from './tokens.ts'

/** Everything an adapter may touch of the world; a test gives its own. */
export interface AdapterIo {
  http: Http
  clock: Clock
  log: Log
  tokens: Tokens
  leases: Leases
  media: MediaReader
  /** 0 ≤ x < 1, for jitter. */
  random(): number
}
