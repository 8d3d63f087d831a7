import { describe, expect, it } from 'vitest'
import { mediaHash } from '#src/domain/ids.ts'
import type { Harness } from './harness.ts'
import {
  DESK,
  DINGTALK,
  LANE,
  lineEffect,
  newId,
  NOW,
  replyEffect,
  textArrival,
} from './samples.ts'

const DAY_MS = 24 * 3_600_000

/** Leases, tokens, values and media; and what is thrown away when. */
export function keepingContract(the: Harness): void {
  describe('a lease', () => {
    it('belongs to one owner until it ends', async () => {
      expect(await the.store.lease('socket', 'a', NOW, NOW + 15_000)).toEqual({ fence: 1 })
      expect(await the.store.lease('socket', 'b', NOW + 14_999, NOW + 30_000)).toBeUndefined()
      expect(await the.store.lease('other', 'b', NOW, NOW + 15_000)).toEqual({ fence: 1 })
    })

    it('is renewed by its owner under the same fence', async () => {
      await the.store.lease('socket', 'a', NOW, NOW + 15_000)
      expect(await the.store.lease('socket', 'a', NOW + 5000, NOW + 20_000)).toEqual({ fence: 1 })
      expect(await the.store.lease('socket', 'b', NOW + 15_000, NOW + 30_000)).toBeUndefined()
    })

    it('gets a higher fence with each owner, over a restart too', async () => {
      await the.store.lease('socket', 'a', NOW, NOW + 15_000)
      expect(await the.store.lease('socket', 'b', NOW + 15_000, NOW + 30_000)).toEqual({ fence: 2 })
      await the.reopen()
      expect(await the.store.lease('socket', 'a', NOW + 30_000, NOW + 45_000)).toEqual({ fence: 3 })
    })

    it('is free at once when its owner releases it, and nobody else can', async () => {
      await the.store.lease('socket', 'a', NOW, NOW + 15_000)
      await the.store.releaseLease('socket', 'b')
      expect(await the.store.lease('socket', 'b', NOW, NOW + 15_000)).toBeUndefined()
      await the.store.releaseLease('socket', 'a')
      expect(await the.store.lease('socket', 'b', NOW, NOW + 15_000)).toEqual({ fence: 2 })
    })

    it('goes to one of several who ask at the same moment', async () => {
      const owners = ['a', 'b', 'c', 'd']
      const asked = owners.map((owner) => the.store.lease('socket', owner, NOW, NOW + 15_000))
      expect((await Promise.all(asked)).filter((lease) => lease !== undefined)).toHaveLength(1)
    })
  })

  describe('small things', () => {
    it('are found again by name, in their last state', async () => {
      const token = { token: 't2', expiresAt: NOW + 7_200_000, fetchedAt: NOW }
      expect(await the.store.token('shop')).toBeUndefined()
      expect(await the.store.read.value('cron')).toBeUndefined()
      await the.store.putToken('shop', { ...token, token: 't1' })
      await the.store.putToken('shop', token)
      await the.store.putValue('cron', '1')
      await the.store.putValue('cron', '2')
      await the.reopen()
      expect(await the.store.token('shop')).toEqual(token)
      expect(await the.store.read.value('cron')).toBe('2')
    })

    it('include what is known of a file', async () => {
      const hash = mediaHash('cd'.repeat(32))
      const file = { hash, kind: 'voice', type: 'audio/amr', bytes: 12 } as const
      expect(await the.store.read.media(hash)).toBeUndefined()
      await the.store.putMedia(file, NOW)
      await the.store.putMedia(file, NOW + 1)
      expect(await the.store.read.media(hash)).toEqual(file)
    })
  })

  describe('pruning', () => {
    it('forgets keys and bodies of handled events after 7 days, and nothing that still waits', async () => {
      const [handled, waiting] = [textArrival(), textArrival()]
      await the.store.accept([handled, waiting])
      await the.handle()
      expect(await the.store.prune(NOW + 7 * DAY_MS)).toBe(0)
      expect(await the.store.prune(NOW + 7 * DAY_MS + 1)).toBe(1)
      expect((await the.load()).event.id).toBe(waiting.event.id)
      const known = await the.store.accept([
        textArrival('', { key: waiting.key }),
        textArrival('', { key: handled.key }),
      ])
      expect(known).toEqual(['duplicate', 'new'])
    })

    it('keeps parked events', async () => {
      const arrival = textArrival()
      await the.store.accept([arrival])
      await the.store.failEvent(arrival.event.id, 'Error: broken', undefined)
      expect(await the.store.prune(NOW + 365 * DAY_MS)).toBe(0)
      expect(await the.store.replayEvent(arrival.event.id, NOW)).toBe(LANE)
    })

    it('forgets settled effects after 30 days, and none that is still to be sent', async () => {
      const [sent, dead, queued] = [lineEffect('wecom'), replyEffect(), lineEffect('wecom')]
      await the.happen({ effects: [sent, dead, queued] })
      await the.send(sent)
      await the.fail(dead)
      await the.store.prune(NOW + 29 * DAY_MS)
      expect(await the.store.prune(NOW + 30 * DAY_MS + 1)).toBe(2)
      expect(await the.store.read.deadEffects(10)).toEqual([])
      expect(await the.store.read.counts()).toMatchObject({ outboxQueued: 1, outboxDead: 0 })
      expect(await the.take(queued)).toHaveLength(1)
    })

    it('forgets posts after 90 days and bind codes a day after their end', async () => {
      const line = lineEffect('dingtalk')
      await the.happen({ effects: [line] })
      await the.send(line, 'msg-1')
      await the.store.putBindCode('4711', DESK, NOW)
      await the.store.prune(NOW + DAY_MS + 1)
      expect(await the.store.read.bindCode('4711')).toBeUndefined()
      await the.store.prune(NOW + 90 * DAY_MS)
      expect(await the.store.read.laneOfPost(DINGTALK, 'msg-1')).toBe(LANE)
      await the.store.prune(NOW + 90 * DAY_MS + 1)
      expect(await the.store.read.laneOfPost(DINGTALK, 'msg-1')).toBeUndefined()
    })

    it('goes through more rows than one batch, and leaves the ledger as it was', async () => {
      const many = Array.from({ length: 1201 }, () => textArrival('', { fingerprint: 'same' }))
      const window = { retryWindowMs: { from: 0, to: 1 } }
      await the.store.accept(many.map((arrival) => ({ ...arrival, key: newId(), ...window })))
      const before = await the.ledger()
      expect(before).toMatchObject({ received: 1201, filtered: 1200 })
      expect(await the.store.prune(NOW + 8 * DAY_MS)).toBe(1200)
      expect(await the.ledger()).toEqual(before)
    })
  })
}
