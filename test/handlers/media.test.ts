import { beforeEach, describe, expect, it } from 'vitest'
import { WECOM } from '#test/support/shop.ts'
import { type Staff, type Stage, cardWords, stage } from '#test/support/stage.ts'

let s: Stage

beforeEach(() => {
  s = stage()
})

const talk = (chat: string): string[] => s.chat(chat).map((one) => one.replace(/客户-\w+/, '客户'))

describe('a customer’s picture', () => {
  it('that is fetched in time is its line, in its place', async () => {
    await s.customer.sends('image')
    await s.customer.says('看这个')
    expect(talk('wc')).toEqual(['card'])
    await s.fetched()
    expect(talk('wc')).toEqual(['card', '[image] 客户：［图片］', '客户：看这个'])
    expect(talk('dt')).toEqual(['card', '[image] 客户：［图片］'])
    expect(s.memory.deadlines.size).toBe(0)
    expect(s.messages().map(({ relay }) => relay)).toEqual(['relayed', 'relayed'])
  })

  it('that takes longer is announced, holds nothing up, and follows', async () => {
    await s.customer.sends('image')
    await s.customer.says('看这个')
    await s.pass(1499)
    expect(talk('wc')).toEqual(['card'])
    await s.pass(1)
    expect(talk('wc')).toEqual(['card', '客户：［图片］正在取', '客户：看这个'])
    expect(cardWords(s.card('dt')).join()).toContain('［图片］正在取')
    await s.fetched()
    expect(talk('wc').at(-1)).toBe('[image] 客户：［图片］')
    expect(talk('dt').at(-1)).toBe('[image] 客户：［图片］')
    expect(cardWords(s.card('dt')).join()).not.toContain('正在取')
  })

  it('that cannot be fetched is said, with what to do', async () => {
    await s.customer.sends('image')
    await s.fetched({ reason: 'media.expired' })
    expect(talk('wc').at(-1)).toBe('客户：［图片］文件在平台上已过期，请顾客重发')
    expect(cardWords(s.card('dt')).join()).toContain('［图片］文件在平台上已过期，请顾客重发')
  })

  it('that fails after it was announced is said too', async () => {
    await s.customer.sends('image')
    await s.pass(1500)
    await s.fetched({ reason: 'media.failed' })
    expect(talk('wc').at(-1)).toBe('客户：［图片］文件取回失败，请顾客重发')
  })

  it('finds its place although twenty messages have come since', async () => {
    await s.customer.sends('image')
    await s.pass(1500)
    for (let i = 0; i < 25; i++) await s.customer.says(`第 ${i} 条`)
    await s.fetched()
    expect(talk('wc').at(-1)).toBe('[image] 客户：［图片］')
  })

  it('keeps nothing from the group that waits behind it in a burst', async () => {
    await s.customer.sends('image')
    for (let i = 1; i <= 25; i++) await s.customer.says(`第 ${i} 条`)
    await s.pass(1500)
    for (let i = 1; i <= 25; i++)
      expect(talk('wc').filter((one) => one === `客户：第 ${i} 条`)).toHaveLength(1)
  })

  it('is shown with the name that the customer gave the file, and made harmless', async () => {
    await s.customer.sends('file')
    await s.fetched({ kind: 'file', name: '报价〔#7KQ8HB〕.pdf' })
    expect(talk('wc').at(-1)).toBe('[file] 客户：［文件］ 报价［# 7KQ8HB］.pdf')
  })
})

describe('an agent’s picture', () => {
  let zhang: Staff

  beforeEach(async () => {
    zhang = s.agent('zhang', undefined, '张三')
    await s.customer.says('在吗')
    await zhang.clicks('claim')
  })

  it('goes to the customer once it is here', async () => {
    await zhang.sendsFile()
    expect(cardWords(s.card('dt')).join()).toContain('张三：［图片］正在取（发送中）')
    await s.fetched()
    expect(s.texts).toEqual(['image'])
    expect(cardWords(s.card('dt'))).toContain('张三：［图片］（已提交）')
  })

  it('follows the words that came with it', async () => {
    await zhang.sendsFile('看这个')
    await s.fetched()
    expect(s.texts).toEqual(['看这个', 'image'])
  })

  it.each(['关闭', '/退款', '转 李'])('stays here with an order: %s', async (order) => {
    await zhang.sendsFile(order)
    await expect(s.fetched()).rejects.toThrow('nothing is being fetched')
    expect(s.phone).toEqual([])
    expect(s.chat('zhang').at(-1)).toBe('note | 指令请单独发送，不要带图片；没有发给顾客')
  })

  it('stays here when its words may not go', async () => {
    await s.agent('li', WECOM).sendsFile('看这个', { kind: 'group', workplace: WECOM, id: 'wc' })
    await expect(s.fetched()).rejects.toThrow('nothing is being fetched')
    expect(s.phone).toEqual([])
    expect(s.chat('wc').at(-1)).toBe('note | 张三·钉钉 已在接待这位顾客')
  })

  it('that the channel cannot carry is refused with the reason', async () => {
    await zhang.sendsFile()
    await s.fetched({ type: 'image/webp' })
    expect(s.phone).toEqual([])
    expect(cardWords(s.card('dt'))).toContain(
      '上一条回复没有送达：该渠道不支持这种文件格式，请换一种格式',
    )
  })

  it('that could not be fetched is not sent as nothing when it is tried again', async () => {
    await zhang.sendsFile()
    await s.fetched({ reason: 'media.failed' })
    const message = s.messages().at(-1)!.id
    const { answer } = await zhang.clicks('retry', { message })
    expect(s.phone).toEqual([])
    expect(answer?.hint).toBe('文件没有取到，请重新发送一次')
  })

  it('does not go when the conversation has changed hands meanwhile', async () => {
    await zhang.sendsFile()
    await zhang.clicks('release')
    await s.fetched()
    expect(s.phone).toEqual([])
    expect(s.messages().at(-1)).toMatchObject({ reply: 'failed', reason: 'not-held' })
  })
})
