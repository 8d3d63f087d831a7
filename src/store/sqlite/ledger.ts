import type { RelayState } from '../../domain/message.ts'
import type { LedgerRow, StoreCounts } from '../../ports/store.ts'
import type { AccountId } from '../../domain/ids.ts'
import { messageEvents } from '../../router/events.ts'
import type { Counters } from './counters.ts'
import type { Part } from './writer.ts'

/** Events that are a customer's message; the rest (subscribe, menu, notice…) is not counted in the ledger. */
const MESSAGE_EVENTS: ReadonlySet<string> = new Set(messageEvents)

/** The account whose ledger counts this event, when it is a customer's message. */
export function ledgerAccount(event: { name: string; account?: unknown }): string | null {
  return MESSAGE_EVENTS.has(event.name) && typeof event.account === 'string' ? event.account : null
}

/** Where a customer's message can stand. In the inbox it is an event, later a message. */
export type Standing = 'filtered' | 'inbox' | 'inbox-parked' | RelayState

/** It came in. */
export function countReceived(part: Part, account: string, standing: Standing, number = 1): void {
  part.count(account, 'received', number)
  part.count(account, standing, number)
}

/** It stands elsewhere now. */
export function countMoved(part: Part, account: string, from: Standing, to: Standing): void {
  if (from === to) return
  part.count(account, from, -1)
  part.count(account, to, 1)
}

/**
 * The event in the inbox was handled and became this many messages. None: a handler dropped it, so it was filtered.
 * More than one, or any without such an event: they count as received, so that the sum holds.
 */
export function countHandled(
  part: Part,
  account: string,
  from: Standing | undefined,
  became: readonly RelayState[],
): void {
  if (from) part.count(account, from, -1)
  if (from && became.length === 0) part.count(account, 'filtered', 1)
  for (const relay of became) part.count(account, relay, 1)
  part.count(account, 'received', from ? Math.max(0, became.length - 1) : became.length)
}

/** Promise 6, from the counters. */
export function readLedger(counters: Counters): LedgerRow[] {
  const rows: LedgerRow[] = []
  for (const [scope, counts] of counters.all()) {
    if (scope === '') continue
    const of = (name: Standing | 'received'): number => counts[name] ?? 0
    rows.push({
      // Scopes other than the empty one are account keys.
      account: scope as AccountId,
      received: of('received'),
      relayed: of('relayed'),
      filtered: of('filtered'),
      waiting: of('inbox') + of('waiting'),
      parked: of('inbox-parked') + of('parked'),
    })
  }
  return rows
}

/** Numbers over the whole store. */
export function countStore(part: Part, name: keyof StoreCounts, by: number): void {
  part.count('', name, by)
}

export function readCounts(counters: Counters): StoreCounts {
  const counts = counters.all().get('') ?? {}
  const of = (name: keyof StoreCounts): number => counts[name] ?? 0
  return {
    inboxWaiting: of('inboxWaiting'),
    inboxParked: of('inboxParked'),
    outboxQueued: of('outboxQueued'),
    outboxDead: of('outboxDead'),
    conversationsOpen: of('conversationsOpen'),
    messages: of('messages'),
  }
}
