import { describe } from 'vitest'
import { type StorePlace, useStore } from './store/harness.ts'
import { commitContract } from './store/commit.ts'
import { deadlineContract } from './store/deadlines.ts'
import { deliveryContract } from './store/delivery.ts'
import { deskContract } from './store/desk.ts'
import { inboxContract } from './store/inbox.ts'
import { keepingContract } from './store/keeping.ts'
import { ledgerContract } from './store/ledger.ts'
import { outboxContract } from './store/outbox.ts'
import { readsContract } from './store/reads.ts'
import { recoveryContract } from './store/recovery.ts'

/**
 * What every store keeps (src/ports/store.ts). A second implementation calls this with its own way of opening.
 * @param make an empty place for a store, a new one on each call
 */
export function describeStore(name: string, make: () => Promise<StorePlace>): void {
  describe(`the store contract, kept by ${name}`, () => {
    const harness = useStore(make)
    inboxContract(harness)
    commitContract(harness)
    outboxContract(harness)
    deliveryContract(harness)
    deadlineContract(harness)
    deskContract(harness)
    readsContract(harness)
    recoveryContract(harness)
    keepingContract(harness)
    ledgerContract(harness)
  })
}
