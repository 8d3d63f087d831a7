import { describe, expect, it } from 'vitest'
import type { CardId } from '#src/domain/ids.ts'
import type { Harness } from './harness.ts'
import {
  conversation,
  customerMessage,
  DING_GROUP,
  DINGTALK,
  LANE,
  lineEffect,
  newId,
  NOW,
  replyEffect,
  threadOf,
  updateCardEffect,
} from './samples.ts'

const CARD = 'card-1' as CardId

/** Rows to be sent: their order, who takes them, and what replaces them. */
export function outboxContract(the: Harness): void {
  describe('the outbox', () => {
    it('lists new rows in their order, with what a worker must know', async () => {
      const line = lineEffect('dingtalk', { group: DING_GROUP, priority: 30, notBefore: NOW + 5 })
      const card = updateCardEffect(CARD, 3)
      const { pending } = await the.happen({ effects: [line, card] })
      expect(pending).toMatchObject([
        {
          id: line.id,
          lane: LANE,
          target: 'lines/dingtalk',
          do: 'line',
          priority: 30,
          notBefore: NOW + 5,
          expiresAt: NOW + 600_000,
          credential: DINGTALK,
          group: DING_GROUP,
          attempts: 0,
          firstTriedAt: 0,
        },
        { id: card.id, do: 'update-card', coalesceKey: CARD },
      ])
      expect(pending[0]!.seq).toBeLessThan(pending[1]!.seq)
      const next = await the.happen({ effects: [replyEffect()] })
      expect(next.pending[0]!.seq).toBeGreaterThan(pending[1]!.seq)
    })

    it('hands a row out once', async () => {
      const effect = lineEffect('dingtalk')
      await the.happen({ effects: [effect] })
      const [first, second] = await Promise.all([the.take(effect), the.take(effect)])
      expect(first).toEqual([{ lane: LANE, effect, attempts: 0, firstTriedAt: NOW }])
      expect(second).toEqual([])
    })

    it('hands out several in the order asked for, without those that are not queued', async () => {
      const [a, b, c] = [lineEffect('dingtalk'), lineEffect('wecom'), replyEffect()]
      await the.happen({ effects: [a, b, c] })
      await the.take(b)
      const taken = await the.take(c, lineEffect('wecom'), b, a)
      expect(taken.map(({ effect }) => effect.id)).toEqual([c.id, a.id])
    })

    it('keeps count of the tries of a row', async () => {
      const effect = lineEffect('dingtalk')
      await the.happen({ effects: [effect] })
      await the.take(effect)
      the.now = NOW + 500
      const again = { state: 'retry', retryAt: NOW + 900, code: 'test.busy' } as const
      await the.store.finishEffect(effect.id, again, the.now)
      const [taken] = await the.take(effect)
      expect(taken).toMatchObject({
        attempts: 1,
        firstTriedAt: NOW,
        effect: { notBefore: NOW + 900 },
      })
    })
  })

  describe('a newer row with the same coalesce key', () => {
    it('replaces a queued one', async () => {
      const [old, young] = [updateCardEffect(CARD, 1), updateCardEffect(CARD, 2)]
      await the.happen({ effects: [old] })
      const committed = await the.happen({ effects: [young] })
      expect(committed.superseded).toEqual([old.id])
      expect(committed.pending.map(({ id }) => id)).toEqual([young.id])
      expect((await the.take(old, young)).map(({ effect }) => effect.id)).toEqual([young.id])
      expect((await the.store.read.counts()).outboxQueued).toBe(1)
    })

    it('never replaces one that is being sent', async () => {
      const [old, young] = [updateCardEffect(CARD, 1), updateCardEffect(CARD, 2)]
      await the.happen({ effects: [old] })
      await the.take(old)
      const committed = await the.happen({ effects: [young] })
      expect(committed.superseded).toEqual([])
      const again = { state: 'retry', retryAt: NOW, code: 'test.busy' } as const
      await the.store.finishEffect(old.id, again, NOW)
      expect(await the.take(old)).toHaveLength(1)
    })

    it('replaces all of them that are queued', async () => {
      const [first, second, third] = [1, 2, 3].map((shows) => updateCardEffect(CARD, shows))
      await the.happen({ effects: [first!] })
      await the.take(first!)
      await the.happen({ effects: [second!] })
      const again = { state: 'retry', retryAt: NOW, code: 'test.busy' } as const
      await the.store.finishEffect(first!.id, again, NOW)
      const committed = await the.happen({ effects: [third!] })
      expect(committed.superseded.toSorted()).toEqual([first!.id, second!.id])
    })

    it('replaces one of its own Change, and nobody hears of that one', async () => {
      const [old, young] = [updateCardEffect(CARD, 1), updateCardEffect(CARD, 2)]
      const committed = await the.happen({ effects: [old, young] })
      expect(committed.superseded).toEqual([])
      expect(committed.pending.map(({ id }) => id)).toEqual([young.id])
    })

    it('takes over the messages that the replaced one was to show', async () => {
      const begun = await the.begun((message) => [
        updateCardEffect(CARD, 1, { messages: [message] }),
      ])
      const message = customerMessage(2)
      const young = updateCardEffect(CARD, 2, { messages: [message] })
      await the.happen({ messages: [message], effects: [young] })
      const [taken] = await the.take(young)
      expect(taken!.effect.messages).toEqual([begun.message.id, message.id])
      await the.store.finishEffect(young.id, { state: 'sent' }, NOW)
      expect(await the.ledger()).toMatchObject({ relayed: 2, waiting: 0 })
    })

    it('takes over nothing when it shows less, so that those messages wait for other rows only', async () => {
      const first = await the.begun((message) => [
        updateCardEffect(CARD, 1, { messages: [message] }),
      ])
      const line = lineEffect('wecom', { messages: [first.message] })
      const stub = updateCardEffect(CARD, 0)
      await the.happen({ effects: [line, stub] })
      await the.send(stub)
      expect(await the.relayOf(first)).toBe('waiting')
      await the.fail(line)
      expect(await the.relayOf(first)).toBe('parked')
    })

    it('parks what it does not show and no other row has', async () => {
      const begun = await the.begun((message) => [
        updateCardEffect(CARD, 1, { messages: [message] }),
      ])
      await the.happen({ effects: [updateCardEffect(CARD, 0)] })
      expect(await the.relayOf(begun)).toBe('parked')
      expect(await the.ledger()).toMatchObject({ waiting: 0, parked: 1 })
    })
  })

  describe('a dead row', () => {
    const unknown = { state: 'unknown', code: 'test.timeout' } as const

    it('is listed with its code', async () => {
      const [lost, refused] = [replyEffect(), lineEffect('wecom')]
      await the.happen({ effects: [lost, refused] })
      await the.take(lost)
      await the.store.finishEffect(lost.id, unknown, NOW + 3)
      await the.fail(refused)
      expect(await the.store.read.deadEffects(10)).toEqual([
        {
          id: lost.id,
          do: 'reply',
          target: lost.target,
          state: 'unknown',
          code: 'test.timeout',
          at: NOW + 3,
        },
        {
          id: refused.id,
          do: 'line',
          target: 'lines/wecom',
          state: 'failed',
          code: 'test.failed',
          at: NOW,
        },
      ])
      expect(await the.store.read.counts()).toMatchObject({ outboxQueued: 0, outboxDead: 2 })
    })

    it('goes back into its old place with a new end', async () => {
      const [first, second] = [lineEffect('wecom'), lineEffect('wecom')]
      const { pending } = await the.happen({ effects: [first, second] })
      await the.fail(first)
      const row = await the.store.replayEffect(first.id, NOW + 9, NOW + 999)
      expect(row).toEqual({ ...pending[0], notBefore: NOW + 9, expiresAt: NOW + 999 })
      const [taken] = await the.take(first)
      expect(taken).toMatchObject({
        attempts: 0,
        effect: { notBefore: NOW + 9, expiresAt: NOW + 999 },
      })
      expect(await the.store.read.counts()).toMatchObject({ outboxQueued: 2, outboxDead: 0 })
    })

    it('is the only kind that goes back', async () => {
      const [queued, sending, sent] = [
        lineEffect('wecom'),
        lineEffect('wecom'),
        lineEffect('wecom'),
      ]
      await the.happen({ effects: [queued, sending, sent] })
      await the.take(sending)
      await the.send(sent)
      for (const { id } of [queued, sending, sent, { id: newId<typeof sent.id>() }]) {
        expect(await the.store.replayEffect(id, NOW, NOW + 1)).toBeUndefined()
      }
    })

    it('does not draw an old state over a newer one that has arrived', async () => {
      await the.happen({ conversation: conversation(), threads: [threadOf(CARD)] })
      const [old, young] = [updateCardEffect(CARD, 1), updateCardEffect(CARD, 2)]
      await the.happen({ effects: [old] })
      await the.fail(old)
      await the.happen({ effects: [young] })
      expect(await the.store.replayEffect(old.id, NOW, NOW + 1)).toMatchObject({ id: old.id })
      await the.fail(old)
      await the.send(young)
      expect(await the.store.replayEffect(old.id, NOW, NOW + 1)).toBeUndefined()
    })

    it('knows the newest drawing, though an older one is heard of last', async () => {
      await the.happen({ conversation: conversation(), threads: [threadOf(CARD)] })
      const [old, middle, young] = [1, 2, 3].map((shows) => updateCardEffect(CARD, shows))
      for (const effect of [old!, middle!]) {
        await the.happen({ effects: [effect] })
        await the.take(effect)
        await the.store.finishEffect(effect.id, unknown, NOW)
      }
      await the.happen({ effects: [young!] })
      await the.send(young!)
      await the.store.finishEffect(old!.id, { state: 'sent' }, NOW)
      expect(await the.store.replayEffect(middle!.id, NOW, NOW + 1)).toBeUndefined()
    })
  })
}
