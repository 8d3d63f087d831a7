import { describe, expect, it } from 'vitest'
import type { CardId, EventId } from '#src/domain/ids.ts'
import { mediaHash } from '#src/domain/ids.ts'
import type { BotEvent } from '#src/router/events.ts'
import type { Harness } from './harness.ts'
import {
  changeOf,
  conversation,
  customerMessage,
  DING_GROUP,
  dingGroup,
  DINGTALK,
  fetchEffect,
  LANE,
  lineEffect,
  newId,
  NOW,
  noteEffect,
  postCardEffect,
  replyEffect,
  textArrival,
  threadOf,
  updateCardEffect,
  WECOM,
} from './samples.ts'

const CARD = 'card-1' as CardId
const unknown = { state: 'unknown', code: 'test.timeout' } as const
const failed = { state: 'failed', reason: 'unreachable', code: 'test.failed' } as const

/** What follows from the end of a send. */
export function deliveryContract(the: Harness): void {
  describe("a customer's message", () => {
    const toBoth = [lineEffect, lineEffect]
    const begin = () =>
      the.begun((message) => [
        toBoth[0]!('dingtalk', { messages: [message] }),
        toBoth[1]!('wecom', { messages: [message] }),
      ])

    it('waits until the first group has it', async () => {
      const begun = await begin()
      expect(await the.relayOf(begun)).toBe('waiting')
      await the.send(begun.effects[0]!)
      expect(await the.relayOf(begun)).toBe('relayed')
      expect(await the.ledger()).toMatchObject({ received: 1, relayed: 1, waiting: 0 })
    })

    it('stays relayed when the other group fails', async () => {
      const begun = await begin()
      await the.send(begun.effects[0]!)
      await the.fail(begun.effects[1]!)
      expect(await the.relayOf(begun)).toBe('relayed')
    })

    it('is parked when all have failed, and not before', async () => {
      const begun = await begin()
      await the.fail(begun.effects[0]!)
      expect(await the.relayOf(begun)).toBe('waiting')
      await the.fail(begun.effects[1]!)
      expect(await the.relayOf(begun)).toBe('parked')
      expect(await the.ledger()).toMatchObject({ received: 1, waiting: 0, parked: 1 })
    })

    it('is parked when nobody knows of any row whether it arrived', async () => {
      const begun = await begin()
      await the.fail(begun.effects[0]!)
      await the.take(begun.effects[1]!)
      await the.store.finishEffect(begun.effects[1]!.id, unknown, NOW)
      expect(await the.relayOf(begun)).toBe('parked')
    })

    it('still waits while a row is tried again', async () => {
      const begun = await begin()
      const [a, b] = begun.effects
      await the.fail(a!)
      await the.take(b!)
      const again = { state: 'retry', retryAt: NOW + 500, code: 'test.busy' } as const
      await the.store.finishEffect(b!.id, again, NOW)
      expect(await the.relayOf(begun)).toBe('waiting')
    })

    it('is relayed by an echo that comes after the failure', async () => {
      const begun = await begin()
      for (const effect of begun.effects) await the.fail(effect)
      await the.store.finishEffect(begun.effects[0]!.id, { state: 'sent' }, NOW)
      expect(await the.relayOf(begun)).toBe('relayed')
      expect(await the.ledger()).toMatchObject({ relayed: 1, parked: 0 })
    })

    it('waits again when a failed row is put back, and is relayed when that arrives', async () => {
      const begun = await begin()
      for (const effect of begun.effects) await the.fail(effect)
      await the.store.replayEffect(begun.effects[1]!.id, NOW, NOW + 1000)
      expect(await the.relayOf(begun)).toBe('waiting')
      await the.send(begun.effects[1]!)
      expect(await the.relayOf(begun)).toBe('relayed')
    })

    it('waits again when an unknown row is tried again', async () => {
      const begun = await the.begun((message) => [lineEffect('wecom', { messages: [message] })])
      await the.take(begun.effects[0]!)
      await the.store.finishEffect(begun.effects[0]!.id, unknown, NOW)
      const again = { state: 'retry', retryAt: NOW, code: 'test.busy' } as const
      await the.store.finishEffect(begun.effects[0]!.id, again, NOW)
      expect(await the.relayOf(begun)).toBe('waiting')
      await the.send(begun.effects[0]!)
      expect(await the.relayOf(begun)).toBe('relayed')
    })

    it('waits again when a later Change shows it by another row', async () => {
      const begun = await begin()
      for (const effect of begun.effects) await the.fail(effect)
      const once = lineEffect('dingtalk', { messages: [begun.message] })
      await the.happen({ effects: [once] })
      expect(await the.relayOf(begun)).toBe('waiting')
      await the.send(once)
      expect(await the.relayOf(begun)).toBe('relayed')
    })

    it('is not set back by a Change that was computed before it was relayed', async () => {
      const begun = await begin()
      await the.store.accept([textArrival()])
      const { event, snapshot } = await the.load()
      await the.send(begun.effects[0]!)
      const messages = snapshot.messages.map((message) => ({ ...message, who: '王女士' }))
      const change = changeOf({ messages })
      const { outcome } = await the.store.commit(event.id, LANE, snapshot.version, change)
      expect(outcome).toBe('done')
      const [message] = await the.store.read.messages(begun.conversation.id, 0, 10)
      expect(message).toMatchObject({ relay: 'relayed', who: '王女士' })
    })

    it('may be parked by a handler that finds no group', async () => {
      const message = customerMessage(1, { relay: 'parked' })
      const opened = conversation()
      await the.happen({ conversation: opened, messages: [message] })
      expect(await the.ledger()).toMatchObject({ received: 1, parked: 1, waiting: 0 })
    })

    it.each([
      ['a card', postCardEffect(CARD, 1)],
      ['a drawing', updateCardEffect(CARD, 1)],
      ['a digest', noteEffect('dingtalk')],
    ])('is relayed by %s that names it', async (_, effect) => {
      const row = { ...effect, id: newId<typeof effect.id>() }
      const begun = await the.begun((message) => [{ ...row, messages: [message.id] }])
      await the.send(row)
      expect(await the.relayOf(begun)).toBe('relayed')
    })

    it.each([
      ['an answer', replyEffect()],
      ['a download', fetchEffect()],
    ])('is neither relayed nor parked by %s', async (_, effect) => {
      const row = { ...effect, id: newId<typeof effect.id>() }
      const begun = await the.begun((message) => [{ ...row, messages: [message.id] }])
      await the.fail(row)
      expect(await the.relayOf(begun)).toBe('waiting')
    })
  })

  describe('a row that has ended', () => {
    it('stays sent whatever is said later', async () => {
      const begun = await the.begun((message) => [lineEffect('dingtalk', { messages: [message] })])
      const [effect] = begun.effects
      await the.send(effect!)
      await the.store.finishEffect(effect!.id, failed, NOW)
      expect(await the.relayOf(begun)).toBe('relayed')
      expect((await the.store.read.counts()).outboxDead).toBe(0)
    })

    it('that failed is not tried again by itself', async () => {
      const effect = lineEffect('dingtalk')
      await the.happen({ effects: [effect] })
      await the.fail(effect)
      const again = { state: 'retry', retryAt: NOW, code: 'test.busy' } as const
      await the.store.finishEffect(effect.id, again, NOW)
      expect(await the.take(effect)).toEqual([])
    })

    it('can have failed without being taken: its time was up', async () => {
      const begun = await the.begun((message) => [lineEffect('dingtalk', { messages: [message] })])
      await the.store.finishEffect(begun.effects[0]!.id, failed, NOW)
      expect(await the.relayOf(begun)).toBe('parked')
      expect(await the.take(begun.effects[0]!)).toEqual([])
    })

    it('nobody knows of does nothing', async () => {
      await the.store.finishEffect(newId(), { state: 'sent' }, NOW)
      expect(await the.store.read.counts()).toMatchObject({ outboxQueued: 0, outboxDead: 0 })
    })
  })

  describe('the event of a result', () => {
    const resultOf = (effect: { id: BotEvent<'delivery:sent'>['effect'] }): BotEvent => ({
      id: newId<EventId>(),
      lane: LANE,
      name: 'delivery:sent',
      effect: effect.id,
      what: 'reply',
      messages: [],
      at: NOW,
      receivedAt: NOW,
    })

    it('comes into the lane with the result', async () => {
      const effect = replyEffect()
      await the.happen({ effects: [effect] })
      await the.take(effect)
      const event = resultOf(effect)
      await the.store.finishEffect(effect.id, { state: 'sent' }, NOW, event)
      expect((await the.load()).event).toEqual(event)
      expect((await the.ledger()).received).toBe(1)
    })

    it('comes once, though the result is told twice', async () => {
      const effect = replyEffect()
      await the.happen({ effects: [effect] })
      await the.take(effect)
      await the.store.finishEffect(effect.id, { state: 'sent' }, NOW, resultOf(effect))
      await the.store.finishEffect(effect.id, { state: 'sent' }, NOW, resultOf(effect))
      expect((await the.store.read.counts()).inboxWaiting).toBe(1)
    })
  })

  describe('a delivered post', () => {
    const bind = () => the.happen({ desk: { bind: dingGroup({ posted: 3 }) } })
    const posted = () => the.store.read.group(DING_GROUP)?.posted

    it('is found by the id that the platform gave it', async () => {
      const [line, other] = [lineEffect('dingtalk'), lineEffect('wecom')]
      await the.happen({ effects: [line, other] })
      await the.send(line, 'msg-1')
      await the.send(other)
      expect(await the.store.read.laneOfPost(DINGTALK, 'msg-1')).toBe(LANE)
      expect(await the.store.read.laneOfPost(WECOM, 'msg-1')).toBeUndefined()
    })

    it('counts in its group, unless it only redraws a card', async () => {
      await bind()
      const effects = [
        lineEffect('dingtalk'),
        noteEffect('dingtalk'),
        postCardEffect(CARD),
        updateCardEffect(CARD),
        lineEffect('wecom'),
        replyEffect(),
      ]
      await the.happen({ effects })
      for (const effect of effects) await the.send(effect, effect.id)
      expect(posted()).toBe(6)
      expect(the.store.read.desk(dingGroup().desk).groups[0]?.posted).toBe(6)
      await the.reopen()
      expect(posted()).toBe(6)
    })

    it('counts once when several lines left in it', async () => {
      await bind()
      const effects = [lineEffect('dingtalk'), lineEffect('dingtalk')]
      await the.happen({ effects })
      for (const effect of effects) await the.send(effect, 'msg-1')
      expect(posted()).toBe(4)
    })

    it('that failed does not count', async () => {
      await bind()
      const effect = lineEffect('dingtalk')
      await the.happen({ effects: [effect] })
      await the.fail(effect)
      expect(posted()).toBe(3)
    })

    it('of a card tells how far the talk has been shown', async () => {
      const post = postCardEffect(CARD, 4)
      await the.happen({ conversation: conversation(), threads: [threadOf(CARD)], effects: [post] })
      const shown = async () => {
        await the.store.accept([textArrival()])
        const { event, snapshot } = await the.load()
        await the.store.commit(
          event.id,
          LANE,
          snapshot.version,
          changeOf({ threads: snapshot.threads }),
        )
        return snapshot.threads[0]?.card?.shown
      }
      expect(await shown()).toBe(0)
      await the.send(post)
      expect(await shown()).toBe(4)
      const [six, five] = [
        updateCardEffect(CARD, 6),
        updateCardEffect(CARD, 5, { coalesceKey: 'x' }),
      ]
      await the.happen({ effects: [six, five] })
      await the.send(six)
      await the.send(five)
      expect(await shown()).toBe(6)
    })

    it('of a fetched file is kept with what is known of it', async () => {
      const effect = fetchEffect({ messages: [] })
      await the.happen({ effects: [effect] })
      await the.take(effect)
      const hash = mediaHash('ab'.repeat(32))
      const file = { hash, kind: 'image', type: 'image/png', bytes: 70, name: '图.png' } as const
      await the.store.finishEffect(effect.id, { state: 'sent', file }, NOW)
      expect(await the.store.read.media(hash)).toEqual(file)
    })
  })
}
