import { describe, expect, it } from 'vitest'
import { buttonsOf, cardWords, stage } from '#test/support/stage.ts'
import { MINUTE, WECOM } from '#test/support/shop.ts'

async function waiting(options?: Parameters<typeof stage>[0]) {
  const s = stage(options)
  await s.customer.says('在吗')
  return { s, zhang: s.agent('zhang', undefined, '张三'), li: s.agent('li', WECOM, '李四') }
}

describe('a claim', () => {
  it('makes its clicker the holder and says so on every card that can be redrawn', async () => {
    const { s, zhang } = await waiting()
    const { answer, card } = await zhang.clicks('claim')
    expect(s.conversation()).toMatchObject({ status: 'held', lease: 1, holder: { name: '张三' } })
    expect(answer).toMatchObject({ accepted: true })
    expect(cardWords(card)).toContain('状态：张三 接待中')
    expect(cardWords(card).slice(-2)).toEqual(['<回复顾客>', '[转接] [释放] [结束]'])
    expect(cardWords(s.card('dt'))).toContain('状态：张三 接待中')
  })

  it('shows the reply box to the holder alone', async () => {
    const { zhang } = await waiting()
    const { card } = await zhang.clicks('claim')
    expect(card?.body.find(({ type }) => type === 'input')).toMatchObject({
      visibleTo: [zhang.id],
      hiddenFrom: [],
    })
  })

  it('lets the customer see that somebody is at it', async () => {
    const { s, zhang } = await waiting()
    const typing: string[] = []
    const apply = s.memory.apply.bind(s.memory)
    s.memory.apply = (lane, change) => {
      typing.push(...change.effects.map((effect) => effect.do))
      apply(lane, change)
    }
    await zhang.clicks('claim')
    expect(typing).toContain('typing')
  })

  it('works in words', async () => {
    const { s, li } = await waiting()
    await li.types('认领')
    expect(s.conversation()).toMatchObject({ status: 'held', holder: { agent: li.id } })
    expect(s.chat('wc').at(-1)).toBe('· 李四 已认领，引用本行并 @机器人 即可回复顾客')
  })

  it('is won by the first; the second is told who has it, with the workplace where it is another', async () => {
    const { s, zhang, li } = await waiting()
    const old = s.card('wc')
    await zhang.clicks('claim')
    const { answer, card } = await li.clicks('claim', { card: old.id, lease: old.lease })
    expect(s.conversation().holder?.agent).toBe(zhang.id)
    expect(answer).toMatchObject({ accepted: false, hint: '张三·钉钉 已在接待这位顾客' })
    expect(cardWords(card)).toContain('状态：张三·钉钉 接待中')
  })

  it('is told in words too when it is lost in words', async () => {
    const { s, zhang, li } = await waiting()
    await zhang.clicks('claim')
    await li.types('认领')
    expect(s.chat('wc').at(-1)).toBe('note | 张三·钉钉 已在接待这位顾客')
  })

  it('tells a colleague of the same workplace the plain name', async () => {
    const { s, zhang } = await waiting()
    await zhang.clicks('claim')
    const { answer } = await s.agent('wang').clicks('claim')
    expect(answer?.hint).toBe('张三 已在接待这位顾客')
  })

  it('by the holder again changes nothing', async () => {
    const { s, zhang } = await waiting()
    await zhang.clicks('claim')
    const { answer } = await zhang.clicks('claim', { lease: 0 })
    expect(answer).toMatchObject({ accepted: false, hint: '这位顾客已由你接待，直接回复即可' })
    expect(s.conversation().lease).toBe(1)
  })

  it('from a card that is out of date is answered with the present state', async () => {
    const { s, zhang, li } = await waiting()
    await zhang.clicks('claim')
    await zhang.clicks('release')
    const { answer, card } = await li.clicks('claim', { lease: 0 })
    expect(s.conversation().status).toBe('waiting')
    expect(answer?.hint).toBe('卡片已过时，已为你刷新，请再试一次')
    expect(card?.lease).toBe(2)
    expect(buttonsOf(card).map(({ action }) => action)).toEqual(['claim'])
  })
})

describe('giving back', () => {
  it('puts the conversation back into the queue and hides the reply box from then on', async () => {
    const { s, zhang } = await waiting()
    await zhang.clicks('claim')
    const { answer } = await zhang.clicks('release')
    expect(answer?.hint).toBe('已释放')
    expect(s.conversation()).toMatchObject({
      status: 'waiting',
      lease: 2,
      formerHolders: [zhang.id],
    })
    const { card } = await s.agent('wang').clicks('claim')
    expect(card?.body.find(({ type }) => type === 'input')).toMatchObject({
      hiddenFrom: [zhang.id],
    })
  })

  it('is for the holder only', async () => {
    const { s, zhang, li } = await waiting()
    await zhang.clicks('claim')
    await li.types('释放')
    expect(s.conversation().status).toBe('held')
    expect(s.chat('wc').at(-1)).toBe('note | 张三·钉钉 已在接待这位顾客')
  })

  it('ends the single chat’s talk with this customer, and with no other', async () => {
    const { s, zhang } = await waiting()
    await s.customer.says('我是另一位', { who: 'bella' })
    await zhang.types('认领', { about: 'anna' })
    await zhang.types('认领', { about: 'bella' })
    await zhang.types('释放', { about: 'anna' })
    expect(s.memory.agents.get(zhang.id)?.current).toBe('contact/shop/bella')
    await zhang.types('释放', { about: 'bella' })
    expect(s.memory.agents.get(zhang.id)?.current).toBeUndefined()
  })
})

describe('nobody answers', () => {
  it('gives a held conversation back after ten minutes', async () => {
    const { s, zhang } = await waiting()
    await zhang.clicks('claim')
    await s.pass(10 * MINUTE - 1)
    expect(s.conversation().status).toBe('held')
    await s.pass(1)
    expect(s.conversation()).toMatchObject({ status: 'waiting', formerHolders: [zhang.id] })
    expect(s.chat('wc')).toContain('· 张三 久未回复，会话已退回队列，请认领')
    expect(s.logged('idle-released')).toBe(1)
  })

  it('counts from the claim when that came late', async () => {
    const { s, zhang } = await waiting()
    await s.pass(30 * MINUTE)
    await zhang.clicks('claim')
    await s.pass(10 * MINUTE - 1)
    expect(s.conversation().status).toBe('held')
    await s.pass(1)
    expect(s.conversation().status).toBe('waiting')
  })

  it('closes a conversation that owes nothing after two quiet hours', async () => {
    const { s, zhang } = await waiting()
    await zhang.clicks('claim')
    await zhang.clicks('reply', { text: '在的' })
    await s.pass(120 * MINUTE - 1)
    expect(s.conversation().status).toBe('held')
    await s.pass(1)
    expect(s.conversation().status).toBe('closed')
    expect(s.memory.deadlines.size).toBe(0)
  })

  it('does not give back what was answered while the reminder was on its way', async () => {
    const { s, zhang } = await waiting()
    await zhang.clicks('claim')
    await zhang.clicks('reply', { text: '在的' })
    await s.play('contact/shop/anna' as never, 'tick:idle', { dueAt: s.now })
    expect(s.conversation().status).toBe('held')
  })

  it('does not take a conversation from the colleague who has just taken it over', async () => {
    const { s, zhang } = await waiting()
    const wang = s.agent('wang')
    await wang.types('帮助')
    await zhang.clicks('claim')
    await s.pass(10 * MINUTE - 1)
    await zhang.types('转 wang')
    await s.play('contact/shop/anna' as never, 'tick:idle', { dueAt: s.now })
    expect(s.conversation().holder?.agent).toBe(wang.id)
    await s.pass(10 * MINUTE)
    expect(s.conversation().status).toBe('waiting')
  })

  it('does not close what the customer has woken while the reminder was on its way', async () => {
    const { s, zhang } = await waiting()
    await zhang.clicks('claim')
    await zhang.clicks('reply', { text: '在的' })
    await s.pass(119 * MINUTE)
    await s.customer.says('还有一事')
    await s.play('contact/shop/anna' as never, 'tick:close', { dueAt: s.now })
    expect(s.conversation().status).toBe('held')
  })
})
