import { describe, expect, it } from 'vitest'
import type { Harness } from './harness.ts'
import { laneOf, lineEffect, NOW, replyEffect, textArrival } from './samples.ts'

/** What the next process finds. */
export function recoveryContract(the: Harness): void {
  describe('a restart', () => {
    it('finds nothing to do in an empty store', async () => {
      const nothing = { lanes: [], pending: [], interrupted: [], retries: [] }
      expect(await the.store.recover(NOW)).toEqual(nothing)
    })

    it('finds the lanes with work, and when the others go on', async () => {
      const [now, later, parked] = ['a', 'b', 'c'].map((name) =>
        textArrival('', { lane: laneOf(name) }),
      )
      await the.store.accept([now!, later!, parked!, textArrival('', { lane: laneOf('b') })])
      await the.store.failEvent(later!.event.id, 'Error: broken', NOW + 10_000)
      await the.store.failEvent(parked!.event.id, 'Error: broken', undefined)
      await the.reopen()
      expect(await the.store.recover(NOW)).toMatchObject({
        lanes: [laneOf('a')],
        retries: [{ lane: laneOf('b'), at: NOW + 10_000 }],
      })
      const { lanes } = await the.store.recover(NOW + 10_000)
      expect(lanes.toSorted()).toEqual([laneOf('a'), laneOf('b')])
    })

    it('finds queued rows in their order, as they were told to the worker', async () => {
      const { pending } = await the.happen({ effects: [lineEffect('wecom'), replyEffect()] })
      await the.reopen()
      expect((await the.store.recover(NOW)).pending).toEqual(pending)
    })

    it('finds cut-off sends, of which nobody knows whether they arrived', async () => {
      const begun = await the.begun((message) => [lineEffect('wecom', { messages: [message] })])
      const [effect] = begun.effects
      await the.take(effect!)
      await the.reopen()
      const { interrupted, pending } = await the.store.recover(NOW + 5)
      expect(pending).toEqual([])
      expect(interrupted).toEqual([
        { lane: expect.any(String), effect, attempts: 1, firstTriedAt: NOW },
      ])
      expect(await the.store.read.deadEffects(10)).toMatchObject([
        { id: effect!.id, state: 'unknown' },
      ])
      expect(await the.store.read.counts()).toMatchObject({ outboxQueued: 0, outboxDead: 1 })
    })

    it('finds them again until somebody has dealt with them', async () => {
      const effects = [lineEffect('wecom'), lineEffect('dingtalk'), replyEffect()]
      await the.happen({ effects })
      await the.take(...effects)
      const ids = async () =>
        (await the.store.recover(NOW)).interrupted.map(({ effect }) => effect.id)
      expect(await ids()).toHaveLength(3)
      await the.store.replayEffect(effects[0]!.id, NOW, NOW + 1000)
      await the.store.finishEffect(effects[1]!.id, { state: 'unknown', code: 'relay.cut' }, NOW)
      await the.reopen()
      expect(await ids()).toEqual([effects[2]!.id])
    })

    it('relays the message of a cut-off send that is sent again', async () => {
      const begun = await the.begun((message) => [lineEffect('wecom', { messages: [message] })])
      await the.take(begun.effects[0]!)
      await the.reopen()
      await the.store.recover(NOW)
      expect(await the.relayOf(begun)).toBe('parked')
      await the.store.replayEffect(begun.effects[0]!.id, NOW, NOW + 1000)
      expect(await the.relayOf(begun)).toBe('waiting')
      await the.send(begun.effects[0]!)
      expect(await the.relayOf(begun)).toBe('relayed')
      expect(await the.ledger()).toMatchObject({ received: 1, relayed: 1 })
    })

    it('keeps everything that was acknowledged', async () => {
      const lanes = Array.from({ length: 40 }, (_, index) => laneOf(`c${index}`))
      await Promise.all(lanes.map((lane) => the.store.accept([textArrival('', { lane })])))
      await the.reopen()
      expect((await the.store.recover(NOW)).lanes.toSorted()).toEqual(lanes.toSorted())
    })
  })

  describe('closing', () => {
    it('writes what was begun before it, and refuses what comes after', async () => {
      const before = the.store.accept([textArrival()])
      const closing = the.store.close()
      const after = the.store.accept([textArrival()])
      await expect(after).rejects.toThrow('closed')
      expect(await before).toEqual(['new'])
      await closing
      await the.reopen()
      expect((await the.store.read.counts()).inboxWaiting).toBe(1)
    })

    it('may be asked for twice', async () => {
      await Promise.all([the.store.close(), the.store.close()])
      await the.store.close()
      await the.reopen()
    })
  })
}
