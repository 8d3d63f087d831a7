import { describe, expect, it } from 'vitest'
import type { Pending } from '#src/ports/store.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { Outgoing } from '#src/ports/channel.ts'
import type { Delivery } from '#src/ports/workplace.ts'
import { priority } from '#src/domain/change.ts'
import { Outbox } from '#src/relay/outbox.ts'
import { fakeChannel, fakeWorkplace } from '#test/support/adapters.ts'
import { DINGTALK, MINUTE, SECOND, SHOP } from '#test/support/shop.ts'
import { laneOf } from '#test/support/stage.ts'
import {
  type SmallWorld,
  aLine,
  aNote,
  aReply,
  smallWorld,
  someGroup,
} from '#test/support/world.ts'

function outbox(parts: Parameters<typeof smallWorld>[0] = {}) {
  const world = smallWorld(parts)
  const woken: string[] = []
  const box = new Outbox(world, (lane) => woken.push(lane))
  /** Queues rows as one commit would. */
  const commit = async (...pending: Pending[]): Promise<void> => {
    box.committed({ pending, superseded: [] })
    await world.clock.advance(0)
  }
  return { world, box, woken, commit }
}

const lineRow = (
  world: SmallWorld,
  text: string,
  over: { chat?: string; of?: string; group?: boolean; priority?: number; expiresAt?: number } = {},
): Pending => {
  const { chat = 'g1', of = 'anna', group = false, ...rest } = over
  return world.rows.queue(aLine(text, chat), {
    target: `lines/${of}/${chat}`,
    ...(group && { group: someGroup(chat) }),
    ...rest,
  })
}
const replyRow = (
  world: SmallWorld,
  text: string,
  over: { of?: string; expiresAt?: number } = {},
): Pending => {
  const { of = 'anna', ...rest } = over
  return world.rows.queue(aReply(text), {
    target: `customer/${of}`,
    credential: SHOP,
    priority: priority.reply,
    messages: [],
    ...rest,
  })
}

const saidIn = (all: readonly Delivery[]): string[][] =>
  all.map((one) => (one.do === 'lines' ? one.lines.map(({ text }) => text) : [one.do]))
const wordsTo = (all: readonly Outgoing[]): string[] =>
  all.map(({ content }) => (content.kind === 'text' ? content.text : content.kind))

const certain = (code = 'x.down', next: PlatformError['next'] = { do: 'retry' }): PlatformError =>
  new PlatformError(code, 'down', { delivered: 'no', next })
const perhaps = (): PlatformError =>
  new PlatformError('x.lost', 'no answer', { delivered: 'unknown', next: { do: 'retry' } })

describe('what is queued', () => {
  it('is taken before it is sent, and settled after', async () => {
    const { world, commit, woken } = outbox()
    world.channel.calls.held = true
    const row = replyRow(world, '在的')
    await commit(row)
    expect(world.rows.taken).toEqual([row.id])
    expect(world.rows.ends).toEqual([])
    world.channel.calls.open[0]!.end()
    await world.clock.advance(0)
    expect(world.rows.ends).toMatchObject([
      { id: row.id, result: { state: 'sent' }, event: { name: 'delivery:sent' } },
    ])
    expect(woken).toEqual([laneOf('anna')])
  })

  it('goes out in order within one target, the next only when the one before has ended', async () => {
    const { world, commit } = outbox()
    world.channel.calls.held = true
    await commit(replyRow(world, '一'), replyRow(world, '二'))
    expect(wordsTo(world.channel.calls.all)).toEqual(['一'])
    world.channel.calls.open[0]!.end()
    await world.clock.advance(0)
    expect(wordsTo(world.channel.calls.all)).toEqual(['一', '二'])
  })

  it('goes out side by side for different ones, as many as the setting allows', async () => {
    const { world, commit } = outbox({ tuning: { callsPerCredential: 2 } })
    world.channel.calls.held = true
    await commit(
      replyRow(world, 'a', { of: 'anna' }),
      replyRow(world, 'b', { of: 'bella' }),
      replyRow(world, 'c', { of: 'cleo' }),
    )
    expect(wordsTo(world.channel.calls.all)).toEqual(['a', 'b'])
    world.channel.calls.open[1]!.end()
    await world.clock.advance(0)
    expect(wordsTo(world.channel.calls.all)).toEqual(['a', 'b', 'c'])
  })

  it('is not sent when a newer drawing has replaced it', async () => {
    const { world, box } = outbox()
    world.bot.up = false
    const old = lineRow(world, '旧')
    box.committed({ pending: [old], superseded: [] })
    box.committed({ pending: [lineRow(world, '新')], superseded: [old.id] })
    world.bot.up = true
    box.reachable(DINGTALK)
    await world.clock.advance(0)
    expect(saidIn(world.bot.calls.all)).toEqual([['新']])
    expect(box.backlog().size).toBe(0)
  })

  it('waits for its own time', async () => {
    const { world, commit } = outbox()
    const row = world.rows.queue(aReply('later'), {
      target: 't',
      credential: SHOP,
      notBefore: world.clock.now() + 500,
    })
    await commit(row)
    await world.clock.advance(499)
    expect(world.channel.calls.all).toEqual([])
    await world.clock.advance(1)
    expect(wordsTo(world.channel.calls.all)).toEqual(['later'])
  })
})

describe('a certain failure', () => {
  it('towards a customer is tried again for a minute, then told', async () => {
    const { world, commit } = outbox()
    world.channel.calls.errors.push(...Array.from({ length: 50 }, () => certain()))
    const row = replyRow(world, '在的')
    await commit(row)
    const started = world.clock.now()
    while (world.rows.states(row.id).at(-1) === 'retry') await world.clock.advance(SECOND)
    expect(world.clock.now() - started).toBeLessThanOrEqual(MINUTE)
    expect(world.rows.states(row.id).length).toBeGreaterThan(5)
    expect(world.rows.ends.at(-1)).toMatchObject({
      result: { state: 'failed', reason: 'unreachable', code: 'x.down' },
      event: { name: 'delivery:failed', reason: 'unreachable' },
    })
  })

  it('towards a group is tried again for ten minutes', async () => {
    const { world, commit } = outbox()
    world.bot.calls.errors.push(...Array.from({ length: 100 }, () => certain()))
    const row = lineRow(world, '在吗')
    await commit(row)
    await world.clock.advance(9 * MINUTE)
    expect(world.rows.states(row.id).at(-1)).toBe('retry')
    await world.clock.advance(2 * MINUTE)
    expect(world.rows.states(row.id).at(-1)).toBe('failed')
  })

  it('holds those behind it until it is through', async () => {
    const { world, commit } = outbox()
    world.channel.calls.errors.push(certain())
    await commit(replyRow(world, '一'), replyRow(world, '二'))
    expect(wordsTo(world.channel.calls.all)).toEqual(['一'])
    await world.clock.advance(500)
    expect(wordsTo(world.channel.calls.all)).toEqual(['一', '一', '二'])
  })

  it('is tried again when the platform says', async () => {
    const { world, commit } = outbox()
    world.channel.calls.errors.push(certain('x.busy', { do: 'retry', afterMs: 7000 }))
    await commit(replyRow(world, '一'))
    await world.clock.advance(6999)
    expect(world.channel.calls.all).toHaveLength(1)
    await world.clock.advance(1)
    expect(world.channel.calls.all).toHaveLength(2)
  })

  it('that will never go away is told at once', async () => {
    const { world, commit } = outbox()
    world.channel.calls.errors.push(certain('x.closed', { do: 'give-up', reason: 'window-closed' }))
    const row = replyRow(world, '一')
    await commit(row)
    expect(world.rows.states(row.id)).toEqual(['failed'])
    expect(world.rows.ends[0]).toMatchObject({ event: { reason: 'window-closed' } })
  })

  it('of the token is tried at once with a new one, and then ever later', async () => {
    const { world, commit } = outbox()
    const expired = (): PlatformError => certain('x.token', { do: 'refresh-token' })
    world.channel.calls.errors.push(...Array.from({ length: 50 }, expired))
    await commit(replyRow(world, '一'))
    await world.clock.advance(0)
    expect(world.channel.calls.all).toHaveLength(2)
    await world.clock.advance(MINUTE)
    expect(world.channel.calls.all.length).toBeLessThan(12)
  })

  it('is the end of what has come too late', async () => {
    const { world, commit } = outbox()
    const row = replyRow(world, '一', { expiresAt: world.clock.now() - 1 })
    await commit(row)
    expect(world.channel.calls.all).toEqual([])
    expect(world.rows.ends[0]).toMatchObject({ result: { state: 'failed', reason: 'expired' } })
  })
})

describe('an uncertain failure', () => {
  it('is left to the holder where a repetition may double it', async () => {
    const { world, commit } = outbox()
    world.channel.calls.errors.push(perhaps())
    const row = replyRow(world, '一')
    await commit(row)
    await world.clock.advance(MINUTE)
    expect(world.rows.states(row.id)).toEqual(['unknown'])
    expect(world.channel.calls.all).toHaveLength(1)
    expect(world.rows.ends[0]).toMatchObject({ event: { name: 'delivery:unknown' } })
  })

  it('is tried again with the same id where the platform recognises it', async () => {
    const { world, commit } = outbox({ channel: fakeChannel({ idempotent: true }) })
    world.channel.calls.errors.push(perhaps())
    const row = replyRow(world, '一')
    await commit(row)
    await world.clock.advance(500)
    expect(world.channel.calls.all.map(({ idempotencyKey }) => idempotencyKey)).toEqual([
      row.id,
      row.id,
    ])
    expect(world.rows.states(row.id)).toEqual(['retry', 'sent'])
  })

  it('of a numbered line is tried again: a double is seen to be one', async () => {
    const { world, commit } = outbox()
    world.bot.calls.errors.push(perhaps())
    const row = lineRow(world, '在吗')
    await commit(row)
    await world.clock.advance(2000)
    expect(world.rows.states(row.id)).toEqual(['retry', 'sent'])
  })

  it('of a note is not', async () => {
    const { world, commit } = outbox()
    world.bot.calls.errors.push(perhaps())
    const row = world.rows.queue(aNote('帮助'), { target: 'chat' })
    await commit(row)
    await world.clock.advance(MINUTE)
    expect(world.rows.states(row.id)).toEqual(['unknown'])
  })

  it('is also one that nobody planned for', async () => {
    const { world, commit } = outbox()
    world.channel.calls.errors.push(new TypeError('boom'))
    const row = replyRow(world, '一')
    await commit(row)
    expect(world.rows.ends[0]).toMatchObject({
      result: { state: 'unknown', code: 'relay.unexpected' },
    })
  })
})

describe('lines of one thread', () => {
  it('leave at once, and those of the next two seconds together', async () => {
    const { world, commit } = outbox()
    await commit(lineRow(world, '一'))
    await commit(lineRow(world, '二'))
    await world.clock.advance(1000)
    await commit(lineRow(world, '三'))
    expect(saidIn(world.bot.calls.all)).toEqual([['一']])
    await world.clock.advance(1000)
    expect(saidIn(world.bot.calls.all)).toEqual([['一'], ['二', '三']])
  })

  it('are each settled by itself', async () => {
    const { world, commit } = outbox()
    await commit(lineRow(world, '一'))
    const [two, three] = [lineRow(world, '二'), lineRow(world, '三')]
    await commit(two, three)
    await world.clock.advance(2000)
    expect(world.rows.states(two.id)).toEqual(['sent'])
    expect(world.rows.states(three.id)).toEqual(['sent'])
  })

  it('take the place of a file that the workplace shows in no chat, with a link to it', async () => {
    const { world, commit } = outbox()
    world.mediaLink = () => 'https://jieli.example/m/abc'
    world.bot.calls.errors.push(
      new PlatformError('test.not_shown', 'no such format', {
        delivered: 'no',
        next: { do: 'give-up', reason: 'type-unsupported' },
      }),
    )
    const chat = { kind: 'group', workplace: DINGTALK, id: 'g1' } as const
    const file = { hash: 'h' as never, kind: 'file', type: 'text/plain', bytes: 1 } as const
    const caption = {
      marker: '〔#7KQ8H2·1〕',
      who: '',
      from: 'customer',
      text: '〔文件〕',
    } as const
    const row = world.rows.queue({ do: 'media', chat, file, caption }, { target: 'lines/anna/g1' })
    await commit(row)
    await world.clock.advance(SECOND)
    expect(JSON.stringify(world.bot.calls.all.at(-1))).toContain('https://jieli.example/m/abc')
    expect(world.rows.states(row.id)).toEqual(['sent'])
  })

  it('whose result the store could not write are written when it can again', async () => {
    const { world, commit } = outbox()
    const row = lineRow(world, '一')
    world.rows.finishErrors.push(new Error('the disk is full'))
    await commit(row)
    await world.clock.advance(3 * SECOND)
    expect(world.rows.states(row.id)).toEqual(['sent'])
    expect(world.bot.calls.all).toHaveLength(1)
  })

  it('stop before a picture, which goes by itself', async () => {
    const { world, box, commit } = outbox()
    world.bot.up = false
    const target = 'lines/anna/g1'
    const chat = { kind: 'group', workplace: DINGTALK, id: 'g1' } as const
    const file = { hash: 'h' as never, kind: 'image', type: 'image/png', bytes: 1 } as const
    const caption = { marker: '', who: '', from: 'customer', text: '图' } as const
    const picture = (): Pending =>
      world.rows.queue({ do: 'media', chat, file, caption }, { target })
    await commit(lineRow(world, '一'), lineRow(world, '二'), picture(), lineRow(world, '三'))
    world.bot.up = true
    box.reachable(DINGTALK)
    await world.clock.advance(10 * SECOND)
    expect(saidIn(world.bot.calls.all)).toEqual([['一', '二'], ['media'], ['三']])
  })

  it('that have expired take none with them that have not', async () => {
    const { world, box, commit } = outbox()
    world.bot.up = false
    const now = world.clock.now()
    const old = lineRow(world, '旧', { expiresAt: now + MINUTE })
    const fresh = lineRow(world, '新', { expiresAt: now + 5 * MINUTE })
    await commit(old, fresh)
    await world.clock.advance(2 * MINUTE)
    world.bot.up = true
    box.reachable(DINGTALK)
    await world.clock.advance(2000)
    expect(world.rows.states(old.id)).toEqual(['failed'])
    expect(world.rows.states(fresh.id)).toEqual(['sent'])
  })

  it('are one by one without limits', async () => {
    const { world, commit } = outbox({ tuning: { limits: false } })
    await commit(lineRow(world, '一'), lineRow(world, '二'))
    expect(saidIn(world.bot.calls.all)).toEqual([['一'], ['二']])
  })

  it('of different conversations do not wait for each other', async () => {
    const { world, commit } = outbox()
    await commit(lineRow(world, '一', { of: 'anna' }), lineRow(world, '二', { of: 'bella' }))
    expect(saidIn(world.bot.calls.all)).toEqual([['一'], ['二']])
  })
})

describe('drawings of one card', () => {
  it('keep two seconds between them, also when nothing waited in between', async () => {
    const { world, commit } = outbox()
    const drawing = (): Pending =>
      world.rows.queue(
        {
          do: 'update-card',
          chat: { kind: 'group', workplace: DINGTALK, id: 'g1' },
          card: {
            id: 'C' as never,
            lease: 0,
            summary: '',
            title: '',
            source: '',
            tone: 'calm',
            body: [],
          },
          shows: 1,
        },
        { target: 'card/anna/g1' },
      )
    await commit(drawing())
    await world.clock.advance(500)
    await commit(drawing())
    expect(world.bot.calls.all).toHaveLength(1)
    await world.clock.advance(1499)
    expect(world.bot.calls.all).toHaveLength(1)
    await world.clock.advance(1)
    expect(world.bot.calls.all).toHaveLength(2)
    await world.clock.advance(2000)
    expect(world.clock.pending()).toBe(0)
  })
})

describe('rate limits', () => {
  const perMinute = (count: number) => ({ groupLimits: [{ count, perMs: MINUTE }], lineGapMs: 0 })

  it('hold a full group and let the others go on', async () => {
    const { world, commit } = outbox({ bot: fakeWorkplace(DINGTALK, perMinute(4)) })
    const rows = ['a', 'b', 'c'].map((of) => lineRow(world, of, { of, group: true }))
    await commit(...rows, lineRow(world, 'other', { chat: 'g2', group: true }))
    expect(saidIn(world.bot.calls.all)).toEqual([['a'], ['b'], ['other']])
    await world.clock.advance(2 * MINUTE)
    expect(saidIn(world.bot.calls.all)).toEqual([['a'], ['b'], ['other'], ['c']])
  })

  it('let the more urgent go first when there is room again', async () => {
    const { world, commit } = outbox({ bot: fakeWorkplace(DINGTALK, perMinute(2)) })
    await commit(lineRow(world, 'first', { of: 'x', group: true }))
    await commit(
      lineRow(world, 'card', { of: 'a', group: true, priority: priority.card }),
      lineRow(world, 'line', { of: 'b', group: true, priority: priority.line }),
      lineRow(world, 'note', { of: 'c', group: true, priority: priority.confirmation }),
    )
    await world.clock.advance(10 * MINUTE)
    expect(saidIn(world.bot.calls.all).flat()).toEqual(['first', 'note', 'line', 'card'])
  })

  it('are never exceeded, however much there is', async () => {
    const { world, commit } = outbox({ bot: fakeWorkplace(DINGTALK, perMinute(4)) })
    const started = world.clock.now()
    const times: number[] = []
    const deliver = world.bot.deliver.bind(world.bot)
    world.bot.deliver = (one) => {
      times.push(world.clock.now() - started)
      return deliver(one)
    }
    await commit(
      ...Array.from({ length: 12 }, (_, i) => lineRow(world, `${i}`, { of: `${i}`, group: true })),
    )
    await world.clock.advance(10 * MINUTE)
    expect(times).toHaveLength(12)
    for (const from of times)
      expect(times.filter((at) => at >= from && at < from + MINUTE).length).toBeLessThanOrEqual(4)
  })

  it('of a credential hold all that draws on it, the urgent first', async () => {
    const { world, commit } = outbox({ channel: fakeChannel({ sendsPerSecond: 2 }) })
    const row = (text: string, level: number): Pending =>
      world.rows.queue(aReply(text), { target: text, credential: SHOP, priority: level })
    await commit(row('first', 10))
    await commit(row('typing', priority.card), row('reply', priority.reply))
    expect(wordsTo(world.channel.calls.all)).toEqual(['first'])
    await world.clock.advance(5000)
    expect(wordsTo(world.channel.calls.all)).toEqual(['first', 'reply', 'typing'])
  })

  it('are believed from the platform when it says “too many”', async () => {
    const { world, commit } = outbox({ bot: fakeWorkplace(DINGTALK, perMinute(100)) })
    world.bot.calls.errors.push(certain('x.rate_limited', { do: 'retry', afterMs: 100 }))
    await commit(lineRow(world, 'a', { group: true }))
    await commit(lineRow(world, 'b', { of: 'bella', group: true }))
    expect(saidIn(world.bot.calls.all)).toEqual([['a']])
    await world.clock.advance(MINUTE)
    expect(saidIn(world.bot.calls.all)).toEqual([['a']])
    await world.clock.advance(2 * SECOND)
    expect(saidIn(world.bot.calls.all).flat().toSorted()).toEqual(['a', 'a', 'b'])
  })
})

describe('a workplace that is away', () => {
  it('gets nothing, and all of it in order when it is back', async () => {
    const { world, box, commit } = outbox()
    world.bot.up = false
    await commit(lineRow(world, '一'), lineRow(world, '二'))
    await world.clock.advance(MINUTE)
    expect(world.rows.taken).toEqual([])
    world.bot.up = true
    box.reachable(DINGTALK)
    await world.clock.advance(0)
    expect(saidIn(world.bot.calls.all)).toEqual([['一', '二']])
  })

  it('is tried at once when it is back, whatever delay was set', async () => {
    const { world, box, commit } = outbox()
    world.bot.calls.errors.push(certain('x.gone', { do: 'retry', afterMs: 5 * MINUTE }))
    await commit(lineRow(world, '一'))
    await world.clock.advance(3000)
    box.reachable(DINGTALK)
    await world.clock.advance(0)
    expect(world.bot.calls.all).toHaveLength(2)
  })

  it('holds up no other', async () => {
    const { world, commit } = outbox()
    world.bot.up = false
    await commit(lineRow(world, '一'), replyRow(world, '在的'))
    expect(wordsTo(world.channel.calls.all)).toEqual(['在的'])
  })
})

describe('a store that fails', () => {
  it('is asked again after a second, and nothing is lost or doubled', async () => {
    const { world, commit } = outbox()
    world.rows.errors.push(new Error('disk full'), new Error('disk full'))
    await commit(replyRow(world, '一'), replyRow(world, '二'))
    expect(world.channel.calls.all).toEqual([])
    await world.clock.advance(999)
    expect(world.rows.errors).toHaveLength(1)
    await world.clock.advance(1001)
    expect(wordsTo(world.channel.calls.all)).toEqual(['一', '二'])
  })
})

describe('stopping', () => {
  it('waits for the calls under way and begins no other', async () => {
    const { world, box, commit } = outbox()
    world.channel.calls.held = true
    await commit(replyRow(world, '一'), replyRow(world, '二'))
    let stopped = false
    const stop = box.stop().then(() => (stopped = true))
    await world.clock.advance(0)
    expect(stopped).toBe(false)
    world.channel.calls.open[0]!.end()
    await stop
    await world.clock.advance(MINUTE)
    expect(wordsTo(world.channel.calls.all)).toEqual(['一'])
    expect(world.rows.ends).toHaveLength(1)
    expect(world.clock.pending()).toBe(0)
  })

  it('leaves no timer behind', async () => {
    const { world, box, commit } = outbox({
      bot: fakeWorkplace(DINGTALK, { groupLimits: [{ count: 2, perMs: MINUTE }] }),
    })
    world.channel.calls.errors.push(certain())
    await commit(
      replyRow(world, '一'),
      lineRow(world, 'a', { group: true }),
      lineRow(world, 'b', { of: 'b', group: true }),
    )
    expect(world.clock.pending()).toBeGreaterThan(0)
    await box.stop()
    expect(world.clock.pending()).toBe(0)
  })
})

describe('a crowded group', () => {
  it('gets one digest for what waits, and what is held goes its way', async () => {
    const { world, commit } = outbox({
      bot: fakeWorkplace(DINGTALK, { groupLimits: [{ count: 2, perMs: MINUTE }], lineGapMs: 0 }),
    })
    const waiting = Array.from({ length: 6 }, (_, i) => {
      const lane = laneOf(`w${i}`)
      return world.rows.queue(
        aLine(`w${i}`),
        { target: `lines/w${i}/g1`, group: someGroup(), priority: priority.waitingLine },
        lane,
      )
    })
    await commit(lineRow(world, 'first', { of: 'x', group: true }))
    await commit(...waiting, lineRow(world, 'held', { of: 'held', group: true }))
    await world.clock.advance(5 * MINUTE)
    const notes = world.bot.calls.all.flatMap((one) => (one.do === 'note' ? [one.title] : []))
    expect(notes.length).toBeGreaterThan(0)
    expect(notes[0]).toMatch(/^另有 \d 位顾客等待，发“列表”查看$/)
    expect(saidIn(world.bot.calls.all).flat()).toContain('held')
    const settled = (row: Pending): boolean => world.rows.states(row.id).includes('sent')
    expect(waiting.every(settled)).toBe(true)
  })
})
