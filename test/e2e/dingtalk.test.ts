import { describe, expect, it } from 'vitest'
import type { FaultRule } from '#src/playground/faults.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { settled, until } from '#test/support/until.ts'
import {
  calls,
  closeAfterwards,
  ledgerOf,
  open,
  refuse,
  says,
  shop,
  strike,
} from './in-dingtalk.ts'

closeAfterwards()

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
    await open(
      {},
      {
        seed: { limits: true },
        config: { relay: { limits: true }, dingtalk: { callsPerSecond: 15 } },
        bind: ['dingtalk'],
      },
    )
    const account = shop.world.wechat.account(shop.world.appid)
    const phones = Array.from({ length: 30 }, () => account.addPhone())
    await Promise.all(phones.map((phone, i) => phone.text(`客流${i}。`)))
    for (const i of phones.keys()) await shop.ding.card(`客流${i}。`)
    const refused = shop.world.dingtalk.calls.filter(({ status }) => status === 403)
    expect(refused).toEqual([])
    expect(shop.world.dingtalk.problems).toEqual([])
  })
})
