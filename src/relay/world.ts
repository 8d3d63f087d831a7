import type { AccountId, DeskId, Lane, LaneKey, WorkplaceId } from '../domain/ids.ts'
import { parseLane } from '../domain/ids.ts'
import type { Settings } from '../domain/settings.ts'
import type { Channel } from '../ports/channel.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { MediaReader, MediaStore } from '../ports/media.ts'
import type { Store } from '../ports/store.ts'
import type { Workplace } from '../ports/workplace.ts'
import type { MediaFile } from '../domain/content.ts'

/** What the relay is made of: everything that is not its own. */
export interface World {
  store: Store
  clock: Clock
  log: Log
  settings: Settings
  channels: ReadonlyMap<AccountId, Channel>
  workplaces: ReadonlyMap<WorkplaceId, Workplace>
  media: MediaStore & MediaReader
  /** Bytes of the largest file we keep. */
  maxMediaBytes: number
  /** A signed address of a file, where the configuration has a public one. */
  mediaLink?: (file: MediaFile) => string
  tuning: RelayTuning
  newId: () => string
  /** 0 ≤ x < 1 */
  random: () => number
}

/** Numbers of the loop itself; the configuration's `relay`. */
export interface RelayTuning {
  /** Our own token buckets and gaps; off only in benchmarks. */
  limits: boolean
  /** Lanes handled, and calls of one credential under way, at the same time. */
  lanes: number
  callsPerCredential: number
  /** After a handler threw. */
  handlerRetryMs: readonly number[]
  /** How long certain failures are tried again. */
  customerRetryMs: number
  groupRetryMs: number
  /** A platform's time older than this runs as `late`. */
  lateAfterMs: number
  /** Lines of one thread that leave as one message. */
  maxLinesPerPost: number
  /** A group whose queue is longer than this gets one digest a minute for waiting conversations. */
  digestAfterMs: number
  digestEveryMs: number
}

/** The desk that a lane's work belongs to; undefined when its account has left the configuration. */
export function deskOfLane(settings: Settings, lane: LaneKey): DeskId | undefined {
  const parsed: Lane = parseLane(lane)
  if (parsed.kind === 'desk') return parsed.desk
  return settings.accounts.get(parsed.account)?.desk
}
