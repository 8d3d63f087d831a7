import type { Desk } from '../domain/desk.ts'
import type { EventId, LaneKey } from '../domain/ids.ts'
import type { Settings } from '../domain/settings.ts'
import type { Committed, Snapshot, Work } from '../ports/store.ts'
import type { ClickAnswer } from '../ports/workplace.ts'
import { Context } from '../router/context.ts'
import type { BotEvent } from '../router/events.ts'
import type { Step } from './lanes.ts'
import { type World, deskOfLane } from './world.ts'

export interface HandlerInput {
  world: World
  bot(ctx: Context): Promise<void>
  /** After each commit, with what it brought about. */
  committed(committed: Committed, ctx: Context): void
  /** What a click or a message of an agent came to. */
  settle(event: EventId, answer: ClickAnswer): void
}

/** Handles one event: load, decide, commit; again from the start when somebody else changed the lane meanwhile. */
export function createHandler(input: HandlerInput): (lane: LaneKey) => Promise<Step> {
  const { world } = input
  return async (lane) => {
    const now = world.clock.now()
    let work: Work | undefined
    try {
      work = await world.store.load(lane, now)
      if (!work) return 'idle'
      await decide(input, work)
      return 'more'
    } catch (error) {
      return work ? await failed(input, lane, work, error) : readFailed(world, error)
    }
  }
}

async function decide(input: HandlerInput, work: Work): Promise<void> {
  const { world } = input
  let snapshot: Snapshot = work.snapshot
  for (;;) {
    const ctx = contextOf(world, work.event, snapshot)
    await input.bot(ctx)
    const { lane, version } = snapshot
    const committed = await world.store.commit(work.event.id, lane, version, ctx.change())
    if (committed.outcome === 'done') {
      input.committed(committed, ctx)
      input.settle(work.event.id, answerOf(ctx))
      return
    }
    const again = await world.store.load(lane, world.clock.now())
    // Handled by somebody else meanwhile.
    if (again?.event.id !== work.event.id) return
    snapshot = again.snapshot
  }
}

function contextOf(world: World, event: BotEvent, snapshot: Snapshot): Context {
  const { settings, store } = world
  const deskId = deskOfLane(settings, snapshot.lane)
  const deskSettings = deskId && settings.desks.get(deskId)
  if (!deskSettings)
    throw new Error(`no desk in the configuration serves lane ${laneKind(snapshot)}`)
  return new Context({
    event,
    now: world.clock.now(),
    desk: servedDesk(store.read.desk(deskSettings.id), settings),
    settings,
    deskSettings,
    contact: snapshot.contact,
    conversation: snapshot.conversation,
    threads: snapshot.threads,
    messages: snapshot.messages,
    read: store.read,
    newId: world.newId,
    random: world.random,
  })
}

/** A workplace that has left the configuration takes its groups along, until it is back. */
function servedDesk(desk: Desk, { workplaces }: Settings): Desk {
  const groups = desk.groups.filter(({ workplace }) => workplaces.has(workplace))
  return groups.length === desk.groups.length ? desk : { ...desk, groups }
}

function answerOf(ctx: Context): ClickAnswer {
  return {
    accepted: ctx.answered?.accepted ?? false,
    ...(ctx.answered?.hint !== undefined && { hint: ctx.answered.hint }),
    ...(ctx.answerCard && { card: ctx.answerCard }),
  }
}

/** The Change is dropped; the event is tried again later, at last parked, so that the lane goes on. */
async function failed(
  input: HandlerInput,
  lane: LaneKey,
  work: Work,
  error: unknown,
): Promise<Step> {
  const { world } = input
  const { id, name } = work.event
  const delay = world.tuning.handlerRetryMs[work.attempts]
  const again = delay === undefined ? undefined : world.clock.now() + delay
  world.log.error({ err: error, event: id, name, attempts: work.attempts + 1 }, 'a handler failed')
  try {
    await world.store.failEvent(id, describe(error), again)
    if (again !== undefined) return { again }
    if (name !== 'thread:parked') await tellParked(world, lane, id)
  } catch (storeError) {
    return readFailed(world, storeError)
  }
  input.settle(id, { accepted: false, hint: '处理出错，已记录，请联系管理员' })
  return 'more'
}

async function tellParked(world: World, lane: LaneKey, parked: EventId): Promise<void> {
  const now = world.clock.now()
  const id = world.newId() as EventId
  const event: BotEvent = { id, lane, name: 'thread:parked', at: now, receivedAt: now, parked }
  await world.store.accept([{ event, source: 'relay', key: `parked/${parked}` }])
}

function readFailed(world: World, error: unknown): Step {
  world.log.error({ err: error }, 'the store failed; trying again in a second')
  return { again: world.clock.now() + 1000 }
}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 500) : 'unknown failure'

const laneKind = ({ lane }: Snapshot): string => lane.slice(0, lane.lastIndexOf('/'))
