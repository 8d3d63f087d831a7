import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Phone } from '#src/playground/wechat/phone.ts'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import { buttonKey, cardOf } from '#test/support/wecom-group.ts'
import { answersTo, openShop, type Shop } from '#test/support/product.ts'
import { until } from '#test/support/until.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop.stop())

function conversationOf(phone: Phone): Promise<Conversation | undefined> {
  return shop.product.store.read.conversation(contactLane('shop' as AccountId, phone.openid))
}

async function newCustomer(words: string): Promise<Phone> {
  const phone = shop.world.wechat.account(shop.world.appid).addPhone()
  await phone.text(words)
  await shop.ding.card(words)
  await shop.wecom.line(words)
  return phone
}

/** What the clicker of a DingTalk card was shown beside it. */
function hintOf(answer: unknown): string {
  const text = JSON.stringify(answer)
  return /"hint":"([^"]*)"/.exec(text)?.[1] ?? ''
}

async function markerOf(phone: Phone): Promise<string> {
  return (await conversationOf(phone))?.marker ?? ''
}

describe('two agents of two workplaces who claim within a millisecond', () => {
  it('leave exactly one holder; the other is told who, and only the winner’s words go out', async () => {
    const wins = { dingtalk: 0, wecom: 0 }
    for (let round = 1; round <= 24; round++) {
      const words = `第${round}轮抢单。`
      const phone = await newCustomer(words)
      // Either way round the first to set out has a small lead.
      const ding = (): Promise<unknown> => shop.ding.press('zhangsan', words, 'claim')
      const wecom = (): Promise<unknown> => shop.wecom.press('wangwu', words, '认领')
      const both = round % 2 === 0 ? [ding(), wecom()] : [wecom(), ding()].toReversed()
      const [inDing, inWecom] = await Promise.all(both)
      const held = await conversationOf(phone)
      expect(held).toMatchObject({ status: 'held', lease: 1 })
      const winner = held?.holder?.agent === 'dingtalk/zhangsan' ? 'dingtalk' : 'wecom'
      wins[winner]++
      if (winner === 'dingtalk') expect(JSON.stringify(inWecom)).toContain('张三·钉钉')
      else expect(hintOf(inDing)).toContain('wangwu·企业微信 已在接待')
      await onlyTheWinnerSpeaks(phone, winner, words)
    }
    expect(wins.dingtalk + wins.wecom).toBe(24)
  }, 60_000)

  it('in words are answered the same: one holds, the other reads who', async () => {
    const phone = await newCustomer('用文字抢。')
    const marker = await markerOf(phone)
    shop.ding.says('lisi', `#${marker} 认领`)
    shop.wecom.says('zhaoliu', `#${marker} 认领`)
    const held = await until('somebody holds it', async () => {
      const now = await conversationOf(phone)
      return now?.status === 'held' && now
    })
    expect(held.lease).toBe(1)
    const loserReads = held.holder?.agent === 'dingtalk/lisi' ? shop.wecom : shop.ding
    await until('the loser reads who', () =>
      loserReads.texts().some((text) => text.includes('已在接待这位顾客')),
    )
  })

  it.each([12])('%i agents at once leave one holder', async (count) => {
    const words = '十二个人抢。'
    const phone = await newCustomer(words)
    const clicks = Array.from({ length: count }, (_, i) =>
      i % 2 === 0
        ? shop.ding.press(i % 4 === 0 ? 'zhangsan' : 'lisi', words, 'claim').catch(() => undefined)
        : shop.wecom
            .press(i % 4 === 1 ? 'wangwu' : 'zhaoliu', words, '认领')
            .catch(() => undefined),
    )
    await Promise.all(clicks)
    expect(await conversationOf(phone)).toMatchObject({ status: 'held', lease: 1 })
  })
})

/** Both say something to the customer, each in their own way. */
async function onlyTheWinnerSpeaks(
  phone: Phone,
  winner: 'dingtalk' | 'wecom',
  words: string,
): Promise<void> {
  const marker = await markerOf(phone)
  shop.ding.says('zhangsan', `#${marker} 钉钉说`)
  shop.wecom.says('wangwu', '企微说', { quote: await shop.wecom.line(words) })
  const expected = winner === 'dingtalk' ? '钉钉说' : '企微说'
  await until('the winner’s words arrive', () => answersTo(phone).length > 0)
  await shop.idle()
  expect(answersTo(phone)).toEqual([expected])
}

describe('a conversation', () => {
  it('given back in DingTalk is claimed in WeCom, and the first agent’s words stay in the group', async () => {
    const phone = await newCustomer('要退换。')
    await shop.ding.press('zhangsan', '要退换。', 'claim')
    await shop.ding.reply('zhangsan', '要退换。', '我来看看')
    await until('the answer arrives', () => answersTo(phone).length === 1)
    await shop.ding.press('zhangsan', '要退换。', 'release')
    await shop.wecom.line('张三 已释放，等待认领')
    // The old card cannot be redrawn, so the group has got a fresh one, which counts at once.
    expect(await shop.wecom.press('wangwu', '要退换。', '认领')).toMatchObject({ kind: 'updated' })
    expect(await conversationOf(phone)).toMatchObject({ status: 'held' })
    shop.ding.says('zhangsan', `#${await markerOf(phone)} 我还在说`)
    shop.wecom.says('wangwu', '换我接待', { quote: await shop.wecom.line('要退换。') })
    await until('the new holder’s words arrive', () => answersTo(phone).length === 2)
    await shop.idle()
    expect(answersTo(phone)).toEqual(['我来看看', '换我接待'])
  })

  it('handed over on the card from DingTalk to WeCom goes on there', async () => {
    const phone = await newCustomer('请转企微。')
    await shop.ding.press('zhangsan', '请转企微。', 'claim')
    await shop.ding.press('zhangsan', '请转企微。', 'colleagues')
    const { outTrackId } = await shop.ding.card('请转企微。', 'zhangsan')
    await shop.world.dingtalk.people.submit('zhangsan', outTrackId, 'transfer', {
      to: 'wecom/wangwu',
    })
    expect(await conversationOf(phone)).toMatchObject({
      status: 'held',
      lease: 2,
      holder: { agent: 'wecom/wangwu', group: `wecom/${shop.wecom.id}` },
    })
    await phone.text('转过去了吗')
    const line = await shop.wecom.line('转过去了吗')
    shop.wecom.says('wangwu', '到我这里了', { quote: line })
    await until('the answer arrives', () => answersTo(phone).includes('到我这里了'))
    // The one who handed it over sees no box any more.
    await shop.idle()
    const card = shop.ding.find('请转企微。', 'zhangsan')
    expect(card?.values['can_reply'] ?? '').toBe('')
    expect(card?.values['fields']).toContain('wangwu·企业微信 接待中')
  })

  it('handed over in words from WeCom to DingTalk calls the colleague there', async () => {
    const phone = await newCustomer('请转钉钉。')
    // 李四 has been seen in the group.
    shop.ding.says('lisi', '列表')
    const line = await shop.wecom.line('请转钉钉。')
    shop.wecom.says('wangwu', '认领', { quote: line })
    await shop.wecom.line('wangwu 已认领')
    await shop.idle()
    shop.wecom.says('wangwu', '转 李四', { quote: line })
    await until('it is handed over', async () => (await conversationOf(phone))?.lease === 2)
    expect(await conversationOf(phone)).toMatchObject({ holder: { agent: 'dingtalk/lisi' } })
    await shop.idle()
    const called = shop.ding.entries().filter(({ mentions }) => mentions.includes('lisi'))
    expect(called).not.toEqual([])
    await shop.ding.reply('lisi', '请转钉钉。', '李四在')
    await until('the answer arrives', () => answersTo(phone).includes('李四在'))
  })

  it('is not closed by a click on a card that was drawn before it changed hands', async () => {
    const phone = await newCustomer('旧卡片。')
    await shop.ding.press('zhangsan', '旧卡片。', 'claim')
    const old = await until('the holder’s buttons', () => {
      const card = shop.ding.find('旧卡片。', 'zhangsan')
      return card?.values['label_close'] ? card : undefined
    })
    const click = (): ReturnType<typeof shop.world.dingtalk.people.click> =>
      shop.world.dingtalk.people.click('zhangsan', old.outTrackId, 'close', {
        force: true,
        params: { action: 'close', lease: '1', space: shop.ding.id },
      })
    await shop.ding.press('zhangsan', '旧卡片。', 'release')
    await shop.ding.press('zhangsan', '旧卡片。', 'claim')
    expect(hintOf((await click()).answer)).toContain('卡片已过时')
    expect(await conversationOf(phone)).toMatchObject({ status: 'held', lease: 3 })
  })

  it('is shown as it is now when a WeCom card is clicked that others have left behind', async () => {
    const phone = await newCustomer('企微旧卡片。')
    const line = await until('the card', () => shop.wecom.cards('企微旧卡片。').at(-1))
    const claim = buttonKey(cardOf(line), '认领')!
    await shop.ding.press('zhangsan', '企微旧卡片。', 'claim')
    const outcome = await shop.world.wecom.members.click('wangwu', line, claim)
    expect(outcome.kind).toBe('updated')
    expect(JSON.stringify(outcome)).toContain('张三·钉钉 接待中')
    expect(await conversationOf(phone)).toMatchObject({ holder: { agent: 'dingtalk/zhangsan' } })
  })

  it('takes no words from a box that was left open after it was closed', async () => {
    const phone = await newCustomer('关掉之后。')
    await shop.ding.press('zhangsan', '关掉之后。', 'claim')
    const box = await until('the reply box', () => {
      const card = shop.ding.find('关掉之后。', 'zhangsan')
      return card?.values['can_reply'] ? card : undefined
    })
    await shop.ding.press('zhangsan', '关掉之后。', 'close')
    const answer = await shop.world.dingtalk.people.click('zhangsan', box.outTrackId, 'reply', {
      force: true,
      params: {
        action: 'reply',
        lease: '1',
        space: shop.ding.id,
        form: { text: '还在吗', nonce: 'x' },
      },
    })
    expect(hintOf(answer.answer)).toContain('会话已结束')
    await shop.idle()
    expect(answersTo(phone)).toEqual([])
  })
})
