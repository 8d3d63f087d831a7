import type { Card, CardElement, InputElement } from '#cards/elements.ts'
import { actions, button, fields, text } from '#cards/elements.ts'
import { type AgentId, type CardId, makeAgentId, workplaceId } from '#src/domain/ids.ts'

export const here = workplaceId('dingtalk')
export const agent = (user: string): AgentId => makeAgentId(here, user)

export function card(body: CardElement[], over: Partial<Card> = {}): Card {
  return {
    id: 'card-1' as CardId,
    lease: 0,
    summary: '客户-7F3A：什么时候发货',
    title: '客户-7F3A 〔#7KQ8H2〕',
    source: '旗舰店 · 公众号',
    tone: 'alert',
    body,
    ...over,
  }
}

export const transcript = (...words: string[]): CardElement => ({
  type: 'transcript',
  lines: words.map((text, i) => ({ at: `14:0${i}`, who: '客户-7F3A', from: 'customer', text })),
})

export const input = (over: Partial<InputElement> = {}): InputElement => ({
  type: 'input',
  action: 'reply',
  label: '回复顾客',
  placeholder: '在这里输入回复',
  visibleTo: [agent('zhangsan')],
  hiddenFrom: [],
  ...over,
})

export const waitingCard = (...words: string[]): Card =>
  card([fields(['状态', '等待认领']), transcript(...words), actions(button('claim', '认领'))])

export const heldCard = (over: Partial<InputElement> = {}, ...words: string[]): Card =>
  card(
    [
      fields(['状态', '张三 接待中']),
      transcript(...words),
      text('注意', 'warning'),
      input(over),
      actions(button('colleagues', '转接', 'plain'), button('close', '结束', 'danger')),
    ],
    { lease: 1, tone: 'calm' },
  )
