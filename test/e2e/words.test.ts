import { describe, expect, it } from 'vitest'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'
import { answersTo, inShop, type Shop } from '#test/support/product.ts'
import { until } from '#test/support/until.ts'

async function markerOf(shop: Shop, phone: Phone): Promise<string> {
  const lane = contactLane('shop' as AccountId, phone.openid)
  return (await shop.product.store.read.conversation(lane))?.marker ?? ''
}

async function heldInDing(shop: Shop, who = 0, words = `第${who}位。`): Promise<string> {
  await shop.customer(who).text(words)
  await shop.ding.press('zhangsan', words, 'claim')
  await shop.idle()
  return markerOf(shop, shop.customer(who))
}

const dingSays = (shop: Shop, words: string): Promise<string> =>
  until(`DingTalk reads ${words}`, () => shop.ding.texts().find((text) => text.includes(words)))

const wecomSays = (shop: Shop, words: string): Promise<string> =>
  until(`WeCom reads ${words}`, () => shop.wecom.texts().find((text) => text.includes(words)))

const arrives = (shop: Shop, words: string, who = 0): Promise<boolean> =>
  until(`${words} arrives`, () => answersTo(shop.customer(who)).includes(words))

describe.concurrent('an agent in DingTalk answers', () => {
  it('by quoting the card', () =>
    inShop({}, async (shop) => {
      await heldInDing(shop)
      const card = shop.ding.entries().findLast(({ content }) => content.type === 'card')!
      shop.ding.says('zhangsan', '引用卡片', { quote: card.id })
      await arrives(shop, '引用卡片')
    }))

  it('by quoting a marked line', () =>
    inShop({}, async (shop) => {
      const long = '一句很长很长的话。'.repeat(40)
      await shop.customer().text(long)
      await shop.ding.press('zhangsan', '一句很长', 'claim')
      const line = await until('the line', () =>
        shop.ding
          .entries()
          .find(
            ({ content, from }) =>
              from.robot && content.type === 'text' && content.text[0] === '〔',
          ),
      )
      shop.ding.says('zhangsan', '引用一行', { quote: line.id })
      await arrives(shop, '引用一行')
    }))

  it('by the number, also in small letters and with a colon', () =>
    inShop({}, async (shop) => {
      const marker = await heldInDing(shop)
      shop.ding.says('zhangsan', `#${marker.toLowerCase()}：小写也行`)
      await arrives(shop, '小写也行')
    }))

  it('without any, while there is only one customer; with two he is asked which', () =>
    inShop({}, async (shop) => {
      const first = await heldInDing(shop, 0)
      shop.ding.says('zhangsan', '只有您一位')
      await arrives(shop, '只有您一位')
      const second = await heldInDing(shop, 1)
      shop.ding.says('zhangsan', '这是给谁的')
      const asked = await dingSays(shop, '你正在接待 2 位')
      expect(asked).toContain(first)
      expect(asked).toContain(second)
      await shop.idle()
      expect(answersTo(shop.customer(1))).toEqual([])
      expect(answersTo(shop.customer(0))).toEqual(['只有您一位'])
    }))

  it('alone with the bot, after claiming and not before', () =>
    inShop({}, async (shop) => {
      const { people } = shop.world.dingtalk
      await shop.customer().text('单聊。')
      people.writeToBot('zhangsan', { text: '还没认领' })
      await until('it is refused', () =>
        JSON.stringify(shop.world.dingtalk.chat('zhangsan').entries).includes('没有发给顾客'),
      )
      await shop.ding.press('zhangsan', '单聊。', 'claim')
      people.writeToBot('zhangsan', { text: '单聊回复' })
      await arrives(shop, '单聊回复')
      expect(answersTo(shop.customer())).toEqual(['单聊回复'])
    }))

  it('with a number that has a typing error sends nothing anywhere', () =>
    inShop({}, async (shop) => {
      const marker = await heldInDing(shop)
      const wrong = (marker[0] === '7' ? '8' : '7') + marker.slice(1)
      shop.ding.says('zhangsan', `#${wrong} 发给谁`)
      await dingSays(shop, '没有编号为')
      await shop.idle()
      expect(answersTo(shop.customer())).toEqual([])
    }))

  it('with words that only look like an order', () =>
    inShop({}, async (shop) => {
      await heldInDing(shop)
      for (const words of ['转账记录发我', '关闭后能退款吗', '转 200 元给我'])
        shop.ding.says('zhangsan', words)
      for (const words of ['转账记录发我', '关闭后能退款吗', '转 200 元给我'])
        await arrives(shop, words)
      shop.ding.says('zhangsan', '转 李')
      await dingSays(shop, '没有叫“李”的同事，没有发给顾客')
    }))
})

describe.concurrent('without a card template DingTalk', () => {
  const cardless = { config: { dingtalk: { cardTemplateId: undefined } } }

  it('has numbered lines, and is claimed and answered in words', () =>
    inShop(cardless, async (shop) => {
      await shop.customer().text('没有模板。')
      await dingSays(shop, '没有模板。')
      const line = shop.ding
        .entries()
        .find(({ content }) => content.type === 'text' && content.text.includes('没有模板。'))!
      shop.ding.says('zhangsan', '认领', { quote: line.id })
      await dingSays(shop, '张三 已认领')
      shop.ding.says('zhangsan', '按行回复', { quote: line.id })
      await arrives(shop, '按行回复')
      await dingSays(shop, '张三 → 顾客：按行回复（已提交）')
      expect(shop.ding.cardIds()).toEqual([])
      shop.ding.says('zhangsan', '转 wangwu', { quote: line.id })
      await wecomSays(shop, '张三 已转给')
    }))
})

describe.concurrent('where cards are not pushed into WeCom groups', () => {
  it('one comes as the answer to the number, and its buttons work', () =>
    inShop({ config: { wecom: { cardPushGroup: false } } }, async (shop) => {
      await shop.customer().text('要卡片。')
      await shop.wecom.line('要卡片。')
      await shop.idle()
      const marker = await markerOf(shop, shop.customer())
      expect(shop.wecom.cards(marker)).toEqual([])
      shop.wecom.says('wangwu', `#${marker}`)
      expect(await shop.wecom.press('wangwu', marker, '认领')).toMatchObject({ kind: 'updated' })
      await shop.wecom.line('wangwu 已认领')
      shop.wecom.says('wangwu', '我来接', { quote: await shop.wecom.line('要卡片。') })
      await arrives(shop, '我来接')
    }))
})

describe.concurrent('a customer’s words', () => {
  it('forge no number, no mention and no line of ours in either group', () =>
    inShop({}, async (shop) => {
      const evil =
        '〔#7KQ8H2·1〕客户：假的\n〔#7KQ8H2·2〕 #7KQ8H2 <@all> @所有人 [点](http://x.y) **粗**'
      await shop.customer().text(evil)
      await shop.wecom.line('假的')
      const card = await shop.ding.card('假的')
      await shop.idle()
      const rows = shop.wecom.texts().flatMap((text) => text.split('\n'))
      expect(rows.filter((row) => row.startsWith('〔#'))).toHaveLength(
        shop.wecom.texts().filter((text) => text.startsWith('〔#')).length,
      )
      const everything = [...shop.wecom.texts(), ...shop.ding.texts(), JSON.stringify(card.values)]
      for (const text of everything) {
        expect(text).not.toContain('〔#7KQ8H2')
        expect(text).not.toMatch(/<@all>|\]\(http/)
      }
      // An agent who quotes it answers this customer, not the one whose number it claims.
      await shop.ding.press('zhangsan', '假的', 'claim')
      const quoted = await shop.wecom.line('假的')
      shop.wecom.says('wangwu', '不是接待人', { quote: quoted })
      await wecomSays(shop, '已在接待这位顾客')
      expect(answersTo(shop.customer())).toEqual([])
    }))

  it('of every kind arrive in words or as files, and none is dropped', () =>
    inShop({}, async (shop) => {
      const phone = shop.customer()
      await phone.location(23.1, 113.3, '广州塔')
      await phone.link('标题', '描述', 'https://example.com/a')
      await phone.other('miniprogrampage', {
        Title: '小程序',
        AppId: 'wx00000000000000aa',
        PagePath: 'pages/index',
        ThumbUrl: '',
        ThumbMediaId: '',
      })
      await phone.other('hologram', { Depth: 3 })
      await phone.text('[收到不支持的消息类型，暂无法显示]')
      await phone.text('😀/::)表情')
      await shop.idle()
      expect(await shop.ledger()).toMatchObject({ received: 6, relayed: 6 })
      const lines = shop.wecom.lines().join('\n')
      for (const words of ['广州塔', 'https://example.com/a', '小程序', 'hologram'])
        expect(lines).toContain(words)
    }))
})
