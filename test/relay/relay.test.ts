import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bot } from '#handlers/index.ts'
import { type CardId, makeId } from '#src/domain/ids.ts'
import type { Store } from '#src/ports/store.ts'
import type { Delivery } from '#src/ports/workplace.ts'
import { Relay } from '#src/relay/relay.ts'
import type { Context } from '#src/router/context.ts'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import { type FakeWorkplace, fakeChannel, fakeWorkplace } from '#test/support/adapters.ts'
import { type ManualClock, createManualClock } from '#test/support/clock.ts'
import { DESK, DINGTALK, HOUR, SHOP, WECOM, shopSettings } from '#test/support/shop.ts'
import { laneOf } from '#test/support/stage.ts'
import { until } from '#test/support/until.ts'
import { quiet, tuning } from '#test/support/world.ts'

let folder: string
let clock: ManualClock
let house: House

interface House {
  relay: Relay
  store: Store
  channel: ReturnType<typeof fakeChannel>
  dingtalk: FakeWorkplace
  wecom: FakeWorkplace
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jieli-relay-'))
  clock = createManualClock()
  house = await open()
})
afterEach(async () => {
  await close(house)
  rmSync(folder, { recursive: true, force: true })
})

/** The whole loop over the real store and the real handlers; only the platforms are made up. */
async function open(
  handle: (ctx: Context) => Promise<void> = (ctx) => bot.handle(ctx),
): Promise<House> {
  const store = await openSqliteStore({ folder, clock })
  const channel = fakeChannel()
  const dingtalk = fakeWorkplace(DINGTALK, { transcript: 'card', lineGapMs: 0, cardGapMs: 0 })
  const wecom = fakeWorkplace(WECOM, { cardUpdateLater: false, lineGapMs: 0 })
  const world = {
    store,
    clock,
    log: quiet,
    settings: shopSettings(),
    channels: new Map([[SHOP, channel]]),
    workplaces: new Map([
      [DINGTALK, dingtalk],
      [WECOM, wecom],
    ]),
    // No test here keeps files.
    media: {} as never,
    maxMediaBytes: 1000,
    tuning,
    newId: () => makeId(clock.now(), new Uint8Array(randomBytes(10))),
    random: Math.random,
  }
  const relay = new Relay(world, handle)
  await relay.start()
  return { relay, store, channel, dingtalk, wecom }
}

async function close({ relay, store }: House): Promise<void> {
  await relay.stop()
  await store.close()
}

let keys = 0
const says = (text: string): Promise<void> =>
  house.relay.accept(SHOP, [
    {
      name: 'customer:text',
      lane: laneOf('anna'),
      account: SHOP,
      externalId: 'anna',
      text,
      opens: 'message',
      key: `k${++keys}`,
      at: clock.now() + keys,
    },
  ])

const types = (place: FakeWorkplace, user: string, text: string): Promise<void> =>
  place.inbox!.message({
    key: `m${++keys}`,
    at: clock.now(),
    agent: { id: `${place.id}/${user}` as never, workplace: place.id, user, name: user },
    chat: { kind: 'group', workplace: place.id, id: 'g' },
    messageId: `m${keys}`,
    text,
    media: [],
  })

const click = (place: FakeWorkplace, user: string, action: string, over: object = {}) =>
  place.inbox!.click({
    key: `c${++keys}`,
    at: clock.now(),
    agent: { id: `${place.id}/${user}` as never, workplace: place.id, user, name: user },
    chat: { kind: 'group', workplace: place.id, id: 'g' },
    card: cardOf(place),
    lease: 0,
    action,
    ...over,
  })

async function bindBoth(): Promise<void> {
  for (const place of [house.dingtalk, house.wecom]) {
    const code = `CODE-${place.id.toUpperCase()}`
    await house.store.putBindCode(code, DESK, clock.now() + HOUR)
    await types(place, 'boss', `绑定 ${code}`)
    await until('bound', () =>
      house.store.read.desk(DESK).groups.some((g) => g.workplace === place.id),
    )
  }
}

const posts = (place: FakeWorkplace): Delivery[] => place.calls.all
const cardOf = (place: FakeWorkplace): CardId => {
  const post = posts(place).findLast((one) => one.do === 'post-card')
  if (!post) throw new Error(`${place.id} has no card`)
  return post.card.id
}
const linesIn = (place: FakeWorkplace): string[] =>
  posts(place).flatMap((one) => (one.do === 'lines' ? one.lines.map(({ text }) => text) : []))
const hasCards = (): boolean => {
  const both = [house.dingtalk, house.wecom]
  return both.every((place) => posts(place).some((one) => one.do === 'post-card'))
}
const ledger = async () => (await house.store.read.ledger())[0]

describe('from the customer to the groups and back', () => {
  it('goes a message, a claim, and an answer', async () => {
    await bindBoth()
    await says('在吗')
    await until('cards in both groups', hasCards)
    expect(linesIn(house.wecom)).toEqual(['在吗'])
    const claimed = await click(house.dingtalk, 'zhang', 'claim')
    expect(claimed).toMatchObject({ accepted: true, card: { lease: 1 } })
    await click(house.dingtalk, 'zhang', 'reply', { lease: 1, text: '在的' })
    await until('the answer on the phone', () => house.channel.calls.all.length > 0)
    expect(house.channel.calls.all[0]).toMatchObject({ to: 'anna', content: { text: '在的' } })
    await until('settled', async () => (await ledger())?.relayed === 1)
    expect(await ledger()).toMatchObject({
      received: 1,
      relayed: 1,
      waiting: 0,
      parked: 0,
      filtered: 0,
    })
  })

  it('is won by one of two who claim in the same moment, in two workplaces', async () => {
    await bindBoth()
    await says('在吗')
    await until('cards in both groups', hasCards)
    const both = await Promise.all([
      click(house.dingtalk, 'zhang', 'claim'),
      click(house.wecom, 'li', 'claim'),
    ])
    expect(both.filter(({ accepted }) => accepted)).toHaveLength(1)
    const conversation = await house.store.read.conversation(laneOf('anna'))
    const winner = conversation!.holder!.name
    const loser = both.find(({ accepted }) => !accepted)!
    expect(loser.hint).toContain(winner)
    expect(loser.card?.lease).toBe(1)
  })

  it('answers a click delivered twice once', async () => {
    await bindBoth()
    await says('在吗')
    await until('cards in both groups', hasCards)
    const same = { key: 'same' }
    await click(house.dingtalk, 'zhang', 'claim', same)
    expect(await click(house.dingtalk, 'zhang', 'claim', same)).toEqual({
      accepted: false,
      hint: '已处理过',
    })
  })

  it('keeps the order of a burst', async () => {
    await bindBoth()
    await Promise.all(Array.from({ length: 30 }, (_, i) => says(`${i}`)))
    await until('all lines', () => linesIn(house.wecom).length >= 30)
    expect(linesIn(house.wecom)).toEqual(Array.from({ length: 30 }, (_, i) => `${i}`))
  })
})

describe('a handler that throws', () => {
  it('is tried again after 0.2, 1, 3 and 10 seconds, then parked, and the lane goes on', async () => {
    await close(house)
    const tries: number[] = []
    const start = clock.now()
    house = await open(async (ctx) => {
      if (ctx.event.name === 'customer:text' && ctx.event.text === 'poison') {
        tries.push(clock.now() - start)
        throw new Error('poison')
      }
      await bot.handle(ctx)
    })
    await bindBoth()
    const timers = clock.pending()
    await says('poison')
    await says('在吗')
    for (const [before, ms] of [0, 200, 1000, 3000, 10_000].entries()) {
      await clock.advance(ms)
      await until('the next try', () => tries.length > before)
      // Its failure is written, which takes a moment of the machine's own.
      await until('its end', () => tries.length === 5 || clock.pending() > timers)
    }
    await until('the message behind it', () => linesIn(house.wecom).includes('在吗'))
    expect(tries).toEqual([0, 200, 1200, 4200, 14_200])
    const [parked] = await house.store.read.parkedEvents(10)
    expect(parked).toMatchObject({ name: 'customer:text', error: 'Error: poison' })
    await until('said in the thread', () =>
      linesIn(house.wecom).some((one) => one.includes('jieli parked')),
    )
  })
})

describe('stopping and starting again', () => {
  it('loses nothing that was accepted', async () => {
    await bindBoth()
    house.dingtalk.up = false
    house.wecom.up = false
    await says('一')
    await says('二')
    await close(house)
    house = await open()
    await until('both lines', () => linesIn(house.wecom).length >= 2)
    expect(linesIn(house.wecom)).toEqual(['一', '二'])
    await until('settled', async () => (await ledger())?.relayed === 2)
  })

  it('fires reminders that came due meanwhile, once', async () => {
    await bindBoth()
    await says('在吗')
    await until('cards in both groups', hasCards)
    await click(house.dingtalk, 'zhang', 'claim')
    await close(house)
    clock.set(clock.now() + HOUR)
    house = await open()
    await clock.advance(0)
    await until('given back', async () => {
      const conversation = await house.store.read.conversation(laneOf('anna'))
      return conversation?.status === 'waiting'
    })
    const back = (): string[] => linesIn(house.wecom).filter((one) => one.includes('久未回复'))
    await until('said', () => back().length > 0)
    expect(back()).toHaveLength(1)
  })

  it('sends a cut-off line again before those behind it, and leaves a cut-off answer to its holder', async () => {
    await bindBoth()
    await says('在吗')
    await until('cards in both groups', hasCards)
    await click(house.wecom, 'li', 'claim')
    house.wecom.calls.held = true
    house.channel.calls.held = true
    await says('一')
    await types(house.wecom, 'li', '在的')
    await until(
      'both under way',
      () => house.wecom.calls.open.length > 0 && house.channel.calls.open.length > 0,
    )
    await says('二')
    await until('handled', isHandled)
    // The process dies here: nothing of it is awaited any more.
    await house.store.close()
    house = await open()
    await until('both lines', () => linesIn(house.wecom).includes('二'))
    const lines = linesIn(house.wecom).filter((one) => one === '一' || one === '二')
    expect(lines).toEqual(['一', '二'])
    expect(house.channel.calls.all).toEqual([])
    await until('told', () => linesIn(house.wecom).some((one) => one.includes('不确定是否送达')))
  })
})

async function isHandled(): Promise<boolean> {
  const { inboxWaiting } = await house.store.read.counts()
  return inboxWaiting === 0
}
