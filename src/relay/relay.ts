import type { AccountId, LaneKey, WorkplaceId } from '../domain/ids.ts'
import { makeGroupId } from '../domain/ids.ts'
import type { Incoming } from '../ports/channel.ts'
import type { Pending, Recovery, Taken } from '../ports/store.ts'
import type { Context } from '../router/context.ts'
import { Deadlines } from './deadlines.ts'
import { createHandler } from './handle.ts'
import { Inbox } from './inbox.ts'
import { Lanes } from './lanes.ts'
import { Outbox } from './outbox.ts'
import { mayRepeat } from './outcome.ts'
import type { World } from './world.ts'

/** The loop: inbox → lanes → handlers → Change → outbox, over one store. */
export class Relay {
  readonly #world: World
  readonly #lanes: Lanes
  readonly #inbox: Inbox
  readonly #outbox: Outbox
  readonly #deadlines: Deadlines
  #cancelHousekeeping: (() => void) | undefined

  constructor(world: World, bot: (ctx: Context) => Promise<void>) {
    this.#world = world
    const wake = (lane: LaneKey): void => this.#lanes.wake(lane)
    this.#outbox = new Outbox(world, wake)
    const { store, clock, log, newId } = world
    this.#deadlines = new Deadlines({ store, clock, log, newId, wake })
    const step = createHandler({
      world,
      bot,
      committed: (committed, ctx) => {
        this.#outbox.committed(committed)
        this.#deadlines.set(ctx.change().deadlines)
        for (const lane of committed.woken) this.#lanes.wake(lane)
      },
      settle: (event, answer) => this.#inbox.settle(event, answer),
    })
    this.#lanes = new Lanes({ clock, step, width: world.tuning.lanes })
    this.#inbox = new Inbox(world, this.#lanes)
  }

  /** Takes up what the last process left, then opens the connections. */
  async start(): Promise<void> {
    const recovery = await this.#world.store.recover(this.#world.clock.now())
    for (const channel of this.#world.channels.values()) await channel.start()
    await this.#takeUp(recovery)
    await this.#deadlines.start()
    for (const workplace of this.#world.workplaces.values())
      await workplace.start(
        this.#inbox.forWorkplace((chat) => {
          const group = chat?.kind === 'group' ? makeGroupId(chat.workplace, chat.id) : undefined
          this.#outbox.reachable(workplace.id, group)
        }),
      )
    this.#keepHouse()
  }

  /** Finishes what is under way and begins nothing new; the rest is on disk. */
  async stop(): Promise<void> {
    this.#cancelHousekeeping?.()
    this.#deadlines.stop()
    await this.#lanes.stop()
    await this.#outbox.stop()
    const adapters = [...this.#world.workplaces.values(), ...this.#world.channels.values()]
    await Promise.all(adapters.map((adapter) => adapter.stop()))
  }

  /** Events of a verified request; resolves once they are committed. */
  accept(account: AccountId, incoming: readonly Incoming[]): Promise<void> {
    return this.#inbox.fromChannel(account, incoming)
  }

  /** A parked event, or all of them, back into the inbox. */
  async replayEvent(id: string): Promise<boolean> {
    // An operator's word: the store knows whether there is such an event.
    const lane = await this.#world.store.replayEvent(id as never, this.#world.clock.now())
    if (lane !== undefined) this.#lanes.wake(lane)
    return lane !== undefined
  }

  /** A dead letter back into the outbox. */
  async replayEffect(id: string): Promise<boolean> {
    const now = this.#world.clock.now()
    const row = await this.#world.store.replayEffect(id as never, now, now + REPLAY_MS)
    if (row) this.#outbox.add(row)
    return row !== undefined
  }

  backlog(): Map<AccountId | WorkplaceId, number> {
    return this.#outbox.backlog()
  }

  async #takeUp({ lanes, pending, interrupted, retries }: Recovery): Promise<void> {
    const { log } = this.#world
    const lost: Taken[] = []
    const again: Pending[] = []
    for (const taken of interrupted) {
      const row = await this.#putBack(taken)
      if (row) again.push(row)
      else lost.push(taken)
    }
    // What was cut off stands before all that waits behind it, and both before whatever a lane decides from now on.
    for (const row of [...again, ...pending]) this.#outbox.add(row)
    for (const taken of lost)
      await this.#outbox.finish(taken, { state: 'unknown', code: 'relay.interrupted' })
    for (const { lane, at } of retries) this.#lanes.wakeAt(lane, at)
    for (const lane of lanes) this.#lanes.wake(lane)
    const counts = { lanes: lanes.length, queued: pending.length, interrupted: interrupted.length }
    log.info(counts, 'took up what the last process left')
  }

  /** Nobody knows whether it arrived: again where a repetition cannot harm, else the holder decides. */
  async #putBack({ effect }: Taken): Promise<Pending | undefined> {
    if (!mayRepeat(this.#world, effect)) return undefined
    return this.#world.store.replayEffect(effect.id, this.#world.clock.now(), effect.expiresAt)
  }

  #keepHouse(): void {
    const { clock, store, log } = this.#world
    this.#cancelHousekeeping = clock.at(clock.now() + HOUSEKEEPING_MS, () => {
      store
        .prune(clock.now())
        .catch((error: unknown) => log.error({ err: error }, 'could not prune'))
      this.#keepHouse()
    })
  }
}

const REPLAY_MS = 24 * 3600_000
const HOUSEKEEPING_MS = 10 * 60_000
