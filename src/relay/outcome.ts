import type { Effect } from '../domain/change.ts'
import type { AccountId, WorkplaceId } from '../domain/ids.ts'
import { PlatformError } from '../ports/errors.ts'
import type { EffectResult, Taken } from '../ports/store.ts'
import type { World } from './world.ts'

/** First and longest delay between two tries; doubled each time, with jitter of one half. */
const FIRST_MS = 500
const LONGEST_MS = 30_000

/**
 * What becomes of a row after its call failed. Certainly not delivered: tried again, for a minute towards customers and
 * ten towards groups, then failed. Perhaps delivered: tried again only where a repetition cannot double it, or where a
 * double is seen to be one (a numbered line); otherwise unknown, and the holder decides.
 */
export function outcomeOf(
  world: World,
  { effect, attempts, firstTriedAt }: Taken,
  error: unknown,
): EffectResult {
  const now = world.clock.now()
  const known = error instanceof PlatformError ? error : undefined
  const code = known?.code ?? 'relay.unexpected'
  if (!known)
    world.log.error({ err: error, do: effect.do }, 'a call failed in a way nobody planned for')
  const uncertain = known ? known.delivered === 'unknown' : true
  if (uncertain && !mayRepeat(world, effect)) return { state: 'unknown', code }
  if (known?.next.do === 'give-up') return { state: 'failed', reason: known.next.reason, code }
  const retryAt = now + (delayOf(known, attempts) ?? backoff(attempts, world.random()))
  const patience = isForCustomer(effect) ? world.tuning.customerRetryMs : world.tuning.groupRetryMs
  if (retryAt > (firstTriedAt || now) + patience || retryAt > effect.expiresAt)
    return { state: 'failed', reason: known ? 'unreachable' : 'unexpected', code }
  return { state: 'retry', retryAt, code }
}

/** Whether sending it once more cannot harm: the platform drops the second, or people see that it is one. */
export function mayRepeat(
  { channels, workplaces }: World,
  row: { do: Effect['do']; credential: Effect['credential'] },
): boolean {
  switch (row.do) {
    // A credential is the key of an account or of a workplace; which of the two, the kind of row says.
    case 'reply':
      return channels.get(row.credential as AccountId)?.capabilities.idempotent ?? false
    case 'post-card':
      return workplaces.get(row.credential as WorkplaceId)?.capabilities.cardIdempotent ?? false
    case 'note':
    case 'typing':
      return false
    case 'line':
    case 'media':
    case 'update-card':
    case 'fetch-media':
      return true
  }
}

export const isForCustomer = (effect: { do: Effect['do'] }): boolean => effect.do === 'reply'

/** With a new token once at once; a platform that goes on refusing those is left alone for longer each time. */
function delayOf(error: PlatformError | undefined, attempts: number): number | undefined {
  if (error?.next.do === 'retry') return error.next.afterMs
  return error?.next.do === 'refresh-token' && attempts === 0 ? 0 : undefined
}

/** @returns whole milliseconds, as the store keeps them: 500 × 2^attempts, at most 30 s, half to all of it */
export function backoff(attempts: number, random: number): number {
  return Math.round(Math.min(LONGEST_MS, FIRST_MS * 2 ** attempts) * (0.5 + random / 2))
}
