import type { AccountId, GroupId, WorkplaceId } from '../domain/ids.ts'
import { Windows } from './windows.ts'
import type { World } from './world.ts'

/** The rate limits of every account, bot and group, as their adapters tell them; made when first asked for. */
export class Limits {
  readonly #world: World
  readonly #ofCredential = new Map<AccountId | WorkplaceId, Windows>()
  readonly #ofGroup = new Map<GroupId, Windows>()

  constructor(world: World) {
    this.#world = world
  }

  ofCredential(credential: AccountId | WorkplaceId): Windows {
    let windows = this.#ofCredential.get(credential)
    if (windows) return windows
    const { channels, workplaces, clock } = this.#world
    // A credential is the key of an account or of a workplace, never of both.
    const perSecond = channels.get(credential as AccountId)?.capabilities.sendsPerSecond
    const limits =
      perSecond === undefined
        ? (workplaces.get(credential as WorkplaceId)?.capabilities.credentialLimits ?? [])
        : [{ count: Math.max(1, Math.floor(perSecond)), perMs: 1000 }]
    windows = new Windows(limits, clock.now())
    this.#ofCredential.set(credential, windows)
    return windows
  }

  ofGroup(group: GroupId, credential: AccountId | WorkplaceId): Windows {
    let windows = this.#ofGroup.get(group)
    if (windows) return windows
    const { workplaces, clock } = this.#world
    // Only workplaces have groups.
    const limits = workplaces.get(credential as WorkplaceId)?.capabilities.groupLimits ?? []
    windows = new Windows(limits, clock.now())
    this.#ofGroup.set(group, windows)
    return windows
  }
}
