import { digestWords } from '#cards/queue.ts'
import { text } from '#cards/elements.ts'
import { isFoldable } from '../domain/change.ts'
import type { EffectId, GroupId, LaneKey } from '../domain/ids.ts'
import type { Pending, Taken } from '../ports/store.ts'
import { outcomeOf } from './outcome.ts'
import { resultEvent } from './result-event.ts'
import type { Target } from './targets.ts'
import type { Windows } from './windows.ts'
import type { World } from './world.ts'

/** Looking costs a walk over all targets, so it is done once a second at most. */
const LOOK_MS = 1000

/** When a group is so far behind that it gets one line a minute for all conversations that nobody holds yet. */
export class Digests {
  readonly #world: World
  /** When a group may be looked at again. */
  readonly #lookAt = new Map<GroupId, number>()

  constructor(world: World) {
    this.#world = world
  }

  /** @returns the rows of this group that a digest is to fold now; none when it is not time for one */
  due(group: GroupId, limits: Windows, all: Iterable<Target>): Pending[] {
    const { clock, tuning } = this.#world
    const now = clock.now()
    if (now < (this.#lookAt.get(group) ?? 0)) return []
    this.#lookAt.set(group, now + LOOK_MS)
    const targets = [...all].filter(({ head }) => head?.group === group)
    const waiting = targets.reduce((sum, { rows }) => sum + rows.length, 0)
    if (limits.backlogMs(waiting, now) <= tuning.digestAfterMs) return []
    const foldable = targets
      .filter(({ busy }) => !busy)
      .flatMap(({ rows }) => rows)
      .filter(isFoldable)
    if (foldable.length < 2) return []
    this.#lookAt.set(group, now + tuning.digestEveryMs)
    return foldable
  }
}

/**
 * Folds what waits for a group into one line: 另有 37 位顾客等待. A message in a digest counts as relayed, and
 * `#marker` shows it in full.
 * @returns the rows that are to be tried again, with when
 */
export async function sendDigest(
  world: World,
  rows: readonly Pending[],
  woken: (lane: LaneKey) => void,
): Promise<Map<EffectId, number>> {
  const taken = await world.store.takeEffects(
    rows.map(({ id }) => id),
    world.clock.now(),
  )
  const [first] = taken
  const problem = first && (await tell(world, first, new Set(taken.map(({ lane }) => lane)).size))
  const again = new Map<EffectId, number>()
  await Promise.all(
    taken.map(async (one) => {
      const result =
        problem === undefined ? ({ state: 'sent' } as const) : outcomeOf(world, one, problem)
      if (result.state === 'retry') again.set(one.effect.id, result.retryAt)
      const event = resultEvent(world, one, result)
      await world.store.finishEffect(one.effect.id, result, world.clock.now(), event)
      if (event) woken(one.lane)
    }),
  )
  return again
}

async function tell(world: World, { effect }: Taken, customers: number): Promise<unknown> {
  if (!('chat' in effect)) return undefined
  const workplace = world.workplaces.get(effect.chat.workplace)
  const words = digestWords(customers)
  try {
    await workplace?.deliver({ do: 'note', chat: effect.chat, title: words, body: [text(words)] })
    return undefined
  } catch (error) {
    return error ?? new Error('the digest could not be delivered')
  }
}
