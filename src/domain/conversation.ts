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

/** What can happen to a conversation. `lease` is the one that the actor saw; left out where they saw none (a text command). */
export type Move =
  | { do: 'claim'; by: Holder; lease?: number }
  | { do: 'transfer'; by: AgentId; to: Holder; lease?: number }
  | { do: 'release'; by: AgentId; lease?: number }
  | { do: 'close'; by: AgentId; lease?: number }
  | { do: 'idle-release' }
  | { do: 'idle-close' }
  | { do: 'reopen' }

/** Why a move was not made; the words stand in cards/reasons.ts. */
export type MoveRefusal =
  | 'stale-card'
  | 'already-yours'
  | 'held-by-other'
  | 'not-held'
  | 'not-yours'
  | 'closed'
  | 'still-open'

export type Moved = { ok: true; conversation: Conversation } | { ok: false; refusal: MoveRefusal }

/** The one table of moves: what each does in each state. A move that is not `to` a state is refused with this reason. */
export const moves = {
  waiting: {
    claim: { to: 'held' },
    transfer: 'not-held',
    release: 'not-held',
    close: 'not-held',
    'idle-release': 'not-held',
    'idle-close': 'not-held',
    reopen: 'still-open',
  },
  held: {
    claim: 'held-by-other',
    transfer: { to: 'held' },
    release: { to: 'waiting' },
    close: { to: 'closed' },
    'idle-release': { to: 'waiting' },
    'idle-close': { to: 'closed' },
    reopen: 'still-open',
  },
  closed: {
    claim: 'closed',
    transfer: 'closed',
    release: 'closed',
    close: 'closed',
    'idle-release': 'closed',
    'idle-close': 'closed',
    reopen: { to: 'waiting' },
  },
} as const satisfies Record<Status, Record<Move['do'], { to: Status } | MoveRefusal>>

/**
 * Makes one move, or says why not. Every move that is made raises the lease, so that whatever was drawn before it is
 * stale from then on.
 */
export function move(conversation: Conversation, step: Move, now: number): Moved {
  const entry = moves[conversation.status][step.do]
  if ('lease' in step && step.lease !== undefined && step.lease !== conversation.lease)
    return refuse(staleRefusal(conversation, step))
  if (typeof entry === 'string') return refuse(betterRefusal(conversation, step, entry))
  if (mustBeHolder(step) && conversation.holder?.agent !== step.by) return refuse('not-yours')
  if (step.do === 'transfer' && step.to.agent === step.by) return refuse('already-yours')
  return { ok: true, conversation: apply(conversation, step, entry.to, now) }
}

export function isHeldBy(conversation: Conversation | undefined, agent: AgentId): boolean {
  return conversation?.status === 'held' && conversation.holder?.agent === agent
}

/** Whether a customer who comes back now goes on with this conversation instead of beginning a new one. */
export function mayReopen(conversation: Conversation, now: number, withinMs: number): boolean {
  return conversation.status === 'closed' && now - (conversation.closedAt ?? 0) <= withinMs
}

type HolderMove = Extract<Move, { by: AgentId }>
const mustBeHolder = (step: Move): step is HolderMove =>
  step.do === 'transfer' || step.do === 'release' || step.do === 'close'

function apply(conversation: Conversation, step: Move, status: Status, now: number): Conversation {
  const { holder: previous, closedAt: _closed, owedSince, ...rest } = conversation
  const isOver = status === 'closed'
  const holder = step.do === 'claim' ? step.by : step.do === 'transfer' ? step.to : undefined
  return {
    ...rest,
    status,
    lease: conversation.lease + 1,
    formerHolders: formerHolders(conversation.formerHolders, previous?.agent, holder?.agent),
    ...(holder && { holder }),
    ...(isOver && { closedAt: now }),
    // Whoever closes a conversation has decided that nothing is owed any more.
    ...(!isOver && owedSince !== undefined && { owedSince }),
  }
}

function formerHolders(former: AgentId[], left?: AgentId, now?: AgentId): AgentId[] {
  const all = left === undefined ? former : [left, ...former]
  return [...new Set(all)].filter((agent) => agent !== now).slice(0, 10)
}

/** A click on an old drawing that wants what is already so is told the simple truth. */
function staleRefusal(conversation: Conversation, step: Move): MoveRefusal {
  if (step.do !== 'claim') return 'stale-card'
  const entry = moves[conversation.status].claim
  return typeof entry === 'string' ? betterRefusal(conversation, step, entry) : 'stale-card'
}

function betterRefusal(conversation: Conversation, step: Move, reason: MoveRefusal): MoveRefusal {
  if (step.do === 'claim' && isHeldBy(conversation, step.by.agent)) return 'already-yours'
  return reason
}

const refuse = (refusal: MoveRefusal): Moved => ({ ok: false, refusal })
