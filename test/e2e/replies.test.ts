import { afterEach, describe, expect, it } from 'vitest'
import type { Contact } from '#src/domain/contact.ts'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import { createHttp } from '#src/platform/http.ts'
import type { Fault } from '#src/playground/faults.ts'
import type { CardView } from '#src/playground/dingtalk/index.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { answersTo, openShop, type Shop } from '#test/support/product.ts'
import { settled, until } from '#test/support/until.ts'
import { layWire, type Wire } from '#test/support/wire.ts'

let shop: Shop
let wire: Wire

interface Own {
  relay?: object
  account?: object
  dingtalk?: object
}

/** A customer waits, 张三 has claimed in DingTalk, and the platform is reached over a wire. */
async function open({ relay = {}, account = {}, dingtalk = {} }: Own = {}): Promise<void> {
  shop = await openShop({
    config: async ({ wechat }) => {
      wire = await layWire(wechat.url)
      return { relay, dingtalk, account: { apiBase: wire.url, quotaUsedRetryMs: 0, ...account } }
    },
    product: { http: createHttp({ timeoutMs: 400 }) },
  })
  await shop.customer().text('顾客在此。')
  await shop.ding.press('zhangsan', '顾客在此。', 'claim')
  await shop.idle()
}

afterEach(async () => {
  await shop.stop()
  await wire.down()
})

function strike(fault: Fault, times = 1): void {
  shop.world.wechat.faults.add({ call: 'custom/send', fault, times })
}

const calls = (name: string): number => shop.world.wechat.calls.get(name) ?? 0

async function reply(text: string): Promise<void> {
  await shop.ding.reply('zhangsan', '顾客在此。', text)
}

async function contact(): Promise<Contact> {
  const lane = contactLane('shop' as AccountId, shop.customer().openid)
  const found = await shop.product.store.read.contact(lane)
  if (!found) throw new Error('no contact')
  return found
}

const used = async (): Promise<number | undefined> => (await contact()).quota['message']?.used

/** The agent's line on the card, once it says how it ended. */
function endsAs(words: string, state: string): Promise<CardView> {
  return until(`${words} is shown as ${state}`, () => {
    const card = shop.ding.find(words, 'zhangsan')
    const line = card && talkOf(card.values).find((one) => one.includes(words))
    return line?.includes(`（${state}）`) ? card : undefined
  })
}

/** Nothing more is sent, whatever comes due. */
async function nothingMoreIsSent(): Promise<void> {
  const before = calls('custom/send')
  shop.clock.jump(2 * 60_000)
  await settled(() => calls('custom/send'))
  expect(calls('custom/send')).toBe(before)
}

describe('an answer', () => {
  it('arrives once, is shown as handed over, and costs one of five', async () => {
    await open()
    await reply('在的')
    const card = await endsAs('在的', '已提交')
    expect(card.values['fields']).toContain('回复额度：4 条')
    expect(answersTo(shop.customer())).toEqual(['在的'])
    await nothingMoreIsSent()
  })

  it('keeps its order among others, however quickly they are typed', async () => {
    // Over one connection: DingTalk pushes each message to any of several, and then nobody can know.
    await open({ dingtalk: { stream: { connections: 1 } } })
    for (const text of ['一', '二', '三', '四']) shop.ding.says('zhangsan', `${text}。`)
    await until('all four arrive', () => answersTo(shop.customer()).length === 4)
    expect(answersTo(shop.customer())).toEqual(['一。', '二。', '三。', '四。'])
  })

  it('of which nothing is left is refused with the reason, and the customer’s next message frees it', async () => {
    await open()
    for (const text of ['1', '2', '3', '4', '5']) {
      await reply(`${text}号`)
      await endsAs(`${text}号`, '已提交')
    }
    const card = shop.ding.find('顾客在此。', 'zhangsan')
    expect(card?.values['warning']).toContain('平台回复条数已用完')
    shop.ding.says('zhangsan', '第六条')
    await until('it is refused', () => shop.ding.texts().some((t) => t.includes('没有发给顾客')))
    shop.clock.jump(2000)
    await shop.customer().text('还在吗')
    await shop.idle()
    await reply('一直都在')
    await endsAs('一直都在', '已提交')
    expect(answersTo(shop.customer())).toEqual(['1号', '2号', '3号', '4号', '5号', '一直都在'])
  })
})

describe('a long answer', () => {
  it('goes out in parts, in order, each of which costs', async () => {
    await open()
    const text = `${'第一部分很长。'.repeat(90)}${'第二部分也长。'.repeat(90)}`
    await reply(text)
    await until('both parts arrive', () => answersTo(shop.customer()).length === 2)
    expect(answersTo(shop.customer()).join('')).toBe(text)
    expect(await used()).toBe(2)
  })

  it('of which one part is uncertain leaves the others as they are, and only that one goes again', async () => {
    await open()
    strike({ kind: 'status', status: 502, body: '' })
    await reply(`${'甲部分。'.repeat(160)}${'乙部分。'.repeat(160)}`)
    await until('the second part arrives', () => answersTo(shop.customer()).length === 1)
    await shop.idle()
    const card = await shop.ding.card('顾客在此。', 'zhangsan')
    expect(talkOf(card.values).filter((line) => line.includes('不确定'))).toHaveLength(1)
    expect(answersTo(shop.customer())[0]).toContain('乙部分。')
  })

  it('that needs more than is left is refused whole', async () => {
    await open()
    for (const text of ['1', '2', '3', '4']) {
      await reply(`${text}号`)
      await endsAs(`${text}号`, '已提交')
    }
    shop.ding.says('zhangsan', '要分两条的话。'.repeat(150))
    await until('it is refused', () => shop.ding.texts().some((t) => t.includes('剩余条数不够')))
    expect(answersTo(shop.customer())).toHaveLength(4)
  })
})

describe('an answer whose fate nobody knows', () => {
  const uncertain: [string, Fault, number][] = [
    ['is answered 502', { kind: 'status', status: 502, body: '' }, 0],
    ['is cut before it was taken', { kind: 'cut' }, 0],
    ['is cut after it was taken', { kind: 'lost-answer' }, 1],
    ['is not answered in time', { kind: 'delay', ms: 700 }, 1],
    ['is answered with nonsense', { kind: 'status', status: 200, body: '<html>' }, 0],
  ]
  it.each(uncertain)('because it %s is shown so and not sent again', async (_, fault, arrives) => {
    await open()
    strike(fault)
    await reply('到了吗')
    const card = await endsAs('到了吗', '不确定是否送达')
    expect(card.values['warning']).toContain('不确定是否送达')
    expect(card.values['label_retry']).toBe('再发一次')
    await until('the platform is done', () => answersTo(shop.customer()).length >= arrives)
    await nothingMoreIsSent()
    expect(answersTo(shop.customer())).toHaveLength(arrives)
    // It may have been used up.
    expect(await used()).toBe(1)
  })

  it('goes out again when the holder says so', async () => {
    await open()
    strike({ kind: 'status', status: 502, body: '' })
    await reply('再来一次')
    await endsAs('再来一次', '不确定是否送达')
    await shop.ding.press('zhangsan', '再来一次', 'retry')
    const card = await endsAs('再来一次', '已提交')
    expect(card.values['label_retry']).toBe('')
    expect(answersTo(shop.customer())).toEqual(['再来一次'])
  })

  it('goes out again once, however often and by however many the button is pressed', async () => {
    await open()
    strike({ kind: 'status', status: 502, body: '' })
    await reply('只补一次')
    const { outTrackId } = await endsAs('只补一次', '不确定是否送达')
    const { people } = shop.world.dingtalk
    const press = (user: string) => people.click(user, outTrackId, 'retry')
    await Promise.all([press('zhangsan'), press('zhangsan'), press('lisi'), press('zhangsan')])
    await endsAs('只补一次', '已提交')
    await shop.idle()
    expect(answersTo(shop.customer())).toEqual(['只补一次'])
  })

  it('does not hold up the answers behind it', async () => {
    await open()
    strike({ kind: 'lost-answer' })
    await reply('第一条')
    await reply('第二条')
    await endsAs('第二条', '已提交')
    expect(answersTo(shop.customer())).toEqual(['第一条', '第二条'])
  })

  it('is said in the WeCom group too, when the holder sits there', async () => {
    await open()
    await shop.ding.press('zhangsan', '顾客在此。', 'release')
    await shop.wecom.line('已释放')
    const line = await shop.wecom.line('顾客在此。')
    shop.wecom.says('wangwu', '认领', { quote: line })
    await shop.wecom.line('wangwu 已认领')
    strike({ kind: 'lost-answer' })
    shop.wecom.says('wangwu', '企微答复', { quote: line })
    const echo = await shop.wecom.line('wangwu → 顾客：企微答复')
    expect(JSON.stringify(echo.content)).toContain('不确定是否送达')
  })
})

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
