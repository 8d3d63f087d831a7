import { describe, expect, it } from 'vitest'
import { HOUR, MINUTE, WECOM } from '#test/support/shop.ts'
import { buttonsOf, cardWords, stage } from '#test/support/stage.ts'

describe('ending a conversation', () => {
  it('leaves a card that says how it goes on, and no reminder', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const zhang = s.agent('zhang')
    await zhang.clicks('claim')
    const { answer, card } = await zhang.clicks('close')
    expect(answer).toEqual({ hint: '已结束', accepted: true })
    expect(cardWords(card)).toContain('状态：已结束')
    expect(cardWords(card)).toContain('等待自：无待回复')
    expect(cardWords(card).at(-1)).toBe('顾客再次来消息时会重新打开')
    expect(buttonsOf(card)).toEqual([])
    expect(s.memory.deadlines.size).toBe(0)
  })

  it('is said in the group that has read the lines, and in no other', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const li = s.agent('li', WECOM, '李四')
    await li.types('认领')
    await li.types('关闭')
    expect(s.chat('wc').at(-1)).toBe('· 李四 已结束会话')
    expect(s.chat('dt')).toEqual(['card'])
  })

  it('tells the other group nothing of what it missed', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const zhang = s.agent('zhang')
    await zhang.clicks('claim')
    await s.customer.says('只有钉钉看到')
    await zhang.clicks('close')
    expect(s.chat('wc').join()).not.toContain('只有钉钉看到')
  })

  it('is for the holder, and only once it is held', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const li = s.agent('li', WECOM)
    await li.types('关闭')
    expect(s.chat('wc').at(-1)).toBe('note | 还没有人接待，请先“认领”')
    await s.agent('zhang').clicks('claim')
    await li.types('关闭')
    expect(s.chat('wc').at(-1)).toBe('note | zhang·钉钉 已在接待这位顾客')
    expect(s.conversation().status).toBe('held')
  })

  it('refuses everything after it with the reason', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const li = s.agent('li', WECOM)
    await li.types('认领')
    await li.types('关闭')
    await li.types('还有一句')
    expect(s.phone).toEqual([])
    expect(s.chat('wc').at(-1)).toBe('note | 没有发给顾客：会话已结束；顾客再次来消息时会重新打开')
  })

  it('owes nothing, even if an answer was on its way', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const zhang = s.agent('zhang')
    await zhang.clicks('claim')
    s.ending = () => undefined
    await zhang.clicks('reply', { text: '再见' })
    await s.customer.says('等等')
    await zhang.clicks('close')
    s.ending = () => ({ name: 'delivery:sent' })
    await s.send()
    expect(s.conversation()).not.toHaveProperty('owedSince')
    await s.pass(HOUR)
    await s.customer.says('又来了')
    await zhang.clicks('claim')
    await s.pass(9 * MINUTE)
    expect(s.conversation()).toMatchObject({ status: 'held', owedSince: s.now - 9 * MINUTE })
  })
})
