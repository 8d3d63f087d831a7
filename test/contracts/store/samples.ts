import type { Card } from '#cards/elements.ts'
import type { Change, Effect, EffectBody, EffectCore } from '#src/domain/change.ts'
import type { Contact } from '#src/domain/contact.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import type { Agent, Group } from '#src/domain/desk.ts'
import {
  type CardId,
  type ConversationId,
  type EffectId,
  type EventId,
  type LaneKey,
  type MessageId,
  accountId,
  contactLane,
  deskId,
  makeAgentId,
  makeGroupId,
  workplaceId,
} from '#src/domain/ids.ts'
import type { Message } from '#src/domain/message.ts'
import type { Thread } from '#src/domain/thread.ts'
import type { Arrival } from '#src/ports/store.ts'

export const NOW = Date.UTC(2026, 8, 1)
export const SHOP = accountId('shop')
export const DESK = deskId('main')
export const DINGTALK = workplaceId('dingtalk')
export const WECOM = workplaceId('wecom')
export const DING_GROUP = makeGroupId(DINGTALK, 'cid/1==')
export const WECOM_GROUP = makeGroupId(WECOM, 'wr1')

let counter = 0
/** Unique in this process, and in order. */
export const newId = <Made extends string>(): Made =>
  // A test names the kind of id that it makes.
  `ID${String(++counter).padStart(10, '0')}` as Made

export const laneOf = (customer: string): LaneKey => contactLane(SHOP, customer)
export const LANE = laneOf('oAbc')

export interface ArrivalOptions {
  lane?: LaneKey
  source?: string
  key?: string
  fingerprint?: string
  retryWindowMs?: { from: number; to: number }
  receivedAt?: number
  raw?: unknown
}

/** A customer's text on its way in. */
export function textArrival(text = '你好', options: ArrivalOptions = {}): Arrival {
  const { lane = LANE, source = 'shop', key = newId(), receivedAt = NOW, raw } = options
  const { fingerprint, retryWindowMs } = options
  return {
    source,
    key,
    ...(fingerprint !== undefined && { fingerprint }),
    ...(retryWindowMs && { retryWindowMs }),
    event: {
      id: newId<EventId>(),
      lane,
      name: 'customer:text',
      account: SHOP,
      externalId: lane.slice(lane.lastIndexOf('/') + 1),
      text,
      at: receivedAt,
      receivedAt,
      ...(raw !== undefined && { raw }),
    },
  }
}

/** An event that is not a customer's message and counts in no ledger. */
export function tickArrival(lane: LaneKey = LANE, key: string = newId()): Arrival {
  const id = newId<EventId>()
  const event = { id, lane, name: 'tick:idle', dueAt: NOW, at: NOW, receivedAt: NOW } as const
  return { source: 'clock', key, event }
}

export const nothing = (): Change => ({
  threads: [],
  messages: [],
  effects: [],
  deadlines: [],
  cancelled: [],
  emitted: [],
  log: [],
})

export const changeOf = (parts: Partial<Change>): Change => ({ ...nothing(), ...parts })

export function contact(parts: Partial<Contact> = {}): Contact {
  const made = { account: SHOP, externalId: 'oAbc', alias: '客户-7F3A', following: true }
  return { ...made, refs: {}, quota: {}, ...parts }
}

export function conversation(parts: Partial<Conversation> = {}): Conversation {
  return {
    id: newId<ConversationId>(),
    marker: newId(),
    account: SHOP,
    desk: DESK,
    status: 'waiting',
    lease: 1,
    formerHolders: [],
    openedAt: NOW,
    lastAt: NOW,
    messages: 1,
    ...parts,
  }
}

export function customerMessage(number = 1, parts: Partial<Message> = {}): Message {
  return {
    id: newId<MessageId>(),
    number,
    from: 'customer',
    who: '客户-7F3A',
    content: { kind: 'text', text: `第 ${number} 句` },
    at: NOW + number,
    relay: 'waiting',
    ...parts,
  }
}

type Row = Partial<Omit<EffectCore, 'messages'>> & { messages?: readonly Message[] }

function effect(body: EffectBody, { messages = [], ...row }: Row, target: string): Effect {
  return {
    id: newId<EffectId>(),
    target,
    priority: 30,
    notBefore: NOW,
    expiresAt: NOW + 600_000,
    credential: DINGTALK,
    notify: 'failures',
    ...row,
    messages: messages.map(({ id }) => id),
    ...body,
  }
}

const ding = { kind: 'group', workplace: DINGTALK, id: 'cid/1==' } as const
const wecom = { kind: 'group', workplace: WECOM, id: 'wr1' } as const
const chats = { dingtalk: ding, wecom }
export type Where = keyof typeof chats

/** A line of a thread in one of the two groups. */
export function lineEffect(where: Where, row: Row = {}): Effect {
  const line = {
    marker: '〔#7KQ8H2·1〕',
    who: '客户-7F3A',
    from: 'customer',
    text: '你好',
  } as const
  return effect({ do: 'line', chat: chats[where], line }, row, `lines/${where}`)
}

export function noteEffect(where: Where, row: Row = {}): Effect {
  return effect({ do: 'note', chat: chats[where], title: '提示', body: [] }, row, `chat/${where}`)
}

export function replyEffect(row: Row = {}): Effect {
  const content = { kind: 'text', text: '在的' } as const
  return effect(
    { do: 'reply', to: 'oAbc', content },
    { credential: SHOP, ...row },
    `customer/${LANE}`,
  )
}

export function fetchEffect(row: Row = {}): Effect {
  const media = { kind: 'image', ref: 'media-id' } as const
  return effect(
    { do: 'fetch-media', media, from: 'channel' },
    { credential: SHOP, ...row },
    'media/1',
  )
}

export const cardOf = (id: CardId): Card => ({
  id,
  lease: 1,
  summary: '客户-7F3A',
  title: '客户-7F3A',
  source: '旗舰店 · 公众号',
  tone: 'alert',
  body: [],
})

export function postCardEffect(id: CardId, shows = 1, row: Row = {}): Effect {
  const body = { do: 'post-card', chat: ding, card: cardOf(id), mention: [], shows } as const
  return effect({ ...body, mention: [] }, row, 'card/dingtalk')
}

export function updateCardEffect(id: CardId, shows = 1, row: Row = {}): Effect {
  const body = { do: 'update-card', chat: ding, card: cardOf(id), shows } as const
  return effect(body, { coalesceKey: id, ...row }, 'card/dingtalk')
}

export function threadOf(card?: CardId): Thread {
  const made: Thread = { group: DING_GROUP, lines: 0, lined: 0, linedAhead: [] }
  if (card === undefined) return made
  const times = { postedAt: NOW, postedAfter: 0, touchedAt: 0 }
  return { ...made, card: { id: card, revision: 1, shown: 0, ...times } }
}

export const dingGroup = (parts: Partial<Group> = {}): Group => ({
  id: DING_GROUP,
  desk: DESK,
  workplace: DINGTALK,
  chat: 'cid/1==',
  boundAt: NOW,
  posted: 0,
  ...parts,
})

export const agent = (user: string, parts: Partial<Agent> = {}): Agent => ({
  id: makeAgentId(DINGTALK, user),
  workplace: DINGTALK,
  user,
  name: user,
  groups: [DING_GROUP],
  seenAt: NOW,
  ...parts,
})
