import { describe, expect, it } from 'vitest'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import { answersTo, inShop, type Shop } from '#test/support/product.ts'
import { settled, until } from '#test/support/until.ts'

/** Only WeCom's group is bound, so that every message has to arrive there. */
const alone = { bind: ['wecom'] } as const

/** The words of each numbered line, by its number, in the order in which they stand. */
function numbered(shop: Shop): { number: number; words: string }[] {
  return shop.wecom.lines().flatMap((line) => {
    const found = /^〔#[0-9A-Z]{6}·(\d+)〕(.*)$/.exec(line)
    return found ? [{ number: Number(found[1]), words: found[2] ?? '' }] : []
  })
}

/** Each line at least once, first sightings in the order of their numbers, doubles alike; returns how many doubles. */
function inOrder(shop: Shop, expected: readonly string[]): number {
  const lines = numbered(shop)
  const first = new Map<number, string>()
  for (const { number, words } of lines) {
    const known = first.get(number)
    if (known === undefined) first.set(number, words)
    else expect(words).toBe(known)
  }
  const numbers = [...first.keys()]
  expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  const said = [...first.values()]
  expect(expected.map((words) => said.filter((line) => line.includes(words)).length)).toEqual(
    expected.map(() => 1),
  )
  return lines.length - first.size
}

const words = (count: number, name = '话'): string[] =>
  Array.from({ length: count }, (_, i) => `第${i + 1}句${name}。`)

async function says(shop: Shop, lines: readonly string[]): Promise<void> {
  for (const line of lines) await shop.customer().text(line)
}

function conversation(shop: Shop): Promise<Conversation | undefined> {
  const lane = contactLane('shop' as AccountId, shop.customer().openid)
  return shop.product.store.read.conversation(lane)
}

describe.concurrent('WeCom’s socket', () => {
  it('drops while a customer writes: every line arrives, in order', () =>
    inShop(alone, async (shop) => {
      const all = words(20)
      for (const [i, one] of all.entries()) {
        if (i === 5 || i === 12) shop.world.wecom.drop()
        await shop.customer().text(one)
      }
      await shop.idle()
      expect(inOrder(shop, all)).toBeLessThanOrEqual(2)
      expect(await shop.ledger()).toMatchObject({ received: 20, relayed: 20 })
    }))

  it('drops after it took a line: the same number comes once more', () =>
    inShop(alone, async (shop) => {
      await says(shop, ['热身。'])
      await shop.idle()
      const rule = { call: 'aibot_send_msg', fault: { kind: 'lost-answer' }, times: 2 } as const
      shop.world.wecom.faults.add(rule)
      await says(shop, words(4))
      await shop.idle()
      expect(inOrder(shop, words(4))).toBe(2)
    }))

  it('drops before it took a line: nothing is doubled', () =>
    inShop(alone, async (shop) => {
      await says(shop, ['热身。'])
      await shop.idle()
      const rule = { call: 'aibot_send_msg', fault: { kind: 'cut' }, times: 2 } as const
      shop.world.wecom.faults.add(rule)
      await says(shop, words(4))
      await shop.idle()
      expect(inOrder(shop, words(4))).toBe(0)
    }))

  it(
    'keeps an answer to itself: the same number comes once more, and no other line is doubled',
    () =>
      inShop(alone, async (shop) => {
        await says(shop, ['热身。'])
        await shop.idle()
        shop.world.wecom.swallowAnswers(1)
        await says(shop, words(3))
        await shop.idle(12_000)
        expect(inOrder(shop, words(3))).toBe(1)
      }),
    30_000,
  )

  it(
    'drops during a click: the claim counts, and the state is said when it is back',
    () =>
      inShop({}, async (shop) => {
        await says(shop, ['点击时断线。'])
        const fault = { kind: 'lost-answer' } as const
        shop.world.wecom.faults.add({ call: 'template_card_event', fault, times: 1 })
        const outcome = shop.wecom.press('wangwu', '点击时断线。', '认领')
        await until('it is held', async () => (await conversation(shop))?.status === 'held')
        await until('the state is said', () =>
          shop.wecom.texts().some((text) => text.includes('wangwu 接待中')),
        )
        expect(await outcome).toMatchObject({ kind: 'unanswered' })
        expect(await conversation(shop)).toMatchObject({ lease: 1 })
      }),
    30_000,
  )

  it(
    'is taken by another log-in: after a pause it is ours again and everything arrives',
    () =>
      inShop(alone, async (shop) => {
        shop.world.wecom.kick()
        await says(shop, words(3))
        await until('it is refused to send', () => !shop.world.wecom.isConnected)
        await shop.letPass(500)
        expect(inOrder(shop, words(3))).toBe(0)
        expect(shop.log.join('')).toContain('wecom.kicked')
      }),
    30_000,
  )

  it(
    'is refused at the next log-in: it is tried again later and everything arrives',
    () =>
      inShop(alone, async (shop) => {
        const fault = { kind: 'errcode', code: 853000 } as const
        shop.world.wecom.faults.add({ call: 'aibot_subscribe', fault, times: 2 })
        shop.world.wecom.drop()
        await says(shop, words(3))
        await shop.letPass(500, 15_000)
        expect(inOrder(shop, words(3))).toBe(0)
      }),
    30_000,
  )
})

describe.concurrent('WeCom’s callbacks', () => {
  it('that come twice count once: claim, words, commands', () =>
    inShop({}, async (shop) => {
      shop.world.wecom.repeatCallbacks = 1
      await says(shop, ['推两次。'])
      await shop.wecom.press('wangwu', '推两次。', '认领')
      const line = await shop.wecom.line('推两次。')
      shop.wecom.says('wangwu', '只发一次', { quote: line })
      await until('it arrives', () => answersTo(shop.customer()).length > 0)
      shop.wecom.says('wangwu', '列表')
      await until('the list is shown', () => shop.wecom.texts().some((t) => t.includes('会话列表')))
      await shop.idle()
      await settled(() => [answersTo(shop.customer()), shop.wecom.texts()])
      expect(answersTo(shop.customer())).toEqual(['只发一次'])
      expect(shop.wecom.texts().filter((text) => text.includes('会话列表'))).toHaveLength(1)
      expect(await conversation(shop)).toMatchObject({ lease: 1 })
    }))

  it('in a row of quick replies keep their order', () =>
    inShop({}, async (shop) => {
      await says(shop, ['快问。'])
      const line = await shop.wecom.line('快问。')
      shop.wecom.says('wangwu', '认领', { quote: line })
      for (const text of ['一。', '二。', '三。', '四。', '五。'])
        shop.wecom.says('wangwu', text, { quote: line })
      await until('all arrive', () => answersTo(shop.customer()).length === 5)
      expect(answersTo(shop.customer())).toEqual(['一。', '二。', '三。', '四。', '五。'])
    }))
})

describe.concurrent('a WeCom group', () => {
  it('that sleeps holds everything until somebody writes to the bot, then gets it in order', () =>
    inShop(alone, async (shop) => {
      shop.world.wecom.fallAsleep(shop.wecom.id)
      await says(shop, words(5))
      await until('it was tried', () => shop.log.some((l) => l.includes('wecom.not_activated')))
      expect(numbered(shop)).toEqual([])
      shop.wecom.says('wangwu', '帮助')
      await shop.idle()
      expect(inOrder(shop, words(5))).toBe(0)
      expect(await shop.ledger()).toMatchObject({ received: 5, relayed: 5, waiting: 0 })
    }))

  it('that is told it is too fast gets the lines later, none twice', () =>
    inShop(alone, async (shop) => {
      const fault = { kind: 'errcode', code: 45009 } as const
      shop.world.wecom.faults.add({ call: 'aibot_send_msg', fault, times: 3 })
      await says(shop, words(5))
      await shop.letPass(1000)
      expect(inOrder(shop, words(5))).toBe(0)
    }))

  it(
    'under WeCom’s real limits is never told so by WeCom, whatever the rush',
    () =>
      inShop(
        { ...alone, seed: { limits: true }, config: { relay: { limits: true } } },
        async (shop) => {
          const account = shop.world.wechat.account(shop.world.appid)
          const phones = Array.from({ length: 40 }, () => account.addPhone())
          await Promise.all(
            phones.flatMap((phone, i) => [phone.text(`第${i}位甲。`), phone.text(`第${i}位乙。`)]),
          )
          await shop.letPass(700, 20_000)
          expect(await shop.ledger()).toMatchObject({ received: 80, relayed: 80 })
          expect(shop.log.filter((line) => line.includes('wecom.rate_limited'))).toEqual([])
        },
      ),
    40_000,
  )

  it('that takes no pushed cards has the lines all the same, and is claimed in words', () =>
    inShop(alone, async (shop) => {
      shop.world.wecom.settings.cardPushGroup = 'refused'
      await says(shop, ['没有卡片。'])
      const line = await shop.wecom.line('没有卡片。')
      shop.wecom.says('wangwu', '认领', { quote: line })
      await shop.wecom.line('wangwu 已认领')
      shop.wecom.says('wangwu', '我在', { quote: line })
      await until('it arrives', () => answersTo(shop.customer()).length === 1)
      expect(await shop.ledger()).toMatchObject({ received: 1, relayed: 1 })
    }))

  it('leaves no card that a client would cut or drop', () =>
    inShop({}, async (shop) => {
      await says(shop, ['一句特别长的话'.repeat(60), '短句。'])
      await shop.wecom.press('wangwu', '一句特别长', '认领')
      await shop.idle()
      for (const { content } of shop.wecom.chat.lines)
        if (content.kind === 'card') expect(content.shown.flaws).toEqual([])
    }))
})
