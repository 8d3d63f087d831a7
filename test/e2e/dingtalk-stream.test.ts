import { describe, expect, it } from 'vitest'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'
import { answersTo } from '#test/support/product.ts'
import { settled, until } from '#test/support/until.ts'
import { bare, closeAfterwards, open, refuse, says, shop, strike } from './in-dingtalk.ts'

closeAfterwards()

describe('DingTalk’s Stream', () => {
  async function held(): Promise<string> {
    await says('请接待。')
    await shop.ding.press('zhangsan', '请接待。', 'claim')
    await shop.idle()
    return markerOf(shop.customer())
  }

  it('drops the socket during a click: the claim counts, and a second click says so', async () => {
    await open()
    await says('点击断线。')
    strike({ call: 'stream/card', fault: { kind: 'cut' }, times: 1 })
    const first = await shop.ding.press('zhangsan', '点击断线。', 'claim')
    expect(first.toast).toBeDefined()
    const card = await until('the card shows the holder', () => {
      const found = shop.ding.find('张三 接待中', 'lisi')
      return found
    })
    await shop.connected()
    const again = await shop.world.dingtalk.people.click('lisi', card.outTrackId, 'claim', {
      force: true,
      params: { action: 'claim', lease: '0', space: shop.ding.id },
    })
    expect(JSON.stringify(again.answer)).toContain('张三 已在接待')
  })

  it('delivers a click twice: the answer goes to the customer once', async () => {
    await open()
    await held()
    strike(refuse('stream/card', 'twice', 1))
    await shop.ding.reply('zhangsan', '请接待。', '只发一次')
    await until('it arrives', () => answersTo(shop.customer()).length > 0)
    await shop.idle()
    await settled(() => answersTo(shop.customer()))
    expect(answersTo(shop.customer())).toEqual(['只发一次'])
  })

  it('loses our answer to a click with words: pressed again, they go out once', async () => {
    await open()
    await held()
    strike({ call: 'stream/card', fault: { kind: 'lost-answer' }, times: 1 })
    const box = await shop.ding.card('请接待。', 'zhangsan')
    const submit = (): Promise<unknown> =>
      shop.world.dingtalk.people.submit('zhangsan', box.outTrackId, 'reply', { text: '再按一次' })
    // The form of the second press is still the first one's: the answer that would have emptied it was lost.
    await Promise.all([submit(), submit()])
    await until('it arrives', () => answersTo(shop.customer()).length > 0)
    await shop.idle()
    expect(answersTo(shop.customer())).toEqual(['再按一次'])
  })

  it('delivers messages twice, and again when our acknowledgement is lost: each goes out once', async () => {
    await open({ redeliverMs: 100 }, { config: { account: bare } })
    const marker = await held()
    strike(refuse('stream/bot', 'twice', 3))
    strike({ call: 'stream/bot', fault: { kind: 'lost-answer' }, times: 3 })
    const words = ['一一', '二二', '三三', '四四', '五五', '六六']
    for (const one of words) {
      await shop.ding.says('zhangsan', `#${marker} ${one}`).acknowledged
    }
    await until('all arrive', () => answersTo(shop.customer()).length >= words.length)
    await settled(() => answersTo(shop.customer()), 150)
    expect(answersTo(shop.customer())).toEqual(words)
  })

  it('says goodbye and drops connections under load: nothing that agents say is lost or doubled', async () => {
    await open(
      {
        redeliverMs: 150,
        withoutConnection: 'redelivered',
        redeliveries: 40,
        disconnectCloseMs: 60,
      },
      { config: { account: bare, dingtalk: { stream: { backoffFirstMs: 20, backoffMaxMs: 50 } } } },
    )
    const marker = await held()
    const { gateway } = shop.world.dingtalk
    const words = Array.from({ length: 60 }, (_, i) => `第${i}句话`)
    const told = words.map(async (one, i) => {
      await new Promise((resolve) => setTimeout(resolve, i * 8))
      if (i % 20 === 5) gateway.disconnect()
      if (i % 20 === 15) gateway.drop()
      return shop.ding.says('zhangsan', `#${marker} ${one}`).acknowledged
    })
    const acknowledged = await Promise.all(told)
    expect(acknowledged.every(Boolean)).toBe(true)
    await until('all arrive', () => answersTo(shop.customer()).length >= words.length)
    await shop.idle()
    expect(answersTo(shop.customer()).toSorted()).toEqual(words.toSorted())
  }, 30_000)

  it('falls silent without closing: the connection is replaced and the next message heard', async () => {
    await open({}, { config: { dingtalk: { stream: { pingEveryMs: 30, backoffFirstMs: 20 } } } })
    const marker = await held()
    const before = new Set(shop.world.dingtalk.gateway.connections().map(({ id }) => id))
    shop.world.dingtalk.gateway.mute()
    await until('other connections are open', () => {
      const open = shop.world.dingtalk.gateway.connections()
      return open.length > 0 && open.every(({ id }) => !before.has(id))
    })
    shop.ding.says('zhangsan', `#${marker} 换了连接`)
    await until('it arrives', () => answersTo(shop.customer()).includes('换了连接'))
  })

  it('does not say who wrote: politely refused, and nothing goes out', async () => {
    await open()
    const marker = await held()
    strike(refuse('stream/bot', 'no-staff-id', 1))
    shop.ding.says('zhangsan', `#${marker} 我是谁`)
    await until('it is refused', () =>
      shop.ding.texts().some((t) => t.includes('没能识别你的身份')),
    )
    await shop.idle()
    expect(answersTo(shop.customer())).toEqual([])
  })

  it('keeps the words to itself when the month’s messages are used up: nothing empty goes out, health says why', async () => {
    await open()
    const marker = await held()
    strike(refuse('stream/bot', '20001', 1))
    expect(await shop.ding.says('zhangsan', `#${marker} 看不见`).acknowledged).toBe(true)
    await shop.idle()
    expect(answersTo(shop.customer())).toEqual([])
    const status = JSON.stringify(await shop.product.command('status'))
    expect(status).toContain('quota of messages is used up')
  })
})

async function markerOf(phone: Phone): Promise<string> {
  const lane = contactLane('shop' as AccountId, phone.openid)
  return (await shop.product.store.read.conversation(lane))?.marker ?? ''
}
