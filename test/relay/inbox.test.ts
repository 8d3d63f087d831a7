import { describe, expect, it } from 'vitest'
import type { CardId, EventId } from '#src/domain/ids.ts'
import type { Incoming } from '#src/ports/channel.ts'
import type { Acceptance, Arrival } from '#src/ports/store.ts'
import type { AgentInput, CardClick } from '#src/ports/workplace.ts'
import { Inbox } from '#src/relay/inbox.ts'
import { Lanes } from '#src/relay/lanes.ts'
import { fakeChannel } from '#test/support/adapters.ts'
import { HOUR, MINUTE, SECOND, SHOP } from '#test/support/shop.ts'
import { laneOf, stage } from '#test/support/stage.ts'
import { smallWorld } from '#test/support/world.ts'

const DAY = 24 * HOUR
const anna = laneOf('anna')
const zhang = stage().agent('zhang')

function inbox(outcomes: Acceptance[] = []) {
  const arrivals: Arrival[] = []
  const woken: string[] = []
  const world = smallWorld({
    channel: fakeChannel({ retryWindowMs: { from: 3000, to: 20_000 } }),
    store: {
      accept: async (batch: Arrival[]) => {
        arrivals.push(...batch)
        return batch.map(() => outcomes.shift() ?? 'new')
      },
    },
    read: {
      laneOfCard: async () => anna,
      group: () => undefined,
      agent: () => undefined,
      heldBy: async () => [],
    },
  })
  const step = async (lane: string) => {
    woken.push(lane)
    return 'idle' as const
  }
  const lanes = new Lanes({ clock: world.clock, step, width: 1 })
  const box = new Inbox(world, lanes)
  return { world, box, arrivals, woken, workplace: box.forWorkplace(() => undefined) }
}

const said = (at: number, over: object = {}): Incoming => ({
  // As a channel decodes it.
  ...({
    name: 'customer:text',
    lane: anna,
    account: SHOP,
    externalId: 'anna',
    text: '在吗',
    key: 'k1',
    at,
  } as const),
  ...over,
})
const clicked = (over: Partial<CardClick> = {}): CardClick => ({
  key: 'c1',
  at: 0,
  agent: zhang.ref,
  chat: zhang.group,
  card: 'CARD' as CardId,
  lease: 3,
  action: 'claim',
  ...over,
})
const typed = (over: Partial<AgentInput> = {}): AgentInput => ({
  key: 'm1',
  at: 0,
  agent: zhang.ref,
  chat: zhang.group,
  messageId: 'm1',
  text: '你好',
  media: [],
  ...over,
})

describe('what customers write', () => {
  it('gets an id and the time of receipt, is committed under its key, and wakes its lane', async () => {
    const { world, box, arrivals, woken } = inbox()
    const now = world.clock.now()
    await box.fromChannel(SHOP, [said(now - SECOND, { fingerprint: 'f' })])
    expect(arrivals).toEqual([
      {
        source: SHOP,
        key: 'k1',
        fingerprint: 'f',
        retryWindowMs: { from: 3000, to: 20_000 },
        event: expect.objectContaining({
          id: 'N1',
          at: now - SECOND,
          receivedAt: now,
          text: '在吗',
        }),
      },
    ])
    expect(arrivals[0]!.event).not.toHaveProperty('key')
    expect(arrivals[0]!.event).not.toHaveProperty('fingerprint')
    expect(woken).toEqual([anna])
  })

  it('wakes nothing when it was known', async () => {
    const { world, box, woken } = inbox(['duplicate', 'retry'])
    await box.fromChannel(SHOP, [said(world.clock.now()), said(world.clock.now(), { key: 'k2' })])
    expect(woken).toEqual([])
  })

  it('may be nothing at all', async () => {
    const { box, arrivals } = inbox()
    await box.fromChannel(SHOP, [])
    expect(arrivals).toEqual([])
  })

  it.each([
    ['is believed', -SECOND, { at: -SECOND }],
    ['is believed up to a minute ahead', MINUTE, { at: MINUTE }],
    ['is not believed further ahead', MINUTE + 1, { at: 0 }],
    ['is old after ten minutes', -10 * MINUTE - 1, { at: -10 * MINUTE - 1, late: true }],
    ['is not old before', -10 * MINUTE, { at: -10 * MINUTE }],
    ['is believed three days back', -3 * DAY, { at: -3 * DAY, late: true }],
    ['is not believed further back', -3 * DAY - 1, { at: 0 }],
    ['is not believed when it is no number', Number.NaN, { at: 0 }],
  ])('has a time that %s', async (_case, offset, { at, late }: { at: number; late?: boolean }) => {
    const { world, box, arrivals } = inbox()
    const now = world.clock.now()
    await box.fromChannel(SHOP, [said(now + offset)])
    expect(arrivals[0]!.event.at).toBe(now + at)
    expect(arrivals[0]!.event.late).toBe(late)
  })
})

describe('what agents write', () => {
  it('is an event of its place, with its writer kept', async () => {
    const { world, arrivals, workplace } = inbox()
    await workplace.message(typed({ at: world.clock.now() }))
    expect(arrivals[0]).toMatchObject({
      source: 'dingtalk',
      key: 'm1',
      event: { name: 'agent:text', lane: 'desk/main', text: '你好', messageId: 'm1' },
      seen: { agent: { id: zhang.id, groups: ['dingtalk/dt'] } },
    })
  })

  it('with files is one event', async () => {
    const { arrivals, workplace } = inbox()
    const media = [{ kind: 'image' as const, ref: 'r' }]
    await workplace.message(typed({ media }))
    expect(arrivals[0]!.event).toMatchObject({ name: 'agent:media', media, text: '你好' })
  })

  it('under a quoted file sends that file only on a plain word', async () => {
    const { arrivals, workplace } = inbox()
    const quoted = { media: { kind: 'image' as const, ref: 'r' } }
    await workplace.message(typed({ quoted }))
    await workplace.message(typed({ quoted, text: '发送' }))
    expect(arrivals[0]!.event).toMatchObject({ name: 'agent:text', text: '你好' })
    expect(arrivals[1]!.event).toMatchObject({
      name: 'agent:media',
      text: '',
      media: [quoted.media],
    })
  })

  it('without a name is a stranger’s', async () => {
    const { arrivals, workplace } = inbox()
    await workplace.message(typed({ agent: undefined }))
    expect(arrivals[0]!.event).toMatchObject({ name: 'stranger:text', lane: 'desk/main' })
    expect(arrivals[0]).not.toHaveProperty('seen')
  })
})

describe('a click', () => {
  it.each([
    ['claim', { name: 'card:claim' }],
    ['reply', { name: 'card:reply', text: '在的' }],
    ['transfer', { name: 'card:transfer', to: 'dingtalk/wang' }],
    ['retry', { name: 'card:retry', message: 'dingtalk/wang' }],
    ['show', { name: 'card:show' }],
    ['made-up', { name: 'card:show' }],
    ['constructor', { name: 'card:show' }],
  ])('on %s is that event', async (action, event) => {
    const { box, arrivals, workplace } = inbox()
    const answer = workplace.click(clicked({ action, value: 'dingtalk/wang', text: '在的' }))
    await Promise.resolve()
    while (arrivals.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(arrivals[0]!.event).toMatchObject({ ...event, lane: anna, lease: 3, card: 'CARD' })
    box.settle(arrivals[0]!.event.id, { accepted: true })
    await answer
  })

  it('is answered with what its handler decided', async () => {
    const { world, box, workplace } = inbox()
    const answer = workplace.click(clicked())
    await world.clock.advance(1199)
    box.settle('N1' as EventId, { accepted: true, hint: '已认领' })
    expect(await answer).toEqual({ accepted: true, hint: '已认领' })
    expect(world.clock.pending()).toBe(0)
  })

  it('is answered 处理中 when that takes too long, and what comes later is no error', async () => {
    const { world, box, workplace } = inbox()
    const answer = workplace.click(clicked())
    await world.clock.advance(1200)
    expect(await answer).toEqual({ accepted: false, hint: '处理中，请稍候' })
    expect(() => box.settle('N1' as EventId, { accepted: true })).not.toThrow()
  })

  it('that was delivered before changes nothing and is answered at once', async () => {
    const { world, woken, workplace } = inbox(['duplicate'])
    expect(await workplace.click(clicked())).toEqual({ accepted: false, hint: '已处理过' })
    expect(woken).toEqual([])
    expect(world.clock.pending()).toBe(0)
  })

  it('that could not be committed is refused', async () => {
    const { world, workplace } = inbox()
    world.store.accept = () => Promise.reject(new Error('disk full'))
    await expect(workplace.click(clicked())).rejects.toThrow('disk full')
    await expect(workplace.message(typed())).rejects.toThrow('disk full')
  })
})
