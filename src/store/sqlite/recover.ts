import type { DatabaseSync } from 'node:sqlite'
import type { LaneKey } from '../../domain/ids.ts'
import type { Recovery } from '../../ports/store.ts'
import type { Deliveries } from './delivery.ts'
import type { Outbox } from './outbox.ts'
import type { Part } from './writer.ts'

/** What the last process left: cut-off sends, lanes with work, queued rows. */
export function recover(
  part: Part,
  now: number,
  { db, outbox, deliveries }: { db: DatabaseSync; outbox: Outbox; deliveries: Deliveries },
): Recovery {
  const interrupted = deliveries.interrupt(part, now)
  // SQLite takes the other columns from the row that has the min().
  const heads = db
    .prepare(`SELECT lane, retry_at, min(seq) FROM inbox WHERE state = 'waiting' GROUP BY lane`)
    .all()
  const recovery: Recovery = { lanes: [], pending: outbox.queued(), interrupted, retries: [] }
  for (const head of heads) {
    const lane = head.lane as LaneKey // written from an event's own lane
    const at = Number(head.retry_at)
    if (at > now) recovery.retries.push({ lane, at })
    else recovery.lanes.push(lane)
  }
  return recovery
}
