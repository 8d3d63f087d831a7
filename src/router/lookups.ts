import type { Contact } from '../domain/contact.ts'
import type { Conversation } from '../domain/conversation.ts'
import type { Agent, Desk, Group } from '../domain/desk.ts'
import type { AgentId, ConversationId, DeskId, GroupId, LaneKey, MessageId } from '../domain/ids.ts'
import type { Message } from '../domain/message.ts'

/** The named queries that a handler may await (the store has them all). */
export interface Lookups {
  desk(desk: DeskId): Desk
  group(id: GroupId): Group | undefined
  agent(id: AgentId): Agent | undefined
  openConversations(
    desk: DeskId,
    limit: number,
  ): Promise<{ lane: LaneKey; conversation: Conversation; contact: Contact }[]>
  heldBy(agent: AgentId): Promise<{ lane: LaneKey; conversation: Conversation; contact: Contact }[]>
  bindCode(code: string): Promise<{ desk: DeskId; expiresAt: number; used: boolean } | undefined>
  laneOfMarker(marker: string): Promise<LaneKey | undefined>
  messagesById(ids: readonly MessageId[]): Promise<Message[]>
  messages(conversation: ConversationId, after: number, limit: number): Promise<Message[]>
}
