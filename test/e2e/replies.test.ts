import { describe, expect, it } from 'vitest'
import type { Fault } from '#src/playground/faults.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { answersTo } from '#test/support/product.ts'
import { until } from '#test/support/until.ts'
import {
  closeAfterwards,
  endsAs,
  nothingMoreIsSent,
  open,
  reply,
  shop,
  strike,
  used,
} from './answering.ts'

closeAfterwards()

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
