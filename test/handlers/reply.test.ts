import { beforeEach, describe, expect, it } from 'vitest'
import type { MessageId } from '#src/domain/ids.ts'
import { HOUR, MINUTE, WECOM } from '#test/support/shop.ts'
import {
  type Ending,
  type Staff,
  type Stage,
  buttonsOf,
  cardWords,
  stage,
} from '#test/support/stage.ts'

let s: Stage
let zhang: Staff
let li: Staff

beforeEach(async () => {
  s = stage()
  zhang = s.agent('zhang', undefined, '张三')
  li = s.agent('li', WECOM, '李四')
  await s.customer.says('在吗')
})

const lastReply = (): MessageId => s.messages().findLast(({ from }) => from === 'agent')!.id

describe('an answer', () => {
  it('from the card’s box reaches the customer and stands on the card', async () => {
    await zhang.clicks('claim')
    const { answer } = await zhang.clicks('reply', { text: '在的' })
    expect(answer).toEqual({ hint: '发送中', accepted: true })
    expect(s.texts).toEqual(['在的'])
    expect(cardWords(s.card('dt'))).toContain('张三：在的（已提交）')
    expect(cardWords(s.card('dt'))).toContain('等待自：无待回复')
  })

  it('typed in a group that reads lines is echoed there', async () => {
    await li.types('认领')
    await li.types('在的')
    expect(s.texts).toEqual(['在的'])
    expect(s.chat('wc').at(-1)).toBe('· 李四 → 顾客：在的（已提交）')
  })

  it('from the single chat reaches the customer as well', async () => {
    await zhang.clicks('claim')
    await zhang.types('在的', { chat: zhang.direct })
    expect(s.texts).toEqual(['在的'])
  })

  it('reads 发送中 until the platform has taken it', async () => {
    s.ending = () => undefined
    await zhang.clicks('claim')
    await zhang.clicks('reply', { text: '在的' })
    expect(cardWords(s.card('dt'))).toContain('张三：在的（发送中）')
    expect(cardWords(s.card('dt'))).toContain('等待自：14:00')
  })

  it('goes out as several when it is long, and each counts', async () => {
    await zhang.clicks('claim')
    await zhang.clicks('reply', { text: `${'一'.repeat(19)}。二` })
    expect(s.texts).toEqual([`${'一'.repeat(19)}。`, '二'])
    expect(cardWords(s.card('dt'))).toContain('回复额度：3 条，至 11-26 14:00')
  })

  it('that only looks like an order is sent: 转账记录发我', async () => {
    await zhang.clicks('claim')
    await zhang.types('转账记录发我')
    await zhang.types('转 200 元给我')
    await zhang.types('/::D')
    expect(s.texts).toEqual(['转账记录发我', '转 200 元给我', '/::D'])
  })

  it('leaves owed what the customer wrote after it', async () => {
    s.ending = () => undefined
    await zhang.clicks('claim')
    await zhang.clicks('reply', { text: '在的' })
    await s.pass(MINUTE)
    await s.customer.says('还有')
    s.ending = () => ({ name: 'delivery:sent' })
    await s.send()
    expect(s.conversation().owedSince).toBe(s.now)
    expect(cardWords(s.card('dt'))).toContain('等待自：14:01')
  })
})

describe('words that must not reach the customer', () => {
  it('are those of anybody while nobody has claimed', async () => {
    await li.types('在的')
    expect(s.phone).toEqual([])
    expect(s.chat('wc').at(-1)).toBe('note | 没有发给顾客：还没有人接待，请先“认领”')
  })

  it('are those of anybody but the holder, by card and by text', async () => {
    await zhang.clicks('claim')
    const { answer } = await s.agent('wang').clicks('reply', { text: '我来' })
    await li.types('我来')
    expect(s.phone).toEqual([])
    expect(answer).toEqual({
      hint: '没有发给顾客：张三 已在接待这位顾客',
      accepted: false,
    })
    expect(s.chat('wc').at(-1)).toBe('note | 没有发给顾客：张三·钉钉 已在接待这位顾客')
    expect(s.logged('reply-refused')).toBe(2)
  })

  it('are the holder’s own from a card that is out of date', async () => {
    await zhang.clicks('claim')
    const { answer } = await zhang.clicks('reply', { text: '在的', lease: 0 })
    expect(s.phone).toEqual([])
    expect(answer).toMatchObject({ accepted: false })
  })

  it('are orders, also ones that nobody knows', async () => {
    await zhang.clicks('claim')
    for (const order of ['详情', '列表', '帮助', '/退款', '/constructor', '转 李'])
      await zhang.types(order)
    expect(s.phone).toEqual([])
    expect(s.chat('dt')).toContain('note | 没有“/退款”这个指令，没有发给顾客。发“帮助”查看全部指令')
  })

  it('are those after the window or beyond the quota, with the reason on the card', async () => {
    await zhang.clicks('claim')
    for (const text of ['1', '2', '3', '4', '5']) await zhang.clicks('reply', { text })
    const { answer } = await zhang.clicks('reply', { text: '6' })
    expect(s.texts).toHaveLength(5)
    expect(answer?.hint).toBe('没有发给顾客：平台回复条数已用完，等顾客再来消息后才能回复')
    expect(cardWords(s.card('dt'))).toContain('平台回复条数已用完，等顾客再来消息后才能回复')
    await s.pass(1)
    await s.customer.says('那我再问')
    await zhang.clicks('reply', { text: '6' })
    expect(s.texts).toHaveLength(6)
  })

  it('are those after 48 hours', async () => {
    await zhang.clicks('claim')
    await s.pass(48 * HOUR)
    await zhang.types('认领')
    await zhang.types('在的')
    expect(s.phone).toEqual([])
  })
})

describe('an answer that did not arrive', () => {
  const failing =
    (reason: string): (() => Ending) =>
    () => ({ name: 'delivery:failed', reason })

  it('is said on the card with a button to send it again, and its quota is given back', async () => {
    await zhang.clicks('claim')
    s.ending = failing('unreachable')
    await zhang.clicks('reply', { text: '在的' })
    expect(cardWords(s.card('dt'))).toContain('张三：在的（发送失败）')
    expect(cardWords(s.card('dt'))).toContain('上一条回复没有送达：平台暂时无法连接')
    expect(cardWords(s.card('dt'))).toContain('回复额度：5 条，至 11-26 14:00')
    expect(buttonsOf(s.card('dt'))).toContainEqual(
      expect.objectContaining({ action: 'retry', value: lastReply() }),
    )
    s.ending = () => ({ name: 'delivery:sent' })
    const { answer } = await zhang.clicks('retry', { message: lastReply() })
    expect(answer?.hint).toBe('重新发送中')
    expect(s.texts).toEqual(['在的'])
    expect(cardWords(s.card('dt'))).toContain('张三：在的（已提交）')
    expect(cardWords(s.card('dt'))).toContain('回复额度：4 条，至 11-26 14:00')
  })

  it('is said in words where the group reads lines', async () => {
    await li.types('认领')
    s.ending = failing('unreachable')
    await li.types('在的')
    expect(s.chat('wc').at(-1)).toBe('· 李四 → 顾客：在的（发送失败：平台暂时无法连接）')
  })

  it('uses up the quota when the platform says “too many”', async () => {
    await zhang.clicks('claim')
    s.ending = failing('quota-used')
    await zhang.clicks('reply', { text: '在的' })
    expect(cardWords(s.card('dt'))).toContain('回复额度：0 条')
  })

  it('tells that the customer has left', async () => {
    await zhang.clicks('claim')
    s.ending = failing('not-following')
    await zhang.clicks('reply', { text: '在的' })
    expect(cardWords(s.card('dt'))).toContain('顾客已取消关注，无法送达')
  })

  it('leaves the answer owed', async () => {
    await zhang.clicks('claim')
    s.ending = failing('unreachable')
    await zhang.clicks('reply', { text: '在的' })
    expect(cardWords(s.card('dt'))).toContain('等待自：14:00')
  })

  it('may have arrived: then it counts, and the holder decides', async () => {
    await zhang.clicks('claim')
    s.ending = () => ({ name: 'delivery:unknown' })
    await zhang.clicks('reply', { text: '在的' })
    expect(cardWords(s.card('dt'))).toContain('张三：在的（不确定是否送达）')
    expect(cardWords(s.card('dt'))).toContain('回复额度：4 条，至 11-26 14:00')
    s.ending = () => ({ name: 'delivery:sent' })
    await zhang.clicks('retry', { message: lastReply() })
    expect(cardWords(s.card('dt'))).toContain('回复额度：3 条，至 11-26 14:00')
  })

  it('can be refused later by the platform', async () => {
    await zhang.clicks('claim')
    await zhang.clicks('reply', { text: '在的' })
    await s.play('contact/shop/anna' as never, 'delivery:undelivered', {
      effect: 'E' as never,
      what: 'reply',
      messages: [lastReply()],
      reason: 'not-following',
    })
    expect(cardWords(s.card('dt'))).toContain('张三：在的（未送达）')
  })

  it('finds its place although twenty messages have come since', async () => {
    s.ending = () => undefined
    await zhang.clicks('claim')
    await zhang.clicks('reply', { text: '在的' })
    for (let i = 0; i < 25; i++) await s.customer.says(`第 ${i} 条`)
    s.ending = () => ({ name: 'delivery:sent' })
    await s.send()
    expect(s.messages().find(({ from }) => from === 'agent')?.reply).toBe('sent')
    expect(s.logged('reply-sent')).toBe(1)
  })
})

describe('sending again', () => {
  it('is for the holder only', async () => {
    await zhang.clicks('claim')
    s.ending = () => ({ name: 'delivery:failed', reason: 'unreachable' })
    await zhang.clicks('reply', { text: '在的' })
    s.ending = () => ({ name: 'delivery:sent' })
    const { answer } = await s.agent('wang').clicks('retry', { message: lastReply() })
    expect(s.phone).toEqual([])
    expect(answer?.accepted).toBe(false)
  })

  it('is done once, however often it is clicked', async () => {
    await zhang.clicks('claim')
    s.ending = () => ({ name: 'delivery:failed', reason: 'unreachable' })
    await zhang.clicks('reply', { text: '在的' })
    const message = lastReply()
    s.ending = () => ({ name: 'delivery:sent' })
    await zhang.clicks('retry', { message })
    const { answer } = await zhang.clicks('retry', { message })
    expect(answer?.hint).toBe('这条回复不需要重发')
    expect(s.texts).toEqual(['在的'])
  })

  it('never sends the customer their own words', async () => {
    await zhang.clicks('claim')
    const { answer } = await zhang.clicks('retry', { message: s.messages()[0]!.id })
    expect(answer?.hint).toBe('这条回复不需要重发')
    expect(s.phone).toEqual([])
  })
})
