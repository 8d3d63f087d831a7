import { describe, expect, it } from 'vitest'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import { answersTo, inShop, type Shop } from '#test/support/product.ts'
import { settled, until } from '#test/support/until.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

function conversation(shop: Shop): Promise<Conversation | undefined> {
  const lane = contactLane('shop' as AccountId, shop.customer().openid)
  return shop.product.store.read.conversation(lane)
}

const become = (shop: Shop, status: Conversation['status']): Promise<Conversation> =>
  until(`the conversation is ${status}`, async () => {
    const now = await conversation(shop)
    return now?.status === status && now
  })

async function held(shop: Shop): Promise<Conversation> {
  await shop.customer().text('有人吗。')
  await shop.ding.press('zhangsan', '有人吗。', 'claim')
  return become(shop, 'held')
}

const patient = { config: { desk: { idleReleaseMs: 15 * MINUTE, idleCloseMs: 2 * HOUR } } }

const notes = (shop: Shop, words: string): number =>
  shop.wecom.lines().filter((line) => line.includes(words)).length

describe.concurrent('a held conversation', () => {
  it('that owes an answer for a quarter of an hour goes back to everybody, once', () =>
    inShop(patient, async (shop) => {
      await held(shop)
      shop.clock.jump(15 * MINUTE - 5000)
      await settled(() => shop.wecom.lines())
      expect(await conversation(shop)).toMatchObject({ status: 'held' })
      shop.clock.jump(6000)
      await become(shop, 'waiting')
      await shop.wecom.line('久未回复，会话已退回队列')
      shop.clock.jump(30 * MINUTE)
      await settled(() => shop.wecom.lines())
      expect(notes(shop, '久未回复')).toBe(1)
      const card = await shop.ding.card('等待认领')
      expect(card.values['label_claim']).toBe('认领')
    }))

  it('does so too when the time passes while the product is down, and only once over two starts', () =>
    inShop(patient, async (shop) => {
      await held(shop)
      await shop.product.stop()
      shop.clock.jump(20 * MINUTE)
      await shop.start()
      await become(shop, 'waiting')
      await shop.idle()
      await shop.product.stop()
      await shop.start()
      await shop.idle()
      await settled(() => shop.wecom.lines())
      expect(notes(shop, '久未回复')).toBe(1)
    }))

  it('that was answered ends after two quiet hours, and goes on when the customer is back the same day', () =>
    inShop(patient, async (shop) => {
      const { marker } = await held(shop)
      await shop.ding.reply('zhangsan', '有人吗。', '在的')
      await until('it arrives', () => answersTo(shop.customer()).length === 1)
      await shop.idle()
      shop.clock.jump(2 * HOUR + 1000)
      await become(shop, 'closed')
      await shop.customer().text('我又来了。')
      const again = await become(shop, 'waiting')
      expect(again.marker).toBe(marker)
      await shop.ding.card('我又来了。')
      await shop.connected()
      await shop.wecom.line('我又来了。')
    }))

  it('is a new one, under a new number, when the customer is back two days later', () =>
    inShop({}, async (shop) => {
      const { marker, id } = await held(shop)
      await shop.ding.press('zhangsan', '有人吗。', 'close')
      await become(shop, 'closed')
      shop.clock.jump(48 * HOUR)
      await shop.customer().text('两天以后。')
      const fresh = await become(shop, 'waiting')
      expect(fresh.id).not.toBe(id)
      expect(fresh.marker).not.toBe(marker)
      const card = await shop.ding.card('两天以后。')
      expect(JSON.stringify(card.values)).not.toContain('有人吗。')
    }))

  it('whose window has closed takes no words until the customer writes again', () =>
    inShop({ config: { desk: { idleReleaseMs: 100 * HOUR } } }, async (shop) => {
      await held(shop)
      shop.clock.jump(48 * HOUR + 1000)
      shop.ding.says('zhangsan', '太晚了')
      await until('it is refused', () =>
        shop.ding.texts().some((t) => t.includes('超过平台回复时限')),
      )
      expect(answersTo(shop.customer())).toEqual([])
      await shop.customer().text('还在吗。')
      await shop.idle()
      shop.ding.says('zhangsan', '在')
      await until('it arrives', () => answersTo(shop.customer()).length === 1)
    }))
})
