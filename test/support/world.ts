import type { Effect, EffectBody } from '#src/domain/change.ts'
import { type EffectId, type GroupId, type LaneKey, makeGroupId } from '#src/domain/ids.ts'
import type { Line } from '#src/domain/line.ts'
import type { Log } from '#src/ports/log.ts'
import type { EffectResult, Pending, Store, Taken } from '#src/ports/store.ts'
import type { RelayTuning, World } from '#src/relay/world.ts'
import type { BotEvent } from '#src/router/events.ts'
import { type ManualClock, createManualClock } from './clock.ts'
import { type FakeWorkplace, fakeChannel, fakeWorkplace } from './adapters.ts'
import { DINGTALK, MINUTE, SHOP, shopSettings } from './shop.ts'
import { laneOf } from './stage.ts'

export const quiet: Log = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
} as never

export const tuning: RelayTuning = {
  limits: true,
  lanes: 8,
  callsPerCredential: 4,
  handlerRetryMs: [200, 1000, 3000, 10_000],
  customerRetryMs: MINUTE,
  groupRetryMs: 10 * MINUTE,
  lateAfterMs: 10 * MINUTE,
  maxLinesPerPost: 10,
  digestAfterMs: MINUTE,
  digestEveryMs: MINUTE,
}

/** The rows of an outbox, as a store would keep them. */
export class Rows {
  readonly taken: EffectId[] = []
  readonly ends: { id: EffectId; result: EffectResult; event: BotEvent | undefined }[] = []
  /** Thrown by the calls that follow, while there are any. */
  readonly errors: Error[] = []
  /** Thrown by the writings of results that follow. */
  readonly finishErrors: Error[] = []
  readonly #rows = new Map<
    EffectId,
    { lane: LaneKey; effect: Effect; attempts: number; firstTriedAt: number; isQueued: boolean }
  >()
  #seq = 0

  /** A new row, as a commit returns it. */
  queue(
    body: EffectBody,
    over: Partial<Effect> & { target: string },
    lane = laneOf('anna'),
  ): Pending {
    const id = `E${++this.#seq}` as EffectId
    const core = {
      id,
      priority: 30,
      notBefore: 0,
      expiresAt: Infinity,
      credential: DINGTALK,
      notify: 'all' as const,
      messages: [],
    }
    const effect: Effect = { ...core, ...over, ...body }
    this.#rows.set(id, { lane, effect, attempts: 0, firstTriedAt: 0, isQueued: true })
    const { target, priority, notBefore, expiresAt, credential, group } = effect
    return {
      id,
      seq: this.#seq,
      lane,
      target,
      do: effect.do,
      priority,
      notBefore,
      expiresAt,
      credential,
      attempts: 0,
      firstTriedAt: 0,
      ...(group !== undefined && { group }),
    }
  }

  /** How a row ended so far. */
  states(id: EffectId): string[] {
    return this.ends.filter((end) => end.id === id).map(({ result }) => result.state)
  }

  async take(ids: EffectId[], now: number): Promise<Taken[]> {
    const error = this.errors.shift()
    if (error) throw error
    return ids.flatMap((id) => {
      const row = this.#rows.get(id)
      if (!row?.isQueued) return []
      this.taken.push(id)
      const { lane, effect, attempts } = row
      row.isQueued = false
      row.firstTriedAt ||= now
      row.attempts++
      return [{ lane, effect, attempts, firstTriedAt: row.firstTriedAt }]
    })
  }

  /** As `take`, but leaves the rows queued. */
  async queued(ids: readonly EffectId[]): Promise<Pick<Taken, 'lane' | 'effect'>[]> {
    const error = this.errors.shift()
    if (error) throw error
    return ids.flatMap((id) => {
      const row = this.#rows.get(id)
      if (!row?.isQueued) return []
      this.taken.push(id)
      return [{ lane: row.lane, effect: row.effect }]
    })
  }

  async finish(id: EffectId, result: EffectResult, _now: number, event?: BotEvent): Promise<void> {
    const error = this.finishErrors.shift()
    if (error) throw error
    this.ends.push({ id, result, event })
    this.#rows.get(id)!.isQueued = result.state === 'retry'
  }
}

export interface SmallWorld extends World {
  clock: ManualClock
  rows: Rows
  channel: ReturnType<typeof fakeChannel>
  bot: FakeWorkplace
}

/** A world with one account, one bot and an outbox; the rest of the store is what a test gives. */
export function smallWorld(
  parts: {
    channel?: ReturnType<typeof fakeChannel>
    bot?: FakeWorkplace
    tuning?: Partial<RelayTuning>
    store?: object
    read?: object
  } = {},
): SmallWorld {
  const { channel = fakeChannel(), bot = fakeWorkplace() } = parts
  const rows = new Rows()
  const clock = createManualClock()
  let ids = 0
  const store = {
    takeEffects: (wanted: EffectId[], now: number) => rows.take(wanted, now),
    finishEffect: (...args: Parameters<Rows['finish']>) => rows.finish(...args),
    read: {
      contact: async () => undefined,
      queuedEffects: (wanted: EffectId[]) => rows.queued(wanted),
      ...parts.read,
    },
    ...parts.store,
  }
  return {
    // A test gives those calls of the store that its subject makes.
    store: store as unknown as Store,
    clock,
    log: quiet,
    settings: shopSettings(),
    channels: new Map([[SHOP, channel]]),
    workplaces: new Map([[bot.id, bot]]),
    // No test here keeps files.
    media: {} as World['media'],
    maxMediaBytes: 1000,
    tuning: { ...tuning, ...parts.tuning },
    newId: () => `N${++ids}`,
    random: () => 1,
    rows,
    channel,
    bot,
  }
}

export const someGroup = (chat = 'g1'): GroupId => makeGroupId(DINGTALK, chat)

export const aLine = (text: string, chat = 'g1'): EffectBody => {
  const line: Line = { marker: '〔#7KQ8HB·1〕', who: '客户', from: 'customer', text }
  return { do: 'line', chat: { kind: 'group', workplace: DINGTALK, id: chat }, line }
}

export const aReply = (text: string): EffectBody => ({
  do: 'reply',
  to: 'anna',
  content: { kind: 'text', text },
})

export const aNote = (title: string, chat = 'g1'): EffectBody => ({
  do: 'note',
  chat: { kind: 'group', workplace: DINGTALK, id: chat },
  title,
  body: [],
})
