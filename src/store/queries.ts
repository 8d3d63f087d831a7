import { type Kysely, sql } from 'kysely'
import type { Contact } from '../domain/contact.ts'
import type { MediaFile } from '../domain/content.ts'
import type { Conversation } from '../domain/conversation.ts'
import type { AgentId, ConversationId, DeskId, MediaHash, MessageId } from '../domain/ids.ts'
import type { Message } from '../domain/message.ts'
import type { DeadEffect, OpenConversation, ParkedEvent, Reads } from '../ports/store.ts'
import { setRelay } from './relay-state.ts'
import type { Tables } from './schema.ts'

/**
 * The named queries off the hot path, whose text every store shares. What a partial index is about stands in the text
 * as a literal: bound as a parameter, it would let no database use that index.
 */
export type SharedReads = Pick<
  Reads,
  | 'openConversations'
  | 'heldBy'
  | 'bindCode'
  | 'media'
  | 'messages'
  | 'messagesById'
  | 'value'
  | 'parkedEvents'
  | 'deadEffects'
>

// Columns hold nothing but what the stores wrote from these same types; hence `as` and JSON.parse without a check.
export function sharedReads(db: Kysely<Tables>): SharedReads {
  return {
    openConversations: async (desk: DeskId, limit: number): Promise<OpenConversation[]> => {
      const rows = await withContact(db)
        .where('conversations.closed', '=', sql.lit(0))
        .where('conversations.desk', '=', desk)
        .orderBy('conversations.owed_since')
        .orderBy('conversations.opened_at')
        .limit(limit)
        .execute()
      return rows.map(toOpenConversation)
    },

    heldBy: async (agent: AgentId): Promise<OpenConversation[]> => {
      const rows = await withContact(db)
        .where('conversations.holder', '=', agent)
        .where('conversations.closed', '=', sql.lit(0))
        .orderBy('conversations.opened_at')
        .execute()
      return rows.map(toOpenConversation)
    },

    bindCode: async (code: string) => {
      const row = await db
        .selectFrom('bind_codes')
        .select(['desk', 'expires_at', 'used'])
        .where('code', '=', code)
        .executeTakeFirst()
      if (!row) return undefined
      return { desk: row.desk as DeskId, expiresAt: row.expires_at, used: row.used === 1 }
    },

    media: async (hash: MediaHash): Promise<MediaFile | undefined> => {
      const row = await db
        .selectFrom('media')
        .select(['kind', 'type', 'bytes', 'name'])
        .where('hash', '=', hash)
        .executeTakeFirst()
      if (!row) return undefined
      const { kind, type, bytes, name } = row
      return { hash, kind: kind as MediaFile['kind'], type, bytes, ...(name !== null && { name }) }
    },

    messages: async (conversation: ConversationId, after: number, limit: number) => {
      const rows = await db
        .selectFrom('messages')
        .select(['relay', 'body'])
        .where('conversation', '=', conversation)
        .where('number', '>', after)
        .orderBy('number')
        .limit(limit)
        .execute()
      return rows.map(toMessage)
    },

    messagesById: async (ids: readonly MessageId[]) => {
      const rows = await db
        .selectFrom('messages')
        .select(['relay', 'body'])
        .where('id', 'in', ids)
        .orderBy('number')
        .execute()
      return rows.map(toMessage)
    },

    value: async (key: string) => {
      const row = await db
        .selectFrom('kept_values')
        .select('value')
        .where('key', '=', key)
        .executeTakeFirst()
      return row?.value
    },

    parkedEvents: async (limit: number): Promise<ParkedEvent[]> => {
      const rows = await db
        .selectFrom('inbox')
        .select(['id', 'lane', 'name', 'received_at', 'error'])
        .where('state', '=', sql.lit('parked'))
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map(({ id, lane, name, received_at, error }) => ({
        id: id as ParkedEvent['id'],
        lane: lane as ParkedEvent['lane'],
        name,
        at: received_at,
        error: error ?? '',
      }))
    },

    deadEffects: async (limit: number): Promise<DeadEffect[]> => {
      const rows = await db
        .selectFrom('outbox')
        .select(['id', 'do', 'target', 'state', 'code', 'settled_at'])
        .where('state', 'in', [sql.lit('failed'), sql.lit('unknown')])
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map(({ id, do: kind, target, state, code, settled_at }) => ({
        id: id as DeadEffect['id'],
        do: kind as DeadEffect['do'],
        target,
        state: state as DeadEffect['state'],
        code: code ?? '',
        at: settled_at ?? 0,
      }))
    },
  }
}

function withContact(db: Kysely<Tables>) {
  return db
    .selectFrom('conversations')
    .innerJoin('lanes', 'lanes.lane', 'conversations.lane')
    .select(['conversations.lane', 'conversations.body', 'lanes.contact'])
}

function toOpenConversation(row: {
  lane: string
  body: string
  contact: string | null
}): OpenConversation {
  return {
    lane: row.lane as OpenConversation['lane'],
    conversation: JSON.parse(row.body) as Conversation,
    contact: JSON.parse(row.contact ?? 'null') as Contact,
  }
}

function toMessage({ relay, body }: { relay: string | null; body: string }): Message {
  return setRelay(JSON.parse(body) as Message, relay)
}
