import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Harness } from './harness.ts'
import { conversation, customerMessage, LANE, NOW, textArrival, tickArrival } from './samples.ts'
import { LedgerRun, stepOf } from './ledger-run.ts'

/** Promise 6: received = relayed + filtered + waiting + parked, whatever happens (the harness checks the sum). */
export function ledgerContract(the: Harness): void {
  describe('the ledger', () => {
    it('is empty at first', async () => {
      expect(await the.store.read.ledger()).toEqual([])
    })

    it("counts a customer's message from its arrival on", async () => {
      await the.store.accept([textArrival()])
      expect(await the.ledger()).toMatchObject({ received: 1, waiting: 1 })
      await the.handle({ conversation: conversation(), messages: [customerMessage()] })
      expect(await the.ledger()).toMatchObject({ received: 1, waiting: 1 })
    })

    it("lets a customer's message wait when its handler does not say where it stands", async () => {
      const { relay: _, ...silent } = customerMessage()
      await the.happen({ conversation: conversation(), messages: [silent] })
      expect(await the.ledger()).toMatchObject({ received: 1, waiting: 1 })
    })

    it('counts a message that a handler dropped as filtered', async () => {
      await the.happen({})
      expect(await the.ledger()).toMatchObject({ received: 1, filtered: 1 })
    })

    it('counts what an event that is no message became', async () => {
      await the.store.accept([tickArrival()])
      expect(await the.store.read.ledger()).toEqual([])
      await the.handle({ conversation: conversation(), messages: [customerMessage()] })
      expect(await the.ledger()).toMatchObject({ received: 1, waiting: 1 })
    })

    it('counts no words of agents', async () => {
      const { relay: _, ...said } = customerMessage(2, { from: 'agent' })
      await the.begun()
      await the.store.accept([tickArrival()])
      await the.handle({ messages: [said] })
      expect(await the.ledger()).toMatchObject({ received: 1, waiting: 1 })
    })

    it('counts each account by itself, over a restart', async () => {
      await the.happen({})
      const arrival = textArrival()
      const event = { ...arrival.event, account: 'other' }
      await the.store.accept([{ ...arrival, event: event as typeof arrival.event }])
      await the.reopen()
      const empty = { relayed: 0, filtered: 0, waiting: 0, parked: 0 }
      expect(await the.store.read.ledger()).toEqual([
        { ...empty, account: 'other', received: 1, waiting: 1 },
        { ...empty, account: 'shop', received: 1, filtered: 1 },
      ])
      expect(await the.store.load(LANE, NOW)).toBeDefined()
    })

    it('adds up and agrees with the messages after any sequence of events', async () => {
      let runs = 0
      await fc.assert(
        fc.asyncProperty(fc.array(stepOf, { maxLength: 40 }), async (steps) => {
          const run = new LedgerRun(the, `run${++runs}`)
          for (const step of steps) {
            await run.step(step)
            await run.check()
          }
          await run.agree()
        }),
        { numRuns: 40 },
      )
    })
  })
}
