import { describe, expect, it } from 'vitest'
import { type LaneKey, contactLane } from '#src/domain/ids.ts'
import { Lanes, type Step } from '#src/relay/lanes.ts'
import { type ManualClock, createManualClock } from '#test/support/clock.ts'
import { SHOP } from '#test/support/shop.ts'

const anna = contactLane(SHOP, 'anna')
const bella = contactLane(SHOP, 'bella')
const cleo = contactLane(SHOP, 'cleo')

interface Running {
  lane: LaneKey
  end: (step: Step) => Promise<void>
}

/** Lanes whose every step ends when the test says so, and how. */
function lanes({ width = 10 }: { width?: number } = {}): {
  lanes: Lanes
  clock: ManualClock
  running: Running[]
  begun: LaneKey[]
} {
  const clock = createManualClock()
  const running: Running[] = []
  const begun: LaneKey[] = []
  const step = (lane: LaneKey): Promise<Step> => {
    begun.push(lane)
    return new Promise((resolve) => {
      const one: Running = {
        lane,
        end: async (result) => {
          running.splice(running.indexOf(one), 1)
          resolve(result)
          await clock.advance(0)
        },
      }
      running.push(one)
    })
  }
  return { lanes: new Lanes({ clock, step, width }), clock, running, begun }
}

describe('a lane', () => {
  it('is worked on by one at a time, until nothing is left', async () => {
    const { lanes: l, running, begun } = lanes()
    l.wake(anna)
    l.wake(anna)
    expect(running).toHaveLength(1)
    await running[0]!.end('more')
    expect(begun).toEqual([anna, anna])
    await running[0]!.end('idle')
    expect(running).toHaveLength(0)
  })

  it('that is woken while it is worked on is looked at once more, and not more often', async () => {
    const { lanes: l, running, begun } = lanes()
    l.wake(anna)
    l.wake(anna)
    l.wake(anna)
    await running[0]!.end('idle')
    expect(begun).toHaveLength(2)
    await running[0]!.end('idle')
    expect(begun).toHaveLength(2)
  })

  it('whose head waits for a later try rests until then, to the millisecond', async () => {
    const { lanes: l, clock, running, begun } = lanes()
    l.wake(anna)
    await running[0]!.end({ again: clock.now() + 200 })
    await clock.advance(199)
    expect(begun).toHaveLength(1)
    await clock.advance(1)
    expect(begun).toHaveLength(2)
  })

  it('remembers the later try although something arrived meanwhile', async () => {
    const { lanes: l, clock, running, begun } = lanes()
    l.wake(anna)
    l.wake(anna)
    await running[0]!.end({ again: clock.now() + 200 })
    await running[0]!.end('idle')
    expect(begun).toHaveLength(2)
    await clock.advance(200)
    expect(begun).toHaveLength(3)
  })
})

describe('many lanes', () => {
  it('run side by side up to the width, the others in the order in which they came', async () => {
    const { lanes: l, running, begun } = lanes({ width: 1 })
    l.wake(anna)
    l.wake(bella)
    l.wake(cleo)
    expect(begun).toEqual([anna])
    await running[0]!.end('idle')
    expect(begun).toEqual([anna, bella])
    await running[0]!.end('idle')
    expect(begun).toEqual([anna, bella, cleo])
  })

  it('let one pass whose answer somebody waits for', () => {
    const { lanes: l, begun } = lanes({ width: 1 })
    l.wake(anna)
    l.wake(bella, true)
    expect(begun).toEqual([anna, bella])
  })
})

describe('stopping', () => {
  it('lets every lane finish the event it is at and begins no other', async () => {
    const { lanes: l, clock, running, begun } = lanes({ width: 2 })
    l.wake(anna)
    l.wake(bella)
    l.wake(cleo)
    l.wakeAt(cleo, clock.now() + 100)
    let stopped = false
    const stop = l.stop().then(() => (stopped = true))
    await running[0]!.end('more')
    expect(stopped).toBe(false)
    await running[0]!.end({ again: clock.now() + 50 })
    await stop
    l.wake(anna)
    await clock.advance(1000)
    expect(begun).toEqual([anna, bella])
    expect(clock.pending()).toBe(0)
  })

  it('is done at once when nothing runs', async () => {
    await expect(lanes().lanes.stop()).resolves.toBeUndefined()
  })
})
