import type { Content } from './content.ts'
import type { AgentId, MessageId } from './ids.ts'

/** Where a customer's message stands: on no group's screen yet, on one, or given up by all. */
export type RelayState = 'waiting' | 'relayed' | 'parked'

/** Where an answer stands. `sent` means handed over to the platform, never that it was read. */
export type ReplyState = 'queued' | 'sent' | 'failed' | 'unknown' | 'undelivered'

/** One message of a conversation. */
export interface Message {
  id: MessageId
  /** Position in the conversation, from 1. */
  number: number
  from: 'customer' | 'agent' | 'note'
  /** The name people see beside it. */
  who: string
  agent?: AgentId
  content: Content
  /** Epoch milliseconds, UTC: the platform's time. */
  at: number
  /** When it reached us; only of customers' messages. */
  arrivedAt?: number
  /** Only of customers' messages. */
  relay?: RelayState
  /** Only of answers. */
  reply?: ReplyState
  /** Why it failed, a key of cards/reasons.ts. */
  reason?: string
  /** The quota trigger that an answer used and when it had been opened; given back to that opening alone. */
  trigger?: string
  triggerOpenedAt?: number
}
