import type { Content, MediaFile } from '#src/domain/content.ts'
import {
  type CardId,
  type MessageId,
  makeGroupId,
  mediaHash,
  workplaceId,
} from '#src/domain/ids.ts'
import type { Message } from '#src/domain/message.ts'
import type { CardAbilities, Thread, ThreadCard } from '#src/domain/thread.ts'

/** A group that reads the talk on the card, as DingTalk's do; 4 lines of 10 characters. */
export const onCard: CardAbilities = {
  cards: true,
  cardPushGroup: true,
  cardUpdateLater: true,
  transcript: 'card',
  transcriptLines: 4,
  transcriptLineChars: 10,
}

/** A group that reads marked lines, as WeCom's do. */
export const inLines: CardAbilities = {
  cards: true,
  cardPushGroup: true,
  cardUpdateLater: false,
  transcript: 'lines',
  transcriptLines: 2,
  transcriptLineChars: 10,
}

export const freshThread = (over: Partial<Thread> = {}): Thread => ({
  group: makeGroupId(workplaceId('dingtalk'), 'dt-group'),
  lines: 0,
  lined: 0,
  linedAhead: [],
  ...over,
})

export const aCard = (over: Partial<ThreadCard> = {}): ThreadCard => ({
  // Ids of cards are made by `makeCardId`; any text does here.
  id: 'CARD-1' as CardId,
  revision: 1,
  postedAt: 0,
  postedAfter: 1,
  shown: 0,
  touchedAt: 0,
  ...over,
})

export const aFile: MediaFile = {
  hash: mediaHash('00'),
  kind: 'image',
  type: 'image/png',
  bytes: 10,
}

export const words = (text: string): Content => ({ kind: 'text', text })
export const picture = (file?: MediaFile): Content => ({
  kind: 'image',
  ...(file && { file }),
})

export const customerSays = (number: number, content: Content = words(`${number}`)): Message => ({
  // Ids are made by the context; any text does here.
  id: `M${number}` as MessageId,
  number,
  from: 'customer',
  who: '客户',
  content,
  at: 0,
  arrivedAt: 0,
  relay: 'waiting',
})

export const agentSays = (number: number): Message => ({
  id: `M${number}` as MessageId,
  number,
  from: 'agent',
  who: '张三',
  content: words('在的'),
  at: 0,
  reply: 'queued',
})
