import { describe, expect, it } from 'vitest'
import type { Harness } from './harness.ts'
import { LANE, laneOf, newId, NOW, textArrival, tickArrival } from './samples.ts'

const RETRY = { retryWindowMs: { from: 3000, to: 20_000 } }

/** Arrivals: known keys, retries under a new id, order inside a lane, and what happens when a handler throws. */
export function inboxContract(the: Harness): void {
  describe('the inbox', () => {
    it('takes a key once', async () => {
      const arrival = textArrival()
      expect(await the.store.accept([arrival])).toEqual(['new'])
      const again = textArrival('你好', { key: arrival.key })
      expect(await the.store.accept([again])).toEqual(['duplicate'])
      expect((await the.ledger()).received).toBe(1)
    })

    it('takes the same key of another source', async () => {
      const key = newId()
      const arrivals = [textArrival('你好', { key }), textArrival('你好', { key, source: 'other' })]
      expect(await the.store.accept(arrivals)).toEqual(['new', 'new'])
    })

    it('judges each of several by itself', async () => {
      const key = newId()
      const known = textArrival('a', { key })
      expect(await the.store.accept([known, textArrival('a', { key }), textArrival()])).toEqual([
        'new',
        'duplicate',
        'new',
      ])
    })

    it('takes one of 200 that come at the same moment with one key', async () => {
      const key = newId()
      const outcomes = await Promise.all(
        Array.from({ length: 200 }, () => the.store.accept([textArrival('你好', { key })])),
      )
      expect(outcomes.flat().filter((outcome) => outcome === 'new')).toHaveLength(1)
      expect(outcomes.flat().filter((outcome) => outcome === 'duplicate')).toHaveLength(199)
    })

    it('remembers keys over a restart', async () => {
      const arrival = textArrival()
      await the.store.accept([arrival])
      await the.reopen()
      expect(await the.store.accept([textArrival('', { key: arrival.key })])).toEqual(['duplicate'])
    })

    it('refuses what it cannot write, and takes its neighbours of the same moment', async () => {
      const unwritable = textArrival('坏', { raw: 1n })
      const outcomes = await Promise.allSettled([
        the.store.accept([textArrival('前')]),
        the.store.accept([unwritable]),
        the.store.accept([textArrival('后')]),
      ])
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect((await the.store.read.counts()).inboxWaiting).toBe(2)
      expect((await the.ledger()).received).toBe(2)
    })
  })

  describe('a second delivery under a new id', () => {
    const at = (receivedAt: number, fingerprint = 'f1') =>
      textArrival('你好', { fingerprint, receivedAt, ...RETRY })

    it.each([
      [2999, 'new'],
      [3000, 'retry'],
      [20_000, 'retry'],
      [20_001, 'new'],
    ])('%i ms after the first is %s', async (after, outcome) => {
      await the.store.accept([at(NOW)])
      expect(await the.store.accept([at(NOW + after)])).toEqual([outcome])
    })

    it('is recognised by its fingerprint, its source and nothing else', async () => {
      await the.store.accept([at(NOW)])
      const elsewhere = { ...at(NOW + 5000), source: 'other' }
      expect(await the.store.accept([at(NOW + 5000, 'f2'), elsewhere])).toEqual(['new', 'new'])
    })

    it('is measured against first deliveries, not against earlier retries', async () => {
      await the.store.accept([at(NOW)])
      await the.store.accept([at(NOW + 15_000)])
      expect(await the.store.accept([at(NOW + 25_000)])).toEqual(['new'])
    })

    it('is kept and counted, never handled, and its key is known', async () => {
      const retry = at(NOW + 5000)
      await the.store.accept([at(NOW), retry])
      expect(await the.ledger()).toMatchObject({ received: 2, filtered: 1, waiting: 1 })
      await the.handle()
      expect(await the.store.load(LANE, NOW)).toBeUndefined()
      expect(await the.store.accept([{ ...at(NOW + 6000), key: retry.key }])).toEqual(['duplicate'])
    })
  })

  describe('a lane', () => {
    it('hands out its events in the order of their arrival, and no others', async () => {
      const [first, other, second] = [
        textArrival('一'),
        textArrival('别人', { lane: laneOf('b') }),
        textArrival('二'),
      ]
      await the.store.accept([first, other, second])
      expect((await the.load()).event).toEqual(first.event)
      await the.handle()
      expect((await the.load()).event).toEqual(second.event)
      await the.handle()
      expect(await the.store.load(LANE, NOW)).toBeUndefined()
      expect((await the.load(laneOf('b'))).event).toEqual(other.event)
    })

    it('is held by a head that waits for a later try', async () => {
      const first = textArrival('一')
      await the.store.accept([first, textArrival('二')])
      await the.store.failEvent(first.event.id, 'Error: broken', NOW + 200)
      expect(await the.store.load(LANE, NOW + 199)).toBeUndefined()
      const work = await the.store.load(LANE, NOW + 200)
      expect(work).toMatchObject({ event: first.event, attempts: 1 })
    })

    it('goes on when its head is parked, and the operator sees why', async () => {
      const [first, second] = [textArrival('一'), textArrival('二')]
      await the.store.accept([first, second])
      await the.store.failEvent(first.event.id, 'Error: broken', undefined)
      expect((await the.load()).event).toEqual(second.event)
      expect(await the.store.read.parkedEvents(10)).toEqual([
        { id: first.event.id, lane: LANE, name: 'customer:text', at: NOW, error: 'Error: broken' },
      ])
      await the.store.failEvent(first.event.id, 'Error: told again', NOW)
      await the.store.failEvent(first.event.id, 'Error: told again', undefined)
      expect(await the.store.read.parkedEvents(10)).toMatchObject([{ error: 'Error: broken' }])
      expect(await the.ledger()).toMatchObject({ waiting: 1, parked: 1 })
      expect(await the.store.read.counts()).toMatchObject({ inboxWaiting: 1, inboxParked: 1 })
    })

    it('gets a parked event back before the later ones, as a late one', async () => {
      const [first, second] = [textArrival('一'), textArrival('二')]
      await the.store.accept([first, second])
      await the.store.failEvent(first.event.id, 'Error: broken', NOW + 1)
      await the.store.failEvent(first.event.id, 'Error: broken', undefined)
      expect(await the.store.replayEvent(first.event.id, NOW)).toBe(LANE)
      expect(await the.load()).toMatchObject({ event: { ...first.event, late: true }, attempts: 0 })
      expect(await the.store.read.parkedEvents(10)).toEqual([])
      expect(await the.ledger()).toMatchObject({ waiting: 2, parked: 0 })
    })

    it('replays only what is parked', async () => {
      const arrival = textArrival()
      await the.store.accept([arrival])
      expect(await the.store.replayEvent(arrival.event.id, NOW)).toBeUndefined()
      await the.handle()
      expect(await the.store.replayEvent(arrival.event.id, NOW)).toBeUndefined()
      expect(await the.store.replayEvent(newId(), NOW)).toBeUndefined()
    })

    it('does not fail an event that was handled', async () => {
      const arrival = tickArrival()
      await the.store.accept([arrival])
      await the.handle()
      await the.store.failEvent(arrival.event.id, 'Error: late', undefined)
      expect(await the.store.read.parkedEvents(10)).toEqual([])
      expect(await the.store.read.counts()).toMatchObject({ inboxWaiting: 0, inboxParked: 0 })
    })
  })
}
