import { describe, expect, it } from 'vitest'
import type { Harness } from './harness.ts'
import {
  agent,
  DESK,
  DING_GROUP,
  dingGroup,
  LANE,
  laneOf,
  lineEffect,
  NOW,
  textArrival,
  tickArrival,
  WECOM_GROUP,
} from './samples.ts'

/** Groups, agents and the codes that bind groups. */
export function deskContract(the: Harness): void {
  describe('a desk', () => {
    it('has its bound groups and whoever was seen in them', async () => {
      expect(the.store.read.desk(DESK)).toEqual({ id: DESK, groups: [], agents: [] })
      const [zhang, elsewhere] = [agent('zhang'), agent('li', { groups: [WECOM_GROUP] })]
      await the.happen({ desk: { bind: dingGroup(), agents: [zhang, elsewhere] } })
      const desk = { id: DESK, groups: [dingGroup()], agents: [zhang] }
      expect(the.store.read.desk(DESK)).toEqual(desk)
      expect(the.store.read.agent(elsewhere.id)).toEqual(elsewhere)
      await the.reopen()
      expect(the.store.read.desk(DESK)).toEqual(desk)
      expect(the.store.read.group(DING_GROUP)).toEqual(dingGroup())
    })

    it('loses a group that is unbound, which goes on counting when it comes back', async () => {
      await the.happen({ desk: { bind: dingGroup({ posted: 7 }) } })
      await the.happen({ desk: { unbind: DING_GROUP } })
      expect(the.store.read.group(DING_GROUP)).toBeUndefined()
      const line = lineEffect('dingtalk')
      await the.happen({ effects: [line] })
      await the.send(line)
      expect(the.store.read.desk(DESK).groups).toEqual([])
      await the.reopen()
      expect(the.store.read.desk(DESK).groups).toEqual([])
      await the.happen({ desk: { bind: dingGroup({ boundAt: NOW + 5 }) } })
      const again = dingGroup({ boundAt: NOW + 5, posted: 8 })
      expect(the.store.read.desk(DESK).groups).toEqual([again])
    })

    it('shows nothing of a Change that was stale', async () => {
      await the.store.accept([tickArrival()])
      const { event } = await the.load()
      const change = { threads: [], messages: [], effects: [], deadlines: [], cancelled: [] }
      const desk = { bind: dingGroup() }
      await the.store.commit(event.id, LANE, 9, { ...change, emitted: [], log: [], desk })
      expect(the.store.read.group(DING_GROUP)).toBeUndefined()
    })
  })

  describe('an agent', () => {
    it('is known from the first time they act', async () => {
      await the.happen({ desk: { bind: dingGroup() } })
      await the.store.accept([{ ...tickArrival(), seen: { agent: agent('zhang') } }])
      expect(the.store.read.desk(DESK).agents).toEqual([agent('zhang')])
      await the.reopen()
      expect(the.store.read.agent(agent('zhang').id)).toEqual(agent('zhang'))
    })

    it('keeps name, groups and single chat while they are seen elsewhere and without a name', async () => {
      const zhang = agent('zhang', { name: '张三' })
      await the.store.accept([{ ...tickArrival(), seen: { agent: zhang } }])
      await the.handle({ desk: { current: [{ agent: zhang.id, lane: LANE }] } })
      const later = agent('zhang', { groups: [WECOM_GROUP], seenAt: NOW + 9 })
      await the.store.accept([{ ...tickArrival(), seen: { agent: later } }])
      expect(the.store.read.agent(zhang.id)).toEqual({
        ...zhang,
        groups: [DING_GROUP, WECOM_GROUP],
        seenAt: NOW + 9,
        current: LANE,
      })
    })

    it('takes the newest name that the workplace tells', async () => {
      for (const name of ['张三', '张三丰']) {
        await the.store.accept([{ ...tickArrival(), seen: { agent: agent('zhang', { name }) } }])
      }
      expect(the.store.read.agent(agent('zhang').id)?.name).toBe('张三丰')
    })

    it('is not seen by a delivery that was known', async () => {
      const arrival = textArrival()
      await the.store.accept([arrival])
      await the.store.accept([{ ...arrival, seen: { agent: agent('zhang') } }])
      expect(the.store.read.agent(agent('zhang').id)).toBeUndefined()
    })

    it('of the configuration belongs to the desk without having been seen, under the name given there', async () => {
      const zhang = agent('zhang', { name: '张三', groups: [] })
      await the.store.putAgents([zhang])
      const listed = { ...zhang, listed: true }
      expect(the.store.read.desk(DESK).agents).toEqual([listed])
      const seen = agent('zhang', { name: '小张', seenAt: NOW + 5 })
      await the.store.accept([{ ...tickArrival(), seen: { agent: seen } }])
      expect(the.store.read.agent(zhang.id)).toEqual({
        ...listed,
        groups: [DING_GROUP],
        seenAt: NOW + 5,
      })
    })

    it('who has left the configuration is like any other', async () => {
      const [zhang, li] = [agent('zhang', { groups: [] }), agent('li', { groups: [] })]
      await the.store.putAgents([zhang, li])
      await the.reopen()
      await the.store.putAgents([{ ...li, name: '李四' }])
      expect(the.store.read.desk(DESK).agents).toEqual([{ ...li, name: '李四', listed: true }])
      expect(the.store.read.agent(zhang.id)).toEqual(zhang)
    })

    it('speaks to one conversation in the single chat, until that ends', async () => {
      const zhang = agent('zhang')
      await the.happen({ desk: { agents: [zhang] } })
      await the.happen({ desk: { current: [{ agent: zhang.id, lane: laneOf('b') }] } })
      expect(the.store.read.agent(zhang.id)?.current).toBe(laneOf('b'))
      await the.happen({ desk: { current: [{ agent: zhang.id, lane: undefined }] } })
      expect(the.store.read.agent(zhang.id)).toEqual(zhang)
    })
  })

  describe('a bind code', () => {
    it('is found with its desk and end', async () => {
      await the.store.putBindCode('4711', DESK, NOW + 600_000)
      const found = { desk: DESK, expiresAt: NOW + 600_000, used: false }
      expect(await the.store.read.bindCode('4711')).toEqual(found)
      expect(await the.store.read.bindCode('4712')).toBeUndefined()
    })

    it('binds one group, and makes the second Change stale', async () => {
      await the.store.putBindCode('4711', DESK, NOW + 600_000)
      await the.happen({ desk: { bind: dingGroup(), bindCode: '4711' } })
      expect((await the.store.read.bindCode('4711'))?.used).toBe(true)
      await the.store.accept([tickArrival()])
      const other = dingGroup({ id: WECOM_GROUP })
      const again = await the.handle({ desk: { bind: other, bindCode: '4711' } })
      expect(again.outcome).toBe('stale')
      expect(the.store.read.group(WECOM_GROUP)).toBeUndefined()
    })

    it('that was never given out binds nothing', async () => {
      await the.store.accept([tickArrival()])
      const { outcome } = await the.handle({ desk: { bind: dingGroup(), bindCode: '0000' } })
      expect(outcome).toBe('stale')
    })

    it('is not used up by a Change that cannot be written', async () => {
      await the.store.putBindCode('4711', DESK, NOW + 600_000)
      await the.store.accept([tickArrival()])
      const { event, snapshot } = await the.load()
      const log = [{ at: NOW, name: 'bind', detail: { n: 1n as unknown as number } }]
      const change = { threads: [], messages: [], effects: [], deadlines: [], cancelled: [] }
      const desk = { bind: dingGroup(), bindCode: '4711' }
      const broken = { ...change, emitted: [], log, desk }
      await expect(the.store.commit(event.id, LANE, snapshot.version, broken)).rejects.toThrow()
      expect((await the.store.read.bindCode('4711'))?.used).toBe(false)
      expect(the.store.read.group(DING_GROUP)).toBeUndefined()
    })
  })
}
