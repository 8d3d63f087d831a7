import { describe, expect, it } from 'vitest'
import { type CardId, type ConversationId, makeAgentId, type MessageId } from '#src/domain/ids.ts'
import type { Harness } from './harness.ts'
import {
  contact,
  conversation,
  customerMessage,
  DESK,
  DING_GROUP,
  DINGTALK,
  LANE,
  laneOf,
  NOW,
  postCardEffect,
  threadOf,
} from './samples.ts'

const zhang = makeAgentId(DINGTALK, 'zhang')
const holder = { agent: zhang, name: '张三', group: DING_GROUP, since: NOW }

/** The named queries that no other section asks. */
export function readsContract(the: Harness): void {
  const open = (customer: string, parts: Parameters<typeof conversation>[0]) => {
    const made = conversation(parts)
    return the
      .happen({ contact: contact({ externalId: customer }), conversation: made }, laneOf(customer))
      .then(() => made)
  }

  describe('reading', () => {
    it('lists open conversations, the longest owed first, then those that owe nothing', async () => {
      const calm = await open('a', { openedAt: NOW - 900 })
      const late = await open('b', { owedSince: NOW - 100 })
      const first = await open('c', { owedSince: NOW - 200, status: 'held', holder })
      await open('d', { owedSince: NOW - 300, status: 'closed' })
      await open('e', { owedSince: NOW - 300, desk: 'other' as typeof DESK })
      const found = await the.store.read.openConversations(DESK, 10)
      expect(found.map(({ conversation: { id } }) => id)).toEqual([first.id, late.id, calm.id])
      expect(found[0]).toEqual({
        lane: laneOf('c'),
        conversation: first,
        contact: contact({ externalId: 'c' }),
      })
      expect(await the.store.read.openConversations(DESK, 1)).toHaveLength(1)
      expect((await the.store.read.counts()).conversationsOpen).toBe(4)
    })

    it('lists a conversation anew when what it owes changes', async () => {
      const [a, b] = [
        await open('a', { owedSince: NOW - 200 }),
        await open('b', { owedSince: NOW - 100 }),
      ]
      const { owedSince: _, ...answered } = a
      await the.happen({ conversation: answered }, laneOf('a'))
      const found = await the.store.read.openConversations(DESK, 10)
      expect(found.map(({ conversation }) => conversation)).toEqual([b, answered])
    })

    it("lists an agent's conversations, the oldest first, while they hold them", async () => {
      const young = await open('a', { status: 'held', holder, openedAt: NOW })
      const old = await open('b', { status: 'held', holder, openedAt: NOW - 5 })
      const someone = { ...holder, agent: makeAgentId(DINGTALK, 'li') }
      await open('c', { status: 'held', holder: someone })
      const held = async () =>
        (await the.store.read.heldBy(zhang)).map(({ conversation: { id } }) => id)
      expect(await held()).toEqual([old.id, young.id])
      const { holder: _, ...released } = { ...old, status: 'waiting' as const }
      await the.happen({ conversation: released }, laneOf('b'))
      expect(await held()).toEqual([young.id])
    })

    it('finds a lane by its cards, older ones included', async () => {
      const [first, second, board] = ['c1', 'c2', 'board'] as CardId[]
      await the.happen({ conversation: conversation(), threads: [threadOf(first)] })
      await the.happen({ threads: [threadOf(second)], effects: [postCardEffect(board!)] })
      for (const card of [first, second, board]) {
        expect(await the.store.read.laneOfCard(card!)).toBe(LANE)
      }
      expect(await the.store.read.laneOfCard('c3' as CardId)).toBeUndefined()
    })

    it('finds a lane by its marker while the conversation is open, and for 90 days after the last message', async () => {
      await open('a', { marker: '7KQ8H2', status: 'closed', lastAt: NOW })
      expect(await the.store.read.laneOfMarker('7KQ8H2')).toBe(laneOf('a'))
      expect(await the.store.read.laneOfMarker('7KQ8H3')).toBeUndefined()
      await open('b', { marker: '7KQ8H4', lastAt: NOW })
      the.now = NOW + 90 * 24 * 3_600_000 + 1
      expect(await the.store.read.laneOfMarker('7KQ8H2')).toBeUndefined()
      expect(await the.store.read.laneOfMarker('7KQ8H4')).toBe(laneOf('b'))
    })

    it('finds contact and conversation of a lane', async () => {
      expect(await the.store.read.contact(LANE)).toBeUndefined()
      expect(await the.store.read.conversation(LANE)).toBeUndefined()
      const { conversation: opened } = await the.begun()
      expect(await the.store.read.contact(LANE)).toEqual(contact())
      expect(await the.store.read.conversation(LANE)).toEqual(opened)
    })

    it('pages through the messages of a conversation', async () => {
      const messages = [1, 2, 3, 4].map((number) => customerMessage(number))
      const opened = conversation({ messages: 4 })
      await the.happen({ conversation: opened, messages })
      expect(await the.store.read.messages(opened.id, 1, 2)).toEqual(messages.slice(1, 3))
      expect(await the.store.read.messages(opened.id, 3, 2)).toEqual(messages.slice(3))
      expect(await the.store.read.messages('none' as ConversationId, 0, 2)).toEqual([])
      expect((await the.store.read.counts()).messages).toBe(4)
    })

    it('finds messages by their ids, in the order of the talk', async () => {
      const messages = [1, 2, 3].map((number) => customerMessage(number))
      await the.happen({ conversation: conversation({ messages: 3 }), messages })
      const ids = [messages[2]!.id, 'none' as MessageId, messages[0]!.id]
      expect(await the.store.read.messagesById(ids)).toEqual([messages[0], messages[2]])
      expect(await the.store.read.messagesById([])).toEqual([])
    })
  })
}
