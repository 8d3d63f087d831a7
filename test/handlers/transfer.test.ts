import { beforeEach, describe, expect, it } from 'vitest'
import { makeAgentId } from '#src/domain/ids.ts'
import { DINGTALK, WECOM } from '#test/support/shop.ts'
import { type Staff, type Stage, buttonsOf, cardWords, laneOf, stage } from '#test/support/stage.ts'

let s: Stage
let zhang: Staff
let wang: Staff
let li: Staff

beforeEach(async () => {
  s = stage()
  zhang = s.agent('zhang', DINGTALK, '张三')
  wang = s.agent('wang', DINGTALK, '王五')
  li = s.agent('li', WECOM, '李四')
  await s.customer.says('在吗')
  await wang.types('帮助', { about: 'nobody' })
  await li.types('帮助', { about: 'nobody' })
  await zhang.clicks('claim')
})

describe('handing over by button', () => {
  it('offers the colleagues who were seen, with their workplace, in place of the buttons', async () => {
    const { card } = await zhang.clicks('colleagues')
    expect(cardWords(card)).toContain('转给谁？ 王五·钉钉、李四·企业微信')
    expect(buttonsOf(card).map(({ action }) => action)).toEqual(['show'])
    const back = await zhang.clicks('show')
    expect(buttonsOf(back.card).map(({ action }) => action)).toContain('colleagues')
  })

  it('offers them to the holder only', async () => {
    const { answer, card } = await wang.clicks('colleagues')
    expect(answer?.hint).toBe('张三 已在接待这位顾客')
    expect(card?.body.some(({ type }) => type === 'choice')).toBe(false)
  })

  it('gives the conversation to the colleague, who is mentioned on a new card', async () => {
    const { answer } = await zhang.clicks('transfer', { to: wang.id })
    expect(answer?.hint).toBe('已转给 王五')
    expect(s.conversation()).toMatchObject({ holder: { agent: wang.id }, lease: 2 })
    expect(s.chat('dt').at(-1)).toBe(`card @${wang.id}`)
    await wang.clicks('reply', { text: '我是王五' })
    await zhang.clicks('reply', { text: '我是张三' })
    expect(s.texts).toEqual(['我是王五'])
  })

  it('reaches across workplaces: the talk goes on in the colleague’s group', async () => {
    await s.customer.says('第二句')
    await zhang.clicks('transfer', { to: li.id })
    expect(s.conversation().holder).toMatchObject({ agent: li.id, group: 'wecom/wc' })
    expect(s.chat('wc')).toContain('· 张三 已转给 李四，请接着回复顾客（发“详情”看完整记录）')
    expect(s.chat('wc').some((one) => one.endsWith('：第二句'))).toBe(true)
    expect(cardWords(s.card('dt'))).toContain('状态：李四·企业微信 接待中')
    await li.types('我来')
    expect(s.texts).toEqual(['我来'])
  })

  it('knows nobody who was never seen', async () => {
    const { answer } = await zhang.clicks('transfer', { to: makeAgentId(WECOM, 'ghost') })
    expect(answer?.hint).toBe('没有找到这位同事，请返回后重选')
    expect(s.conversation().lease).toBe(1)
  })

  it('is refused from a card that is out of date', async () => {
    const { answer } = await zhang.clicks('transfer', { to: wang.id, lease: 0 })
    expect(answer?.hint).toBe('卡片已过时，已为你刷新，请再试一次')
    expect(s.conversation().holder?.agent).toBe(zhang.id)
  })
})

describe('handing over in words', () => {
  it.each(['转 王五', '转 王', '转 wang', '转@王五', '转 王五·钉钉', '/转 王五'])(
    'understands %s',
    async (text) => {
      await zhang.types(text)
      expect(s.conversation().holder?.agent).toBe(wang.id)
      expect(s.phone).toEqual([])
    },
  )

  it('moves the single chats with it', async () => {
    await zhang.types('转 王五')
    expect(s.memory.agents.get(wang.id)?.current).toBe(laneOf('anna'))
    expect(s.memory.agents.get(zhang.id)?.current).toBeUndefined()
  })

  it('asks when nobody is called so, and sends nothing', async () => {
    await zhang.types('转 赵')
    await zhang.types('/转 赵 六')
    expect(s.phone).toEqual([])
    expect(s.conversation().holder?.agent).toBe(zhang.id)
    expect(s.chat('dt')).toContain(
      'note | 没有叫“赵”的同事，没有发给顾客。可转给：王五·钉钉、李四·企业微信',
    )
    expect(s.chat('dt').at(-1)).toContain('没有叫“赵 六”的同事')
  })

  it('asks when several are called so, and takes the full name then', async () => {
    const other = s.agent('wang5', WECOM, '王五')
    await other.types('帮助', { about: 'nobody' })
    await zhang.types('转 王五')
    expect(s.conversation().holder?.agent).toBe(zhang.id)
    expect(s.chat('dt').at(-1)).toBe(
      'note | 有 2 位同事叫“王五”，请写全名（王五·钉钉、王五·企业微信）；没有发给顾客',
    )
    await zhang.types('转 王五·企业微信')
    expect(s.conversation().holder?.agent).toBe(other.id)
  })

  it('is refused to oneself, and to those who do not hold it', async () => {
    await zhang.types('转 张三')
    expect(s.chat('dt').at(-1)).toBe('note | 这位顾客已由你接待，直接回复即可')
    await wang.types('转 李四')
    expect(s.chat('dt').at(-1)).toBe('note | 张三 已在接待这位顾客')
    expect(s.conversation()).toMatchObject({ lease: 1, holder: { agent: zhang.id } })
  })

  it('understands a name of several words', async () => {
    const john = s.agent('john', WECOM, 'John Smith')
    await john.types('帮助', { about: 'nobody' })
    await zhang.types('转 John Smith')
    expect(s.conversation().holder?.agent).toBe(john.id)
  })
})
