import * as fc from 'fast-check'
import type { Contact } from '#src/domain/contact.ts'
import type { Conversation, Holder, Move } from '#src/domain/conversation.ts'
import {
  type AgentId,
  type ConversationId,
  type GroupId,
  accountId,
  deskId,
  makeAgentId,
  makeGroupId,
  workplaceId,
} from '#src/domain/ids.ts'

const wecom = workplaceId('wecom')
const dingtalk = workplaceId('dingtalk')

/** Five agents of two workplaces. */
export const agents: readonly AgentId[] = [
  makeAgentId(dingtalk, 'zhang'),
  makeAgentId(dingtalk, 'li'),
  makeAgentId(dingtalk, 'wang'),
  makeAgentId(wecom, 'zhao'),
  makeAgentId(wecom, 'qian'),
]

export const groupOfAgent = (agent: AgentId): GroupId =>
  agent.startsWith('wecom/') ? makeGroupId(wecom, 'wc-group') : makeGroupId(dingtalk, 'dt-group')

export const holderOf = (agent: AgentId, since = 0): Holder => ({
  agent,
  name: agent,
  group: groupOfAgent(agent),
  since,
})

export const freshConversation = (now = 0): Conversation => ({
  // Ids of the store are made elsewhere; any text does here.
  id: 'CONVERSATION' as ConversationId,
  marker: '7KQ8H2',
  account: accountId('shop'),
  desk: deskId('main'),
  status: 'waiting',
  lease: 0,
  formerHolders: [],
  openedAt: now,
  lastAt: now,
  messages: 0,
})

export const contactWith = (quota: Contact['quota']): Contact => ({
  account: accountId('shop'),
  externalId: 'oCustomer',
  alias: '客户-7KQ8',
  following: true,
  refs: {},
  quota,
})

/** The lease an actor claims to have seen: the present one, an older or newer one, or none. */
export type Seen = 'present' | 'none' | number

export type Action =
  | { kind: 'move'; do: Move['do']; by: AgentId; to: AgentId; seen: Seen }
  | { kind: 'say'; by: AgentId; seen: Seen }

const seen: fc.Arbitrary<Seen> = fc.oneof(
  fc.constant('present' as const),
  fc.constant('none' as const),
  fc.integer({ min: -1, max: 8 }),
)
const agent = fc.constantFrom(...agents)
const moveName = fc.constantFrom<Move['do']>(
  'claim',
  'claim',
  'transfer',
  'release',
  'close',
  'idle-release',
  'idle-close',
  'reopen',
)

/** What anybody may try at any time. */
export const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('move' as const), do: moveName, by: agent, to: agent, seen }),
  fc.record({ kind: fc.constant('say' as const), by: agent, seen }),
)

/** The lease to act with, as the field of a move; left out for those who saw none. */
export const leaseOf = (claimed: Seen, present: number): { lease?: number } =>
  claimed === 'none' ? {} : { lease: claimed === 'present' ? present : claimed }

export function stepOf(tried: Action & { kind: 'move' }, present: number, now: number): Move {
  const { by, to } = tried
  const lease = leaseOf(tried.seen, present)
  switch (tried.do) {
    case 'claim':
      return { do: 'claim', by: holderOf(by, now), ...lease }
    case 'transfer':
      return { do: 'transfer', by, to: holderOf(to, now), ...lease }
    case 'release':
    case 'close':
      return { do: tried.do, by, ...lease }
    case 'idle-release':
    case 'idle-close':
    case 'reopen':
      return { do: tried.do }
  }
}
