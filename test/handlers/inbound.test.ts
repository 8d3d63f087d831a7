import { describe, expect, it } from 'vitest'
import { makeGroupId } from '#src/domain/ids.ts'
import { buttonsOf, cardWords, laneOf, stage } from '#test/support/stage.ts'
import { HOUR, MINUTE, SECOND, WECOM } from '#test/support/shop.ts'

describe('a customer writes for the first time', () => {
  it('stands as a line in the WeCom group and on a card in both', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const { marker } = s.conversation()
    const { alias } = s.memory.snapshot('contact/shop/anna' as never).contact!
    expect(s.chat('wc')).toEqual(expect.arrayContaining(['card', `${alias}：在吗`]))
    expect(s.chat('dt')).toEqual(['card'])
    expect(cardWords(s.card('dt'))).toEqual([
      `${alias} 〔#${marker}〕`,
      '状态：等待认领',
      '等待自：14:00',
      '回复额度：5 条，至 11-26 14:00',
      `${alias}：在吗`,
      '[认领]',
    ])
    expect(s.card('dt')).toMatchObject({ tone: 'alert', source: '旗舰店 · 公众号', lease: 0 })
    expect(s.messages().map(({ relay }) => relay)).toEqual(['relayed'])
  })

  it('is called by a made-up name that is not the marker', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const { alias } = s.memory.snapshot('contact/shop/anna' as never).contact!
    expect(alias).toMatch(/^客户-[2-9A-HJKMNP-Z]{4}$/)
    expect(s.conversation().marker.startsWith(alias.slice(3))).toBe(false)
  })

  it('has nothing that could be a marker of ours, whatever was written', async () => {
    const s = stage()
    await s.customer.says('〔#7KQ8HB·3〕 张三：#7KQ8HB 请付款')
    expect(s.chat('wc')[0]).toContain('［# 7KQ8HB·3］ 张三：# 7KQ8HB 请付款')
  })
})

describe('the same customer goes on', () => {
  it('adds lines and redraws the card, and posts no second one', async () => {
    const s = stage()
    await s.customer.says('一')
    await s.customer.says('二')
    expect(s.chat('wc').filter((one) => one.endsWith('：二'))).toHaveLength(1)
    expect(s.chat('dt')).toEqual(['card'])
    expect(
      cardWords(s.card('dt'))
        .slice(4, 6)
        .map((one) => one.slice(-1)),
    ).toEqual(['一', '二'])
    expect(s.messages().map(({ relay }) => relay)).toEqual(['relayed', 'relayed'])
  })

  it('counts what is owed from the first message that has no answer', async () => {
    const s = stage()
    await s.customer.says('一')
    await s.pass(5 * MINUTE)
    await s.customer.says('二')
    expect(cardWords(s.card('dt'))).toContain('等待自：14:00')
  })

  it('puts what the card cannot show whole into a line of its own', async () => {
    const s = stage()
    await s.customer.says('这是一段非常长的话它比卡片上的一行要长得多所以自成一行')
    expect(s.chat('dt')[0]).toMatch(/：这是一段.*自成一行$/)
    expect(cardWords(s.card('dt'))[4]).toMatch(/…$/)
  })

  it('gets a fresh card at the end of the group once the old one has scrolled away', async () => {
    const s = stage()
    await s.customer.says('一')
    await s.pass(10 * MINUTE)
    await s.customer.says('二')
    expect(s.chat('dt')).toEqual(['card', 'card'])
    const [old, fresh] = s.cards('dt')
    expect(cardWords(old)).toContain('已更新至下方的新卡片')
    expect(cardWords(fresh).join()).toContain('：二')
    expect(s.cards('wc')).toHaveLength(2)
  })

  it('never posts a card anew while the holder may be typing in it', async () => {
    const s = stage()
    const zhang = s.agent('zhang')
    await s.customer.says('一')
    await zhang.clicks('claim')
    await s.pass(9 * MINUTE + 30 * SECOND)
    await zhang.clicks('reply', { text: '在的' })
    await s.pass(30 * SECOND)
    await s.customer.says('二')
    expect(s.chat('dt')).toEqual(['card'])
    await s.pass(MINUTE)
    await s.customer.says('三')
    expect(s.chat('dt')).toEqual(['card', 'card'])
  })
})

describe('while somebody holds it', () => {
  it('only the holder’s group reads on', async () => {
    const s = stage()
    await s.customer.says('一')
    await s.agent('li', WECOM).clicks('claim')
    const before = s.chat('dt').length
    const card = cardWords(s.card('dt'))
    await s.customer.says('二')
    expect(s.chat('wc').at(-1)).toMatch(/：二$/)
    expect(s.chat('dt')).toHaveLength(before)
    expect(cardWords(s.card('dt'))).toEqual(card)
  })

  it('all groups read on where the desk wants it', async () => {
    const s = stage({ mirror: 'all' })
    await s.customer.says('一')
    await s.agent('zhang').clicks('claim')
    await s.customer.says('二')
    expect(s.chat('wc').at(-1)).toMatch(/：二$/)
    expect(cardWords(s.card('dt')).join()).toContain('：二')
  })

  it('everybody reads on when the holder’s group is no longer bound', async () => {
    const s = stage()
    await s.customer.says('一')
    await s.agent('li', WECOM).clicks('claim')
    await s.agent('li', WECOM).types('解绑', { about: 'nobody' })
    await s.customer.says('二')
    expect(cardWords(s.card('dt')).join()).toContain('：二')
  })

  it('what the others missed comes to them when it is given back', async () => {
    const s = stage()
    await s.customer.says('一')
    const zhang = s.agent('zhang')
    await zhang.clicks('claim')
    await s.customer.says('二')
    await zhang.clicks('release')
    expect(s.chat('wc').filter((one) => one.endsWith('：二'))).toHaveLength(1)
  })
})

describe('coming back', () => {
  async function closed(): Promise<ReturnType<typeof stage>> {
    const s = stage()
    await s.customer.says('一')
    const zhang = s.agent('zhang')
    await zhang.clicks('claim')
    await zhang.clicks('close')
    return s
  }

  it('goes on with the same conversation within 24 hours, waiting from now', async () => {
    const s = await closed()
    const before = s.conversation()
    await s.pass(23 * HOUR)
    await s.customer.says('又来了')
    expect(s.conversation()).toMatchObject({
      id: before.id,
      marker: before.marker,
      status: 'waiting',
      lease: before.lease + 1,
      owedSince: s.now,
    })
    expect(buttonsOf(s.card('dt')).map(({ action }) => action)).toEqual(['claim'])
  })

  it('begins a new one later, with a marker of its own and cards of its own', async () => {
    const s = await closed()
    const before = s.conversation()
    await s.pass(24 * HOUR + 1)
    await s.customer.says('又来了')
    expect(s.conversation().id).not.toBe(before.id)
    expect(s.conversation().marker).not.toBe(before.marker)
    expect(s.conversation()).toMatchObject({ messages: 1, owedSince: s.now })
    expect(s.chat('wc').at(-2)).toMatch(/：又来了$/)
    expect(s.cards('dt')).toHaveLength(2)
  })

  it('takes no click on a card of the old conversation for one on the new', async () => {
    const s = await closed()
    const old = s.card('wc')
    await s.pass(25 * HOUR)
    await s.customer.says('又来了')
    const { answer } = await s
      .agent('li', WECOM)
      .clicks('claim', { card: old.id, lease: old.lease })
    expect(s.conversation().status).toBe('waiting')
    expect(answer?.hint).toBe('卡片已过时，已为你刷新，请再试一次')
  })
})

describe('what customers do besides writing', () => {
  it('cannot be answered after they have left, and the threads are told', async () => {
    const s = stage()
    await s.customer.says('一')
    const zhang = s.agent('zhang')
    await zhang.clicks('claim')
    await s.customer.does('customer:unsubscribe')
    expect(cardWords(s.card('dt'))).toContain('顾客已取消关注，无法送达')
    await zhang.clicks('reply', { text: '在的' })
    expect(s.phone).toEqual([])
    await s.customer.does('customer:subscribe')
    await zhang.clicks('reply', { text: '在的' })
    expect(s.texts).toEqual(['在的'])
  })

  it('opens no conversation', async () => {
    const s = stage()
    await s.customer.does('customer:subscribe')
    expect(() => s.conversation()).toThrow()
    expect(s.logged('customer:subscribe')).toBe(1)
  })
})

describe('an old message that is replayed', () => {
  it('owes an answer from now on, not from then', async () => {
    const s = stage()
    await s.customer.says('一', { at: s.now - 2 * HOUR, late: true })
    expect(s.conversation().owedSince).toBe(s.now)
  })
})

describe('a line that a group has not taken for all our trying', () => {
  it('comes with the next message', async () => {
    const s = stage()
    await s.customer.says('第一句')
    const [first] = s.messages()
    await s.play(laneOf('anna'), 'delivery:failed', {
      effect: 'E' as never,
      what: 'line',
      group: makeGroupId(WECOM, 'wc'),
      messages: [first!.id],
      reason: 'unreachable',
    })
    await s.customer.says('第二句')
    const said = s.chat('wc').filter((line) => line.endsWith('句'))
    expect(said.map((line) => line.slice(-3))).toEqual(['第一句', '第一句', '第二句'])
  })
})
