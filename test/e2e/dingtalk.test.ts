import { afterEach, describe, expect, it } from 'vitest'
import type { FaultRule } from '#src/playground/faults.ts'
import type { SeedOptions } from '#src/playground/seed.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { answersTo, openShop, type Shop, type ShopOptions } from '#test/support/product.ts'
import { settled, until } from '#test/support/until.ts'

let shop: Shop

async function open(
  dingtalk: NonNullable<SeedOptions['dingtalk']> = {},
  more: Partial<ShopOptions> = {},
): Promise<void> {
  shop = await openShop({
    seed: {
      wechat: { quota: { message: { windowMs: 172_800_000, max: 1000 } } },
      dingtalk,
    },
    ...more,
  })
}

afterEach(() => shop.stop())

const bare = { quota: { message: { windowMs: 172_800_000, max: 1000 } } }

function strike(rule: FaultRule): () => void {
  return shop.world.dingtalk.faults.add(rule)
}

const refuse = (call: string, code: string, times?: number): FaultRule => ({
  call,
  fault: { kind: 'errcode', code },
  ...(times !== undefined && { times }),
})

async function says(...words: string[]): Promise<void> {
  for (const one of words) await shop.customer().text(one)
}

const calls = (name: string): number =>
  shop.world.dingtalk.calls.filter((call) => call.name === name).length

const ledgerOf = (relayed: number) => ({
  received: relayed,
  relayed,
  filtered: 0,
  waiting: 0,
  parked: 0,
})

describe('DingTalk’s API', () => {
  it.each([
    [
      'refuses calls above its rate',
      refuse('*', 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', 6),
    ],
    ['answers 504', { call: '*', fault: { kind: 'status', status: 504, body: '' }, times: 6 }],
    ['cuts the connection', { call: '*', fault: { kind: 'cut' }, times: 6 }],
    [
      'does what it is told and loses the answer',
      { call: 'card/createAndDeliver', fault: { kind: 'lost-answer' }, times: 2 },
    ],
    [
      'loses the answers to updates',
      { call: 'card/update', fault: { kind: 'lost-answer' }, times: 3 },
    ],
  ] satisfies [string, FaultRule][])(
    '%s for a while: one card has it all, once',
    async (_, rule) => {
      await open()
      strike(rule)
      await says('第一句。', '第二句。', '第三句。')
      await shop.letPass()
      const card = await shop.ding.card('第三句。')
      const talk = talkOf(card.values)
      expect(talk.map((line) => line.slice(-4))).toEqual(['第一句。', '第二句。', '第三句。'])
      expect(shop.ding.cardIds()).toHaveLength(1)
      expect(await shop.ledger()).toEqual(ledgerOf(3))
    },
  )

  it('refuses for the rest of the month: WeCom has all, and the operator can send what is missing later', async () => {
    await open()
    const over = 'Forbidden.AccessDenied.ApiCountLimitForOrg'
    const ends = ['card/createAndDeliver', 'card/update', 'groupMessages/send'].map((call) =>
      strike(refuse(call, over)),
    )
    await says('额度外一。', '额度外二。')
    await shop.letPass()
    expect(shop.wecom.lines().filter((line) => line.includes('额度外'))).toHaveLength(2)
    expect(await shop.ledger()).toEqual(ledgerOf(2))
    for (const end of ends) end()
    await says('额度回来。')
    await shop.letPass()
    const card = await shop.ding.card('额度回来。')
    expect(talkOf(card.values)).toHaveLength(3)
  })

  it('refuses everything while it is the only workplace: messages are parked and come by a replay', async () => {
    await open({}, { bind: ['dingtalk'] })
    const end = strike(refuse('*', 'Forbidden.AccessDenied.ApiCountLimitForOrg'))
    await says('只有钉钉一。', '只有钉钉二。')
    await shop.letPass()
    expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 0, parked: 2 })
    end()
    await shop.product.command('dead.replay-all')
    await shop.letPass()
    expect(await shop.ledger()).toEqual(ledgerOf(2))
    const shown = [...shop.ding.texts(), JSON.stringify(shop.ding.drawings())].join('\n')
    for (const words of ['只有钉钉一。', '只有钉钉二。']) expect(shown).toContain(words)
  })

  it('refuses words for their content: the card says so, WeCom has them', async () => {
    await open({ unsafeWords: ['违禁词'] })
    await says('这里有违禁词。')
    const card = await shop.ding.card('内容未通过钉钉审核')
    expect(JSON.stringify(card.values)).not.toContain('违禁词')
    await shop.wecom.line('这里有违禁词。')
    await shop.idle()
    expect(await shop.ledger()).toEqual(ledgerOf(1))
  })

  it('takes a card and does not deliver it: the words come as a line, the next message with a card', async () => {
    await open()
    strike({ call: 'card/deliverResults', fault: { kind: 'errcode', code: 'failed' }, times: 1 })
    await says('没投放。')
    await until('it stands in the group', () =>
      shop.ding.texts().some((t) => t.includes('没投放。')),
    )
    await says('再来一句。')
    const card = await shop.ding.card('再来一句。')
    expect(shop.ding.cardIds()).toContain(card.outTrackId)
  })

  it('answers with a web page: nothing is called for five minutes, then all arrives', async () => {
    await open()
    strike({
      call: 'card/createAndDeliver',
      fault: { kind: 'status', status: 200, body: '<html>denied</html>' },
      times: 1,
    })
    await says('被封。')
    await until('it was tried', () => calls('card/createAndDeliver') === 1)
    await shop.wecom.line('被封。')
    await says('还在封。')
    shop.clock.jump(4 * 60_000)
    await settled(() => shop.world.dingtalk.calls.length)
    expect(calls('card/createAndDeliver') + calls('card/update')).toBe(1)
    shop.clock.jump(61_000)
    await shop.letPass()
    const card = await shop.ding.card('还在封。')
    expect(talkOf(card.values)).toHaveLength(2)
  })

  it('does not know a card any more: a new one is posted with all that is open', async () => {
    await open()
    await says('旧卡。')
    const old = await shop.ding.card('旧卡。')
    await shop.idle()
    strike(refuse('card/update', 'param.cardNotExist', 1))
    await says('新消息。')
    await shop.letPass()
    const card = await shop.ding.card('新消息。')
    expect(card.outTrackId).not.toBe(old.outTrackId)
    expect(talkOf(card.values)).toHaveLength(2)
    expect(await shop.ledger()).toEqual(ledgerOf(2))
  })

  it('throws us out of the group: WeCom goes on', async () => {
    await open()
    shop.world.dingtalk.removeRobot(shop.ding.id)
    await says('被移出。')
    await shop.wecom.line('被移出。')
    await shop.letPass()
    expect(await shop.ledger()).toEqual(ledgerOf(1))
    expect(shop.ding.cardIds()).toEqual([])
  })

  it('has its tokens revoked: one new one is fetched and nothing is lost', async () => {
    await open()
    await says('热身。')
    await shop.ding.card('热身。')
    await shop.idle()
    const before = calls('oauth2/accessToken')
    shop.world.dingtalk.revokeTokens()
    await Promise.all([says('令牌作废。'), shop.customer(1).text('另一位。')])
    await shop.ding.card('令牌作废。')
    await shop.ding.card('另一位。')
    expect(calls('oauth2/accessToken') - before).toBe(1)
  })

  it('holds its real limits, and none of our calls is refused', async () => {
    shop = await openShop({
      seed: { limits: true },
      config: { relay: { limits: true }, dingtalk: { callsPerSecond: 15 } },
      bind: ['dingtalk'],
    })
    const account = shop.world.wechat.account(shop.world.appid)
    const phones = Array.from({ length: 30 }, () => account.addPhone())
    await Promise.all(phones.map((phone, i) => phone.text(`客流${i}。`)))
    for (const i of phones.keys()) await shop.ding.card(`客流${i}。`)
    const refused = shop.world.dingtalk.calls.filter(({ status }) => status === 403)
    expect(refused).toEqual([])
    expect(shop.world.dingtalk.problems).toEqual([])
  })
})

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
