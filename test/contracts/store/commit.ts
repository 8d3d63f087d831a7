import { describe, expect, it } from 'vitest'
import type { CardId, ConversationId } from '#src/domain/ids.ts'
import type { Harness } from './harness.ts'
import {
  changeOf,
  contact,
  conversation,
  customerMessage,
  LANE,
  laneOf,
  lineEffect,
  NOW,
  textArrival,
  threadOf,
  tickArrival,
} from './samples.ts'

const DAY_MS = 24 * 3_600_000

/** Changes: whole or not at all, and only on the state that they were computed from. */
export function commitContract(the: Harness): void {
  describe('a Change', () => {
    it('is found again in the next snapshot', async () => {
      const opened = conversation({ messages: 2 })
      const messages = [
        customerMessage(1),
        customerMessage(2, { from: 'note', who: '', relay: undefined! }),
      ]
      delete messages[1]!.relay
      const written = {
        contact: contact(),
        conversation: opened,
        threads: [threadOf('c1' as CardId)],
        messages,
      }
      const committed = await the.happen(written)
      expect(committed).toMatchObject({ outcome: 'done', version: 1 })
      await the.store.accept([textArrival()])
      expect((await the.load()).snapshot).toEqual({ lane: LANE, version: 1, ...written })
    })

    it('leaves alone what it does not mention', async () => {
      const { conversation: opened, message } = await the.begun()
      await the.happen({})
      await the.store.accept([textArrival()])
      expect((await the.load()).snapshot).toEqual({
        lane: LANE,
        version: 2,
        contact: contact(),
        conversation: opened,
        threads: [],
        messages: [message],
      })
    })

    it('replaces what it mentions again', async () => {
      const { conversation: opened, message } = await the.begun()
      const reply = { ...customerMessage(2), from: 'agent' as const, reply: 'queued' as const }
      delete reply.relay
      await the.happen({ threads: [threadOf()], messages: [reply] })
      const closed = { ...opened, status: 'closed' as const, closedAt: NOW + 5, messages: 2 }
      const sent = { ...reply, reply: 'sent' as const }
      const thread = { ...threadOf(), lines: 7 }
      await the.happen({
        contact: contact({ alias: '王女士' }),
        conversation: closed,
        threads: [thread],
        messages: [sent],
      })
      await the.store.accept([textArrival()])
      expect((await the.load()).snapshot).toEqual({
        lane: LANE,
        version: 3,
        contact: contact({ alias: '王女士' }),
        conversation: closed,
        threads: [thread],
        messages: [message, sent],
      })
    })

    it('is stale when another one came first', async () => {
      await the.store.accept([tickArrival(), tickArrival()])
      const { event, snapshot } = await the.load()
      const first = await the.handle({ contact: contact() })
      expect(first.outcome).toBe('done')
      const next = await the.load()
      const late = changeOf({ contact: contact({ alias: '旧' }) })
      const stale = await the.store.commit(next.event.id, LANE, snapshot.version, late)
      expect(stale).toEqual({ outcome: 'stale', pending: [], superseded: [], woken: [] })
      const twice = await the.store.commit(event.id, LANE, 1, late)
      expect(twice.outcome).toBe('stale')
      expect(await the.store.read.contact(LANE)).toEqual(contact())
      expect((await the.load()).event.id).toBe(next.event.id)
    })

    it('wins alone when two of one version are committed at the same moment', async () => {
      await the.store.accept([tickArrival()])
      const { event, snapshot } = await the.load()
      const outcomes = await Promise.all(
        ['甲', '乙'].map((alias) => {
          const change = changeOf({
            contact: contact({ alias }),
            effects: [lineEffect('dingtalk')],
          })
          return the.store.commit(event.id, LANE, snapshot.version, change)
        }),
      )
      expect(outcomes.map(({ outcome }) => outcome)).toEqual(['done', 'stale'])
      expect(await the.store.read.contact(LANE)).toEqual(contact({ alias: '甲' }))
      expect((await the.store.read.counts()).outboxQueued).toBe(1)
    })

    it('is stale for an event whose turn it is not', async () => {
      const [first, second] = [textArrival('一'), textArrival('二')]
      await the.store.accept([first, second])
      const committed = await the.store.commit(second.event.id, LANE, 0, changeOf({}))
      expect(committed.outcome).toBe('stale')
      expect((await the.load()).event.id).toBe(first.event.id)
    })

    it('is written whole or not at all, and a broken one harms no neighbour of the same moment', async () => {
      await the.store.accept([textArrival(), textArrival('', { lane: laneOf('b') })])
      const broken = changeOf({
        contact: contact(),
        conversation: conversation(),
        messages: [customerMessage(1), customerMessage(1)],
        effects: [lineEffect('dingtalk')],
      })
      const [one, other] = [await the.load(), await the.load(laneOf('b'))]
      const [bad, good] = await Promise.allSettled([
        the.store.commit(one.event.id, LANE, 0, broken),
        the.store.commit(other.event.id, laneOf('b'), 0, changeOf({ contact: contact() })),
      ])
      expect(bad.status).toBe('rejected')
      expect(good).toMatchObject({ status: 'fulfilled', value: { outcome: 'done' } })
      expect(await the.load()).toEqual(one)
      expect(await the.store.read.counts()).toMatchObject({
        outboxQueued: 0,
        conversationsOpen: 0,
        messages: 0,
      })
    })

    it('needs a conversation for messages and threads', async () => {
      await the.store.accept([textArrival()])
      await expect(the.handle({ messages: [customerMessage()] })).rejects.toThrow('conversation')
    })

    it('wakes the lanes that it emits events for', async () => {
      const other = laneOf('b')
      const emitted = [{ lane: other, name: 'tick:idle', body: { dueAt: NOW + 1 } }]
      the.now = NOW + 7
      const committed = await the.happen({ emitted })
      expect(committed.woken).toEqual([other])
      const { event } = await the.load(other)
      expect(event).toMatchObject({ lane: other, name: 'tick:idle', dueAt: NOW + 1, at: NOW + 7 })
      expect(event.id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/)
    })

    it('is stale when its new conversation has the marker of another one', async () => {
      await the.happen({ conversation: conversation({ marker: '7KQ8H2' }) })
      const other = laneOf('b')
      await the.store.accept([textArrival('', { lane: other })])
      const taken = await the.handle({ conversation: conversation({ marker: '7KQ8H2' }) }, other)
      expect(taken.outcome).toBe('stale')
      const free = await the.handle({ conversation: conversation({ marker: '7KQ8H3' }) }, other)
      expect(free.outcome).toBe('done')
    })

    it('may use the marker of a conversation that ended 90 days ago', async () => {
      const old = conversation({
        marker: '7KQ8H2',
        status: 'closed',
        lastAt: NOW - 90 * DAY_MS - 1,
      })
      await the.happen({ conversation: old })
      const other = laneOf('b')
      await the.happen({ conversation: conversation({ marker: '7KQ8H2' }) }, other)
      expect(await the.store.read.laneOfMarker('7KQ8H2')).toBe(other)
    })
  })

  describe('a time with a fraction of a millisecond', () => {
    it('costs nothing: delays come with jitter', async () => {
      const half = NOW + 0.5
      const effect = { ...lineEffect('dingtalk'), notBefore: half, expiresAt: half + 1000 }
      const deadline = {
        name: 'a',
        dueAt: half,
        event: { lane: LANE, name: 'tick:idle', body: {} },
      }
      await the.store.accept([textArrival('你好', { receivedAt: half }), textArrival()])
      const { event } = await the.load()
      await the.store.failEvent(event.id, 'Error: broken', half)
      the.now = NOW + 1
      const opened = conversation({ lastAt: half, openedAt: half, owedSince: half })
      const log = [{ at: half, name: 'message' }]
      const committed = await the.handle({
        conversation: opened,
        effects: [effect],
        deadlines: [deadline],
        log,
      })
      expect(committed.outcome).toBe('done')
      await the.take(effect)
      const again = { state: 'retry', retryAt: half, code: 'test.busy' } as const
      await the.store.finishEffect(effect.id, again, half)
      expect(await the.take(effect)).toHaveLength(1)
      expect(await the.store.lease('socket', 'a', half, half + 15_000)).toEqual({ fence: 1 })
      const fired = { ...tickArrival().event, dueAt: half }
      expect(await the.store.fire(deadline, fired as typeof event)).toBe(true)
    })
  })

  describe('a snapshot', () => {
    it('of a lane where nothing was committed yet is empty', async () => {
      await the.store.accept([textArrival()])
      const empty = { lane: LANE, version: 0, threads: [], messages: [] }
      expect(await the.load()).toMatchObject({ attempts: 0, snapshot: empty })
      expect((await the.load()).snapshot.conversation).toBeUndefined()
      expect((await the.load()).snapshot.contact).toBeUndefined()
    })

    it('has the last 20 messages, oldest first', async () => {
      const messages = Array.from({ length: 25 }, (_, index) => customerMessage(index + 1))
      await the.happen({ conversation: conversation({ messages: 25 }), messages })
      await the.store.accept([textArrival()])
      expect((await the.load()).snapshot.messages).toEqual(messages.slice(5))
    })

    it('has the open conversation, else the last closed one', async () => {
      const closedAt = (id: string, openedAt: number) =>
        conversation({
          id: id as ConversationId,
          status: 'closed',
          openedAt,
          closedAt: openedAt + 1,
        })
      const [late, early] = [closedAt('c2', NOW - 1000), closedAt('c1', NOW - 2000)]
      await the.happen({ conversation: late })
      await the.happen({ conversation: early })
      expect(await the.store.read.conversation(LANE)).toEqual(late)
      const reopened = { ...early, status: 'waiting' as const, lease: 2 }
      await the.happen({ conversation: reopened })
      expect(await the.store.read.conversation(LANE)).toEqual(reopened)
    })

    it('of a lane never holds two open conversations', async () => {
      await the.begun()
      await expect(the.happen({ conversation: conversation() })).rejects.toThrow()
    })
  })
}
