import { describe, expect, it } from 'vitest'
import {
  type ConversationView,
  colleaguesCard,
  conversationCard,
  stubCard,
} from '#cards/conversation.ts'
import type { CardId, MessageId } from '#src/domain/ids.ts'
import { buttonsOf, cardWords } from '#test/support/stage.ts'
import { agents } from '#test/support/arbitrary.ts'

const [zhang, li, wang] = agents

const waiting: ConversationView = {
  // Ids are made elsewhere; any text does here.
  id: 'C-1' as CardId,
  lease: 3,
  marker: '〔#7KQ8HB〕',
  customer: '客户-7F3A',
  source: '旗舰店 · 公众号',
  status: 'waiting',
  owedSince: '14:03',
  formerHolders: [],
  transcript: [
    { at: '14:02', who: '张三', from: 'agent', text: '您好', state: '已提交' },
    { at: '14:03', who: '客户-7F3A', from: 'customer', text: '在吗' },
  ],
  quota: '4 条，至 11-26 14:03',
  replyBox: true,
  colleagues: [],
}
const held: ConversationView = {
  ...waiting,
  status: 'held',
  holder: { name: '张三', agent: zhang! },
  formerHolders: [li!],
}

describe('the card of a conversation', () => {
  it('that waits', () => {
    expect(cardWords(conversationCard(waiting))).toEqual([
      '客户-7F3A 〔#7KQ8HB〕',
      '状态：等待认领',
      '等待自：14:03',
      '回复额度：4 条，至 11-26 14:03',
      '张三：您好（已提交）',
      '客户-7F3A：在吗',
      '[认领]',
    ])
  })

  it('that is held', () => {
    expect(cardWords(conversationCard(held)).slice(1)).toEqual([
      '状态：张三 接待中',
      '等待自：14:03',
      '回复额度：4 条，至 11-26 14:03',
      '张三：您好（已提交）',
      '客户-7F3A：在吗',
      '<回复顾客>',
      '[转接] [释放] [结束]',
    ])
  })

  it('that is held where a card has no box', () => {
    expect(cardWords(conversationCard({ ...held, replyBox: false })).at(-2)).toBe('客户-7F3A：在吗')
  })

  it('that owes nothing', () => {
    const { owedSince: _owed, ...answered } = held
    expect(cardWords(conversationCard(answered))).toContain('等待自：无待回复')
  })

  it('that cannot be answered: the reason stands in place of the box', () => {
    const words = cardWords(
      conversationCard({ ...held, quota: '0 条', blocked: '已超过平台回复时限' }),
    )
    expect(words).toContain('已超过平台回复时限')
    expect(words).not.toContain('<回复顾客>')
    expect(words).toContain('[转接] [释放] [结束]')
  })

  it('whose last answer went wrong, with the way out', () => {
    const trouble = { words: '上一条回复没有送达', message: 'M1' as MessageId, again: true }
    const card = conversationCard({ ...held, trouble })
    expect(cardWords(card)).toContain('上一条回复没有送达')
    expect(buttonsOf(card)[0]).toEqual({
      action: 'retry',
      label: '再发一次',
      style: 'plain',
      value: 'M1',
    })
    const hopeless = conversationCard({ ...held, trouble: { ...trouble, again: false } })
    expect(buttonsOf(hopeless).map(({ action }) => action)).not.toContain('retry')
  })

  it('that is over', () => {
    const { owedSince: _owed, ...over } = { ...waiting, status: 'closed' as const }
    expect(cardWords(conversationCard(over)).slice(1)).toEqual([
      '状态：已结束',
      '等待自：无待回复',
      '张三：您好（已提交）',
      '客户-7F3A：在吗',
      '顾客再次来消息时会重新打开',
    ])
  })

  it('shows its box to the holder, and hides it from those who had it', () => {
    const input = conversationCard({ ...held, draft: '写了一半' }).body.find(
      (one) => one.type === 'input',
    )
    expect(input).toMatchObject({ visibleTo: [zhang], hiddenFrom: [li], draft: '写了一半' })
  })

  it('says at a glance how urgent it is, and carries the lease it was drawn with', () => {
    expect(conversationCard(waiting)).toMatchObject({ tone: 'alert', lease: 3, id: 'C-1' })
    expect(conversationCard(held).tone).toBe('calm')
    expect(conversationCard({ ...held, status: 'closed' }).tone).toBe('done')
  })

  it('sums up in one line: the customer and the last words', () => {
    expect(conversationCard(waiting).summary).toBe('客户-7F3A：在吗')
    expect(conversationCard({ ...waiting, transcript: [] }).summary).toBe('客户-7F3A')
  })
})

describe('the choice of colleagues', () => {
  it('lists them with a way back', () => {
    const card = colleaguesCard({ ...held, colleagues: [{ value: wang!, label: '王五·钉钉' }] })
    expect(cardWords(card).slice(-2)).toEqual(['转给谁？ 王五·钉钉', '[返回]'])
    expect(buttonsOf(card)[0]?.action).toBe('show')
  })

  it('says how to get some when there are none', () => {
    expect(cardWords(colleaguesCard(held)).slice(-2)).toEqual([
      '还没有可以转接的同事：同事在群里 @机器人 说过话后会出现在这里',
      '[返回]',
    ])
  })
})

describe('what is left of an old card', () => {
  it('points to the new one and still has a button', () => {
    expect(cardWords(stubCard(held)).slice(1)).toEqual(['已更新至下方的新卡片', '[查看最新]'])
    expect(stubCard(held).tone).toBe('done')
  })
})
