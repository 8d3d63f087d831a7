import type { AccountId, EffectId, GroupId, LaneKey, WorkplaceId } from '../domain/ids.ts'
import type { Committed, EffectResult, Pending, Taken } from '../ports/store.ts'
import { Digests, sendDigest } from './digest.ts'
import { Limits } from './limits.ts'
import { type Performed, perform } from './perform.ts'
import { mayRepeat, outcomeOf } from './outcome.ts'
import { resultEvent } from './result-event.ts'
import { ReadyList, Target } from './targets.ts'
import { Waits } from './waits.ts'
import type { World } from './world.ts'

type Credential = AccountId | WorkplaceId

/** Calls under way and targets that wait, of one account or workplace. */
interface Gate {
  ready: ReadyList
  underWay: number
  cancelTimer?: (() => void) | undefined
}

/** Sends what the Changes decided: in order per target, side by side otherwise, within the platforms' limits. */
export class Outbox {
  readonly #world: World
  readonly #woken: (lane: LaneKey) => void
  readonly #targets = new Map<string, Target>()
  readonly #gates = new Map<Credential, Gate>()
  readonly #limits: Limits
  readonly #waits: Waits
  readonly #targetOf = new Map<EffectId, Target>()
  readonly #digests: Digests
  #stopping = false
  #underWay = 0
  #idle: (() => void) | undefined

  constructor(world: World, woken: (lane: LaneKey) => void) {
    this.#world = world
    this.#woken = woken
    this.#limits = new Limits(world)
    this.#digests = new Digests(world)
    this.#waits = new Waits(world.clock, (targets) => this.#offerAll(targets))
  }

  /** After a commit: its new rows, and those that they replaced. */
  committed({ pending, superseded }: Pick<Committed, 'pending' | 'superseded'>): void {
    for (const id of superseded) this.#forget(id)
    for (const row of pending) this.add(row)
  }

  add(row: Pending): void {
    let target = this.#targets.get(row.target)
    if (!target) this.#targets.set(row.target, (target = new Target(row.target)))
    target.add(row)
    this.#targetOf.set(row.id, target)
    this.#offer(target)
  }

  /** A connection is up again, or somebody wrote in a chat: what waited for it is tried at once. */
  reachable(credential: Credential, group?: GroupId): void {
    for (const target of this.#targets.values()) {
      const head = target.head
      if (head?.credential !== credential || target.busy) continue
      if (head.attempts === 0 || (group !== undefined && head.group !== group)) continue
      head.notBefore = 0
      this.#offer(target)
    }
    const gate = this.#gates.get(credential)
    if (gate) this.#pump(gate, credential)
  }

  /** Rows not yet sent, per credential. */
  backlog(): Map<Credential, number> {
    const counts = new Map<Credential, number>()
    for (const { rows } of this.#targets.values())
      for (const { credential } of rows) counts.set(credential, (counts.get(credential) ?? 0) + 1)
    return counts
  }

  /** Begins no further call and waits for those under way. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const { cancelTimer } of this.#targets.values()) cancelTimer?.()
    for (const gate of this.#gates.values()) gate.cancelTimer?.()
    this.#waits.stop()
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#idle = resolve))
  }

  /** All of them before any is sent, so that precedence decides and not their order here. */
  #offerAll(targets: readonly Target[]): void {
    const credentials = new Set(targets.flatMap((target) => this.#list(target) ?? []))
    for (const credential of credentials) this.#pump(this.#gateOf(credential), credential)
  }

  #offer(target: Target): void {
    this.#offerAll([target])
  }

  /** Lists a target whose head may go now and says whose it is, or sets a timer for when it may. */
  #list(target: Target): Credential | undefined {
    const { head } = target
    if (this.#stopping || !head || target.busy || target.listed) return undefined
    target.cancelTimer?.()
    target.cancelTimer = undefined
    const dueAt = target.dueAt()
    if (dueAt > this.#world.clock.now()) {
      target.cancelTimer = this.#world.clock.at(dueAt, () => this.#offer(target))
      return undefined
    }
    this.#gateOf(head.credential).ready.push(target)
    return head.credential
  }

  #pump(gate: Gate, credential: Credential): void {
    while (!this.#stopping && gate.underWay < this.#world.tuning.callsPerCredential) {
      if (!this.#mayCall(gate, credential)) return
      const target = gate.ready.shift()
      if (!target) return
      if (!target.head || !this.#groupAllows(target, target.head)) continue
      if (this.#world.tuning.limits && this.#isCall(target.head))
        this.#limits.ofCredential(credential).take(this.#world.clock.now())
      target.busy = true
      gate.underWay++
      this.#underWay++
      void this.#send(target, gate, credential)
    }
  }

  /** Nothing is tried while a workplace is away or the credential's bucket is empty. */
  #mayCall(gate: Gate, credential: Credential): boolean {
    if (gate.ready.size === 0) return false
    if (this.#world.workplaces.get(credential as WorkplaceId)?.available() === false) return false
    const { tuning, clock } = this.#world
    const wait = tuning.limits ? this.#limits.ofCredential(credential).waitMs(clock.now()) : 0
    if (wait > 0) this.#pumpIn(gate, credential, wait)
    return wait === 0
  }

  #pumpIn(gate: Gate, credential: Credential, wait: number): void {
    if (gate.cancelTimer) return
    const { clock } = this.#world
    gate.cancelTimer = clock.at(clock.now() + wait, () => {
      gate.cancelTimer = undefined
      this.#pump(gate, credential)
    })
  }

  /** A group whose bucket is empty waits by itself; the other groups of the bot go on. */
  #groupAllows(target: Target, { group, credential }: Pending): boolean {
    if (!group || !this.#world.tuning.limits || target.head?.do === 'update-card') return true
    const now = this.#world.clock.now()
    const limits = this.#limits.ofGroup(group, credential)
    const wait = limits.take(now, postsOf(target.head))
    if (wait === 0) return true
    const foldable = this.#digests.due(group, limits, this.#targets.values())
    if (foldable.length > 0) void this.#digest(foldable)
    this.#waits.add(group, target, now + wait)
    return false
  }

  async #digest(rows: Pending[]): Promise<void> {
    this.#underWay++
    for (const { id } of rows) this.#forget(id)
    try {
      const again = await sendDigest(this.#world, rows, this.#woken)
      for (const row of rows) {
        const notBefore = again.get(row.id)
        if (notBefore !== undefined) this.add({ ...row, notBefore, attempts: row.attempts + 1 })
      }
    } catch (error) {
      this.#storeFailed(error)
      // Whatever was taken all the same is left out by the next taking.
      for (const row of rows) this.add({ ...row, notBefore: this.#world.clock.now() + PAUSE_MS })
    }
    this.#underWay--
    if (this.#underWay === 0) this.#idle?.()
  }

  #storeFailed(error: unknown): void {
    this.#world.log.error({ err: error }, 'the outbox could not write; going on in a second')
  }

  async #send(target: Target, gate: Gate, credential: Credential): Promise<void> {
    const rows = this.#together(target)
    try {
      const taken = await this.#take(rows)
      for (const row of rows) this.#forget(row.id)
      const [first, ...others] = taken
      if (first) await this.#call(target, [first, ...others], rows)
    } catch (error) {
      // Whatever the store had taken is found as interrupted after a restart.
      this.#storeFailed(error)
      target.notBefore = this.#world.clock.now() + PAUSE_MS
    }
    target.busy = false
    gate.underWay--
    this.#underWay--
    this.#offer(target)
    this.#letGo(target)
    this.#pump(gate, credential)
    if (this.#underWay === 0) this.#idle?.()
  }

  /** Marks rows `sending` before the call, unless a crash in the middle may simply send them again. */
  async #take(rows: readonly Pending[]): Promise<Taken[]> {
    const { store, clock } = this.#world
    const ids = rows.map(({ id }) => id)
    const [head] = rows
    if (!head || !mayRepeat(this.#world, head)) return store.takeEffects(ids, clock.now())
    const queued = await store.read.queuedEffects(ids)
    return queued.map(({ lane, effect }) => {
      const { attempts, firstTriedAt } = rows.find(({ id }) => id === effect.id) ?? head
      return { lane, effect, attempts, firstTriedAt }
    })
  }

  /** The head, with the lines behind it that may leave in the same message. */
  #together(target: Target): Pending[] {
    const [head, ...rest] = target.rows
    if (!head) return []
    if (head.do !== 'line') return [head]
    const now = this.#world.clock.now()
    const isOver = (row: Pending): boolean => row.expiresAt < now
    const end = rest.findIndex(
      (row) => row.do !== 'line' || row.notBefore > now || isOver(row) !== isOver(head),
    )
    const lines = [head, ...(end < 0 ? rest : rest.slice(0, end))]
    return lines.slice(0, this.#world.tuning.limits ? this.#world.tuning.maxLinesPerPost : 1)
  }

  async #call(target: Target, taken: [Taken, ...Taken[]], rows: Pending[]): Promise<void> {
    const { clock } = this.#world
    const expired = taken[0].effect.expiresAt < clock.now()
    let done: Performed = {}
    let problem: unknown
    if (!expired)
      try {
        done = await perform(this.#world, taken)
      } catch (error) {
        problem = error
      }
    this.#keepGap(target, taken[0])
    await Promise.all(
      taken.map((one) => {
        const row = rows.find(({ id }) => id === one.effect.id)
        return this.#finishSurely(one, resultOf(this.#world, one, { expired, done, problem }), row)
      }),
    )
  }

  /** Until it is written, or the next start finds it: a result that is lost would leave the row where it is for ever. */
  async #finishSurely(taken: Taken, result: EffectResult, row?: Pending): Promise<void> {
    while (!this.#stopping)
      try {
        return await this.finish(taken, result, row)
      } catch (error) {
        this.#storeFailed(error)
        await new Promise<void>((resolve) => {
          this.#world.clock.at(this.#world.clock.now() + PAUSE_MS, resolve)
        })
      }
    return this.finish(taken, result, row)
  }

  /**
   * Writes how a send ended, with the event that tells it.
   * @param row goes back to its place when the send is tried again
   */
  async finish(taken: Taken, result: EffectResult, row?: Pending): Promise<void> {
    const { store, clock } = this.#world
    const { effect, lane, attempts } = taken
    const now = clock.now()
    if (result.state !== 'sent') this.#note(taken, result)
    const event = resultEvent(this.#world, taken, result)
    await store.finishEffect(effect.id, result, now, event)
    if (event) this.#woken(lane)
    if (result.state !== 'retry' || !row) return
    const firstTriedAt = taken.firstTriedAt || now
    this.add({ ...row, notBefore: result.retryAt, attempts: attempts + 1, firstTriedAt })
  }

  #note({ effect, attempts }: Taken, result: Exclude<EffectResult, { state: 'sent' }>): void {
    const { state, code } = result
    this.#world.log.warn(
      { effect: effect.id, do: effect.do, state, code, attempts },
      'a send did not go through',
    )
    if (code.endsWith('rate_limited') && effect.group)
      this.#limits.ofGroup(effect.group, effect.credential).drain(this.#world.clock.now())
  }

  /** Posts of one thread, and updates of one card, keep their distance; what comes meanwhile leaves together. */
  #keepGap(target: Target, { effect }: Taken): void {
    if (!this.#world.tuning.limits || !('chat' in effect)) return
    const can = this.#world.workplaces.get(effect.chat.workplace)?.capabilities
    const gap =
      effect.do === 'line' ? can?.lineGapMs : effect.do === 'update-card' ? can?.cardGapMs : 0
    target.notBefore = this.#world.clock.now() + (gap ?? 0)
  }

  #forget(id: EffectId): void {
    const target = this.#targetOf.get(id)
    target?.drop(id)
    this.#targetOf.delete(id)
    if (target) this.#letGo(target)
  }

  /** Forgets an empty target, but not before its gap is over: what comes meanwhile has to keep the distance. */
  #letGo(target: Target): void {
    if (target.rows.length > 0 || target.busy || this.#stopping) return
    target.cancelTimer?.()
    target.cancelTimer = undefined
    const { clock } = this.#world
    if (target.notBefore <= clock.now()) this.#targets.delete(target.key)
    else target.cancelTimer = clock.at(target.notBefore, () => this.#letGo(target))
  }

  /** Downloads draw on no sending limit. */
  #isCall(row: Pending): boolean {
    return row.do !== 'fetch-media'
  }

  #gateOf(credential: Credential): Gate {
    let gate = this.#gates.get(credential)
    if (!gate) this.#gates.set(credential, (gate = { ready: new ReadyList(), underWay: 0 }))
    return gate
  }
}

/** How long nothing is tried after the store has failed. */
const PAUSE_MS = 1000

/** A file and its caption are two messages. */
const postsOf = (row: Pending | undefined): number => (row?.do === 'media' ? 2 : 1)

function resultOf(
  world: World,
  taken: Taken,
  call: { expired: boolean; done: Performed; problem: unknown },
): EffectResult {
  if (call.expired) return { state: 'failed', reason: 'expired', code: 'relay.expired' }
  if (call.problem !== undefined) return outcomeOf(world, taken, call.problem)
  return { state: 'sent', ...call.done }
}
