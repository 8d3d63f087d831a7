import { describe, expect, it } from 'vitest'
import type { Deadline } from '#src/domain/change.ts'
import type { EventId } from '#src/domain/ids.ts'
import type { BotEvent } from '#src/router/events.ts'
import type { Harness } from './harness.ts'
import { LANE, newId, NOW } from './samples.ts'

const deadline = (name: string, dueAt: number): Deadline => ({
  name,
  dueAt,
  event: { lane: LANE, name: 'tick:idle', body: { dueAt } },
})

const fired = ({ dueAt }: Deadline): BotEvent => ({
  id: newId<EventId>(),
  lane: LANE,
  name: 'tick:idle',
  dueAt,
  at: dueAt,
  receivedAt: dueAt,
})

/** Reminders: by name, moved and cancelled by Changes, fired once. */
export function deadlineContract(the: Harness): void {
  describe('deadlines', () => {
    it('are listed by time, those before the given moment, as many as asked for', async () => {
      const [a, b, c] = [deadline('a', NOW + 30), deadline('b', NOW + 10), deadline('c', NOW + 20)]
      await the.happen({ deadlines: [a, b, c] })
      expect(await the.store.due(NOW + 30, 10)).toEqual([b, c])
      expect(await the.store.due(NOW + 31, 2)).toEqual([b, c])
      expect(await the.store.due(NOW + 31, 10)).toEqual([b, c, a])
    })

    it('survive a restart', async () => {
      const set = deadline('a', NOW + 10)
      await the.happen({ deadlines: [set] })
      await the.reopen()
      expect(await the.store.due(NOW + 11, 10)).toEqual([set])
    })

    it('are moved by setting them again, and the old time fires nothing', async () => {
      const [old, moved] = [deadline('a', NOW + 10), deadline('a', NOW + 50)]
      await the.happen({ deadlines: [old] })
      await the.happen({ deadlines: [moved] })
      expect(await the.store.due(NOW + 100, 10)).toEqual([moved])
      expect(await the.store.fire(old, fired(old))).toBe(false)
      expect(await the.store.load(LANE, NOW)).toBeUndefined()
    })

    it('fire nothing after they were cancelled', async () => {
      const set = deadline('a', NOW + 10)
      await the.happen({ deadlines: [set, deadline('b', NOW + 10)] })
      await the.happen({ cancelled: ['a', 'never set'] })
      expect((await the.store.due(NOW + 11, 10)).map(({ name }) => name)).toEqual(['b'])
      expect(await the.store.fire(set, fired(set))).toBe(false)
    })

    it('are set when one Change both cancels and sets them', async () => {
      const set = deadline('a', NOW + 10)
      await the.happen({ cancelled: ['a'], deadlines: [set] })
      expect(await the.store.due(NOW + 11, 10)).toEqual([set])
    })

    it('become one event of their lane, however often they are fired', async () => {
      const set = deadline('a', NOW + 10)
      await the.happen({ deadlines: [set] })
      const event = fired(set)
      const outcomes = await Promise.all([
        the.store.fire(set, event),
        the.store.fire(set, fired(set)),
      ])
      expect(outcomes).toEqual([true, false])
      expect((await the.load()).event).toEqual(event)
      await the.handle()
      await the.reopen()
      expect(await the.store.fire(set, fired(set))).toBe(false)
      expect(await the.store.due(NOW + 100, 10)).toEqual([])
    })

    it('do not fire twice for one time though a Change sets that time again', async () => {
      const set = deadline('a', NOW + 10)
      await the.happen({ deadlines: [set] })
      await the.store.fire(set, fired(set))
      await the.handle({ deadlines: [set] })
      expect(await the.store.fire(set, fired(set))).toBe(false)
    })
  })
}
