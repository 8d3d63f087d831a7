import { randomFillSync } from 'node:crypto'
import { makeId } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'

const ID_BYTES = 10
const POOL_BYTES = 400 * ID_BYTES

/** Makes ids; random bytes are drawn many at a time, because each draw costs as much as a whole id. */
export function createIdMaker(clock: Pick<Clock, 'now'>): () => string {
  const pool = new Uint8Array(POOL_BYTES)
  let at = POOL_BYTES
  return () => {
    if (at === POOL_BYTES) {
      randomFillSync(pool)
      at = 0
    }
    at += ID_BYTES
    return makeId(clock.now(), pool.subarray(at - ID_BYTES, at))
  }
}
