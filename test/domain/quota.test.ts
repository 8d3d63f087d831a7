import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type QuotaLedger,
  exhaust,
  giveBack,
  noRoomReason,
  openQuota,
  reserve,
  room,
  windowEnd,
} from '#src/domain/quota.ts'

const MINUTE = 60_000
const rules = {
  message: { windowMs: 48 * 60 * MINUTE, max: 5 },
  subscribe: { windowMs: MINUTE, max: 3 },
  menu: { windowMs: MINUTE, max: 3 },
}

describe('the room to answer', () => {
  it('is none before anything opened it', () => {
    expect(room({}, rules, 0)).toBeUndefined()
    expect(noRoomReason({}, rules, 0)).toBe('window-closed')
  })

  it('is the most generous of those open: most messages left, then open the longest', () => {
    let ledger = openQuota(openQuota({}, 'subscribe', 0), 'menu', 10)
    expect(room(ledger, rules, 20)).toEqual({
      trigger: 'menu',
      left: 3,
      openedAt: 10,
      until: MINUTE + 10,
    })
    ledger = openQuota(ledger, 'message', 5)
    expect(room(ledger, rules, 20)).toMatchObject({ trigger: 'message', left: 5 })
    for (let i = 0; i < 3; i++) ledger = reserve(ledger, 'message')
    expect(room(ledger, rules, 20)).toMatchObject({ trigger: 'menu', left: 3 })
  })

  it('ends to the millisecond', () => {
    const ledger = openQuota({}, 'subscribe', 0)
    expect(room(ledger, rules, MINUTE - 1)?.left).toBe(3)
    expect(room(ledger, rules, MINUTE)).toBeUndefined()
    expect(noRoomReason(ledger, rules, MINUTE)).toBe('window-closed')
    expect(windowEnd(ledger, rules, 'subscribe')).toBe(MINUTE)
    expect(windowEnd(ledger, rules, 'menu')).toBeUndefined()
    expect(windowEnd(ledger, rules, undefined)).toBeUndefined()
  })

  it('is used up after so many', () => {
    let ledger = openQuota({}, 'subscribe', 0)
    for (let i = 0; i < 3; i++) ledger = reserve(ledger, 'subscribe')
    expect(room(ledger, rules, 1)).toBeUndefined()
    expect(noRoomReason(ledger, rules, 1)).toBe('quota-used')
  })

  it('begins anew with each opening, and what was left does not add up', () => {
    let ledger = openQuota({}, 'message', 0)
    ledger = reserve(ledger, 'message')
    ledger = openQuota(ledger, 'message', 100)
    expect(room(ledger, rules, 100)).toMatchObject({ left: 5, until: 100 + 48 * 60 * MINUTE })
  })

  it('is not opened again by an event that is older', () => {
    const ledger = reserve(openQuota({}, 'message', 100), 'message')
    expect(openQuota(ledger, 'message', 50)).toBe(ledger)
  })

  it('is opened anew by a second message of the same second, as platforms count in whole ones', () => {
    const ledger = reserve(openQuota({}, 'message', 100), 'message')
    expect(room(openQuota(ledger, 'message', 100), rules, 101)?.left).toBe(5)
  })

  it('is nothing after the platform has said “too many”', () => {
    const ledger = openQuota(openQuota({}, 'message', 0), 'menu', 0)
    expect(room(exhaust(ledger, rules, 1), rules, 1)).toBeUndefined()
    expect(noRoomReason(exhaust(ledger, rules, 1), rules, 1)).toBe('quota-used')
  })

  it('is there again when the customer writes after that', () => {
    const ledger = openQuota(exhaust(openQuota({}, 'message', 0), rules, 1), 'message', 2)
    expect(room(ledger, rules, 2)?.left).toBe(5)
  })
})

describe('what is given back', () => {
  it('goes to the opening that was used', () => {
    const ledger = reserve(openQuota({}, 'message', 0), 'message')
    expect(room(giveBack(ledger, 'message', 0), rules, 1)?.left).toBe(5)
  })

  it('does not go to a later opening, although the platform’s clock tells whole seconds', () => {
    // The answer was accepted at 5200; the customer wrote after it, which the platform dates 5000.
    let ledger = openQuota({}, 'message', 1000)
    const usedOpening = ledger.message!.openedAt
    ledger = reserve(ledger, 'message')
    ledger = reserve(openQuota(ledger, 'message', 5000), 'message')
    expect(room(giveBack(ledger, 'message', usedOpening), rules, 5300)?.left).toBe(4)
  })

  it('is never more than was used', () => {
    const ledger = openQuota({}, 'message', 0)
    expect(room(giveBack(ledger, 'message', 0), rules, 1)?.left).toBe(5)
    expect(giveBack({}, 'message', 0)).toEqual({})
  })
})

describe('any course of things', () => {
  const trigger = fc.constantFrom('message', 'subscribe', 'menu')
  const step = fc.oneof(
    fc.record({ do: fc.constant('open' as const), trigger }),
    fc.record({ do: fc.constant('answer' as const) }),
    fc.record({ do: fc.constant('fail' as const), which: fc.nat(20) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(2 * MINUTE) }),
  )

  it('never lets more out per opening than the platform takes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 1
        let ledger: QuotaLedger = {}
        const out: { trigger: keyof typeof rules; openedAt: number }[] = []
        for (const one of steps) {
          now += 1
          if (one.do === 'wait') now += one.ms
          if (one.do === 'open') ledger = openQuota(ledger, one.trigger, now)
          if (one.do === 'answer') {
            const open = room(ledger, rules, now)
            if (!open) continue
            // A room's trigger is one of the rules.
            const used = open.trigger as keyof typeof rules
            const { openedAt } = ledger[used]!
            expect(now).toBeLessThan(openedAt + rules[used].windowMs)
            ledger = reserve(ledger, used)
            out.push({ trigger: used, openedAt })
          }
          if (one.do === 'fail' && out.length > 0) {
            const [failed] = out.splice(one.which % out.length, 1)
            ledger = giveBack(ledger, failed!.trigger, failed!.openedAt)
          }
          for (const { trigger: used, openedAt } of out) {
            const standing = out.filter((o) => o.trigger === used && o.openedAt === openedAt)
            expect(standing.length).toBeLessThanOrEqual(rules[used].max)
          }
        }
      }),
      { numRuns: 400 },
    )
  })
})
