import { describe, expect, it } from 'vitest'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import { answersTo } from '#test/support/product.ts'
import { until } from '#test/support/until.ts'
import {
  calls,
  closeAfterwards,
  contact,
  endsAs,
  nothingMoreIsSent,
  open,
  reply,
  shop,
  strike,
  used,
  wire,
} from './answering.ts'

closeAfterwards()

describe('an answer that the platform refuses', () => {
  it.each([
    [45015, '已超过平台回复时限'],
    [45047, '平台回复条数已用完'],
  ])('with %i closes the box with the reason until the customer writes', async (code, words) => {
    await open()
    strike({ kind: 'errcode', code })
    await reply('被拒')
    const card = await endsAs('被拒', '发送失败')
    expect(card.values['warning']).toContain(words)
    expect(card.values['fields']).toContain('回复额度：0 条')
    expect(card.values['reply_open']).toBe('')
    await nothingMoreIsSent()
    expect(answersTo(shop.customer())).toEqual([])
    await shop.customer().text('我又来了')
    await shop.idle()
    await reply('欢迎回来')
    await endsAs('欢迎回来', '已提交')
  })

  it('with 45015 because the customer has left says that', async () => {
    await open()
    shop.world.wechat.account(shop.world.appid).phone(shop.customer().openid).follows = false
    await reply('还在关注吗')
    const card = await endsAs('还在关注吗', '发送失败')
    expect(card.values['warning']).toContain('顾客已取消关注')
    expect(await contact()).toMatchObject({ following: false })
  })

  it('because the customer has left in the meantime is not even tried', async () => {
    await open()
    await shop.customer().unsubscribe()
    const card = await shop.ding.card('无法回复', 'zhangsan')
    expect(card.values['warning']).toContain('已取消关注')
    shop.ding.says('zhangsan', '还在吗')
    await until('it is refused', () => shop.ding.texts().some((t) => t.includes('已取消关注')))
    expect(calls('custom/send')).toBe(0)
    await shop.customer().subscribe()
    shop.clock.jump(1000)
    await shop.customer().text('回来了')
    await shop.idle()
    await reply('欢迎')
    await endsAs('欢迎', '已提交')
  })

  it('with 45009 waits and goes out once the platform takes it', async () => {
    await open()
    strike({ kind: 'errcode', code: 45009 }, 2)
    await reply('等一等')
    for (const tries of [1, 2]) {
      await until('it was tried', () => calls('custom/send') === tries)
      await shop.idleBut(1)
      shop.clock.jump(6000)
    }
    await endsAs('等一等', '已提交')
    expect(answersTo(shop.customer())).toEqual(['等一等'])
    expect(await used()).toBe(1)
  })

  it('with 45009 for a minute is given up, said, and given back', async () => {
    await open({ relay: { customerRetryMs: 0 } })
    strike({ kind: 'errcode', code: 45009 }, 99)
    await reply('一直超限')
    const card = await endsAs('一直超限', '发送失败')
    expect(card.values['label_retry']).toBe('再发一次')
    expect(await used()).toBe(0)
    expect(card.values['fields']).toContain('回复额度：5 条')
    shop.world.wechat.faults.clear()
    await shop.ding.press('zhangsan', '一直超限', 'retry')
    await endsAs('一直超限', '已提交')
    expect(answersTo(shop.customer())).toEqual(['一直超限'])
  })

  it('with 45047 on its first try only, goes out at the second', async () => {
    await open({ account: { quotaUsedRetryMs: 50 } })
    strike({ kind: 'errcode', code: 45047 })
    await reply('太快了')
    await endsAs('太快了', '已提交')
    expect(answersTo(shop.customer())).toEqual(['太快了'])
  })

  it('with 40001 is sent once, with a token that was fetched once', async () => {
    await open()
    await reply('热身')
    await endsAs('热身', '已提交')
    const [tokens, sends] = [calls('stable_token'), calls('custom/send')]
    const account = shop.world.wechat.account(shop.world.appid)
    account.tokens.killAll(shop.clock.now())
    await reply('换了令牌')
    await endsAs('换了令牌', '已提交')
    expect(calls('stable_token') - tokens).toBe(1)
    expect(calls('custom/send') - sends).toBe(2)
    expect(answersTo(shop.customer())).toEqual(['热身', '换了令牌'])
  })

  it('with 40001 whatever the token is given up with words for the operator', async () => {
    await open()
    strike({ kind: 'errcode', code: 40001 }, 99)
    await reply('永远不行')
    const card = await endsAs('永远不行', '发送失败')
    expect(card.values['warning']).toContain('AppID 或 AppSecret 不正确')
    const sends = calls('custom/send')
    expect(sends).toBeLessThanOrEqual(2)
    await nothingMoreIsSent()
  })

  it('with 40001 for twenty customers at once costs one new token', async () => {
    await open()
    const phones = await twentyHeld()
    const tokens = calls('stable_token')
    shop.world.wechat.account(shop.world.appid).tokens.killAll(shop.clock.now())
    for (const { marker } of phones) shop.ding.says('zhangsan', `#${marker} 都在`)
    await until('all arrive', () => phones.every(({ phone }) => answersTo(phone).length > 0))
    await shop.idle()
    for (const { phone } of phones) expect(answersTo(phone)).toEqual(['都在'])
    expect(calls('stable_token') - tokens).toBe(1)
  })
})

describe('a platform that cannot be reached', () => {
  it('gets the answer once it is back, and only once', async () => {
    await open()
    await reply('热身')
    await endsAs('热身', '已提交')
    await wire.down()
    await reply('等你回来')
    await until('it was tried', () => shop.log.some((line) => line.includes('wechat.unreachable')))
    await wire.up()
    shop.clock.jump(5000)
    await endsAs('等你回来', '已提交')
    expect(answersTo(shop.customer())).toEqual(['热身', '等你回来'])
  })

  it('for longer than a minute is told to the agent, and nothing goes out by itself later', async () => {
    await open({ relay: { customerRetryMs: 0 } })
    await wire.down()
    await reply('没有网')
    const card = await endsAs('没有网', '发送失败')
    expect(card.values['warning']).toContain('平台暂时无法连接')
    await wire.up()
    await nothingMoreIsSent()
    expect(answersTo(shop.customer())).toEqual([])
    expect(await used()).toBe(0)
  })
})

async function twentyHeld() {
  const account = shop.world.wechat.account(shop.world.appid)
  const { read } = shop.product.store
  const held = []
  for (let i = 0; i < 20; i++) {
    const phone = account.addPhone()
    await phone.text(`第${i}位。`)
    const lane = contactLane('shop' as AccountId, phone.openid)
    const conversation = await until('it is open', () => read.conversation(lane))
    shop.ding.says('zhangsan', `#${conversation.marker} 认领`)
    held.push({ phone, lane, marker: conversation.marker })
  }
  for (const { lane } of held)
    await until('it is held', async () => (await read.conversation(lane))?.status === 'held')
  await shop.idle()
  return held
}
