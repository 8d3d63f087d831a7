import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { deskId, type EffectId, type EventId } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import { Refusal } from '../ports/errors.ts'
import type { Check, Health } from '../ports/health.ts'
import type { Store } from '../ports/store.ts'
import { command, type ControlCommands } from './control.ts'

export interface CommandSources {
  store: Pick<Store, 'putBindCode' | 'read'>
  clock: Clock
  /** Desks of the configuration, id → name. */
  desks: ReadonlyMap<string, string>
  /** Accounts and workplaces by name; empty while only the store is open. */
  health: () => Iterable<[name: string, health: Health]>
  /** Puts a parked event back into the inbox; false when there is none such. */
  replayEvent: (id: EventId) => Promise<boolean>
  /** Puts a dead letter back into the outbox. */
  replayEffect: (id: EffectId) => Promise<boolean>
  doctor: (options: { live: boolean }) => Promise<Check[]>
  version: string
  /** Epoch milliseconds; undefined when the commands run without the service. */
  startedAt?: number
  /** What the service can be reached at. */
  addresses?: readonly string[]
}

const BIND_CODE_LIFE_MS = 10 * 60_000
/** Without 0 O 1 I L, which people mistype. */
const BIND_ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const LIST_LIMIT = 200
/** More than an operator ever pages through. */
const DEAD_SEARCHED = 100_000

const nothing = z.strictObject({})
const one = z.strictObject({ id: z.string().min(1).max(64) })

/** The operator's commands, the same whether they come over the socket or run on a store that nobody else holds. */
export function createCommands(sources: CommandSources): ControlCommands {
  const { store } = sources
  return {
    status: command(nothing, () => status(sources)),
    bind: command(z.strictObject({ desk: z.string() }), ({ desk }) => bind(sources, desk)),
    ledger: command(nothing, () => store.read.ledger()),
    'dead.list': command(nothing, () => store.read.deadEffects(LIST_LIMIT)),
    // An id typed by the operator; the store answers whether there is such a row.
    'dead.replay': command(one, ({ id }) => replayDead(sources, id as EffectId)),
    'dead.replay-all': command(nothing, () => replayAllDead(sources)),
    'parked.list': command(nothing, () => store.read.parkedEvents(LIST_LIMIT)),
    'parked.replay': command(one, ({ id }) => replayed(sources.replayEvent(id as EventId))),
    'parked.replay-all': command(nothing, () => replayAllParked(sources)),
    doctor: command(z.strictObject({ live: z.boolean().default(false) }), (options) =>
      sources.doctor(options),
    ),
  }
}

async function status(sources: CommandSources): Promise<object> {
  const { version, startedAt, addresses = [], store, desks, clock } = sources
  return {
    version,
    running: startedAt !== undefined,
    upMs: startedAt === undefined ? 0 : clock.now() - startedAt,
    addresses,
    health: [...sources.health()].map(([name, { state, detail }]) => ({ name, state, detail })),
    desks: [...desks].map(([id, name]) => ({
      id,
      name,
      groups: store.read.desk(deskId(id)).groups.map(({ workplace }) => workplace),
    })),
    counts: await store.read.counts(),
  }
}

async function bind({ store, clock, desks }: CommandSources, desk: string): Promise<object> {
  if (!desks.has(desk)) {
    const known = [...desks.keys()].join('、')
    throw new Refusal('bind.unknown_desk', 404, `没有服务台 ${desk}；配置里有：${known}`)
  }
  const code = Array.from({ length: 8 }, () => BIND_ALPHABET[randomInt(BIND_ALPHABET.length)]).join(
    '',
  )
  const expiresAt = clock.now() + BIND_CODE_LIFE_MS
  await store.putBindCode(code, deskId(desk), expiresAt)
  return { code, expiresAt }
}

async function replayed(replaying: Promise<boolean>): Promise<object> {
  if (await replaying) return { replayed: 1 }
  throw new Refusal('replay.unknown', 404, '没有这一条，可能已经重发过；请先用 list 查看')
}

/** All listed posts into groups that failed for certain. An uncertain one may have arrived: a person decides on it, by its id. */
async function replayAllDead({ store, replayEffect }: CommandSources): Promise<object> {
  const dead = await store.read.deadEffects(LIST_LIMIT)
  const posts = dead.filter((row) => row.do !== 'reply')
  const certain = posts.filter(({ state }) => state === 'failed')
  const done = await countDone(
    certain.map(
      ({ id }) =>
        () =>
          replayEffect(id),
    ),
  )
  return { replayed: done, uncertain: posts.length - certain.length }
}

async function replayAllParked({ store, replayEvent }: CommandSources): Promise<object> {
  const parked = await store.read.parkedEvents(LIST_LIMIT)
  return {
    replayed: await countDone(
      parked.map(
        ({ id }) =>
          () =>
            replayEvent(id),
      ),
    ),
  }
}

/** Towards a customer only the holder sends again, through the door: what was said then may be wrong or known by now. */
async function replayDead({ store, replayEffect }: CommandSources, id: EffectId): Promise<object> {
  const dead = await store.read.deadEffects(DEAD_SEARCHED)
  if (dead.find((row) => row.id === id)?.do === 'reply')
    throw new Refusal(
      'replay.reply',
      409,
      '这是给顾客的回复，不能在这里重发；请接待人在卡片上点“再发一次”，或重新回复',
    )
  return replayed(replayEffect(id))
}

async function countDone(steps: (() => Promise<boolean>)[]): Promise<number> {
  let done = 0
  for (const step of steps) if (await step()) done += 1
  return done
}
