import type { AccountId, AgentId, ConversationId, DeskId, GroupId } from './ids.ts'

export type Status = 'waiting' | 'held' | 'closed'

/** The agent who has claimed a conversation. */
export interface Holder {
  agent: AgentId
  name: string
  /** The group whose thread carries the talk now. */
  group: GroupId
  since: number
}

/** One stretch of talk with a contact. */
export interface Conversation {
  id: ConversationId
  /** Five characters and a check character, without brackets: 7KQ8H2. */
  marker: string
  account: AccountId
  desk: DeskId
  status: Status
  /** Grows with each change of holder; whoever acts on an older one is answered, and does nothing. */
  lease: number
  /** Only while held. */
  holder?: Holder
  /** Who held it before, latest first, at most 10: they must no longer see the reply box. */
  formerHolders: AgentId[]
  openedAt: number
  closedAt?: number
  /** Time of the last message either way. */
  lastAt: number
  /** Since when the team owes an answer. */
  owedSince?: number
  /** Number of the last message. */
  messages: number
}
