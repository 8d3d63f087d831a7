import type { AgentId, CardId, MessageId } from '#src/domain/ids.ts'
import {
  type Button,
  type Card,
  type CardElement,
  type TranscriptLine,
  actions,
  button,
  fields,
  text,
} from './elements.ts'

/** Everything the conversation card shows, already in words: no clock, no store, no platform here. */
export interface ConversationView {
  id: CardId
  lease: number
  /** 〔#7KQ8H2〕 */
  marker: string
  customer: string
  source: string
  status: 'waiting' | 'held' | 'closed'
  /** Clock time since when the customer waits for an answer. */
  owedSince?: string
  holder?: { name: string; agent: AgentId }
  /** Who held it before: they must not see the reply box any more. */
  formerHolders: AgentId[]
  transcript: TranscriptLine[]
  /** 还可回复 4 条，至 11-24 14:03 */
  quota: string
  /** Why nothing can be sent, when nothing can. */
  blocked?: string
  /** A reply that failed or is uncertain. */
  trouble?: { words: string; message: MessageId; again: boolean }
  /** The workplace's card has a box to type in. */
  replyBox: boolean
  colleagues: { value: AgentId; label: string }[]
  draft?: string
}

/** The card of one conversation: who, where from, since when, the last words, who holds it, and what can be done now. */
export function conversationCard(view: ConversationView): Card {
  return {
    ...frame(view),
    body: [
      state(view),
      { type: 'transcript', lines: view.transcript },
      ...trouble(view),
      ...dealings(view),
    ],
  }
}

/** The colleagues to hand over to, in place of the buttons. */
export function colleaguesCard(view: ConversationView): Card {
  const known = view.colleagues.length > 0
  return {
    ...frame(view),
    body: [
      state(view),
      known
        ? { type: 'choice', action: 'transfer', label: '转给谁？', options: view.colleagues }
        : text('还没有可以转接的同事：同事在群里 @机器人 说过话后会出现在这里', 'hint'),
      actions(button('show', '返回', 'plain')),
    ],
  }
}

/** What is left of a card that was posted anew further down. Its clicks still count. */
export function stubCard(view: ConversationView): Card {
  return {
    ...frame(view),
    tone: 'done',
    body: [text('已更新至下方的新卡片', 'hint'), actions(button('show', '查看最新', 'plain'))],
  }
}

function frame(view: ConversationView): Omit<Card, 'body'> {
  const last = view.transcript.at(-1)
  return {
    id: view.id,
    lease: view.lease,
    summary: last ? `${view.customer}：${last.text}` : view.customer,
    title: `${view.customer} ${view.marker}`,
    source: view.source,
    tone: tones[view.status],
  }
}

const tones = { waiting: 'alert', held: 'calm', closed: 'done' } as const

function state(view: ConversationView): CardElement {
  const rows: [string, string][] = [
    ['状态', stateWords(view)],
    ['等待自', view.owedSince ?? '无待回复'],
  ]
  if (view.status !== 'closed') rows.push(['回复额度', view.quota])
  return fields(...rows)
}

function stateWords({ status, holder }: ConversationView): string {
  if (status === 'waiting') return '等待认领'
  return status === 'held' ? `${holder?.name ?? ''} 接待中` : '已结束'
}

function trouble({ trouble }: ConversationView): CardElement[] {
  if (!trouble) return []
  const again: Button = { ...button('retry', '再发一次', 'plain'), value: trouble.message }
  return [text(trouble.words, 'warning'), ...(trouble.again ? [actions(again)] : [])]
}

function dealings(view: ConversationView): CardElement[] {
  if (view.status === 'closed') return [text('顾客再次来消息时会重新打开', 'hint')]
  if (view.status === 'waiting') return [actions(button('claim', '认领'))]
  return [
    ...replyBox(view),
    actions(
      button('colleagues', '转接', 'plain'),
      button('release', '释放', 'plain'),
      button('close', '结束', 'danger'),
    ),
  ]
}

function replyBox(view: ConversationView): CardElement[] {
  if (view.blocked !== undefined) return [text(view.blocked, 'warning')]
  if (!view.replyBox || !view.holder) return []
  return [
    {
      type: 'input',
      action: 'reply',
      label: '回复顾客',
      placeholder: '在这里输入回复，提交后发给顾客',
      visibleTo: [view.holder.agent],
      hiddenFrom: view.formerHolders,
      ...(view.draft !== undefined && { draft: view.draft }),
    },
  ]
}
