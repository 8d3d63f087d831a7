import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { accountId } from '#src/domain/ids.ts'
import { silentLog } from '#src/platform/log.ts'
import type { LedgerRow } from '#src/ports/store.ts'
import { createAdminApp } from '#src/server/admin.ts'
import { listen, type Listener } from '#src/server/listener.ts'
import { createMetrics, type Metrics } from '#src/server/metrics.ts'

const row = {
  account: accountId('shop'),
  received: 9,
  relayed: 5,
  filtered: 2,
  waiting: 1,
  parked: 1,
}

let ledger: LedgerRow[]
let metrics: Metrics
let admin: Listener

beforeEach(async () => {
  ledger = [row]
  metrics = createMetrics({
    counts: async () => ({
      inboxWaiting: 1,
      inboxParked: 2,
      outboxQueued: 3,
      outboxDead: 4,
      conversationsOpen: 5,
      messages: 6,
    }),
    ledger: async () => ledger,
    health: () => [
      ['account/shop', { state: 'ok', detail: '', since: 0 }],
      ['workplace/ding', { state: 'degraded', detail: '', since: 0 }],
    ],
  })
  const app = createAdminApp({
    registry: metrics.registry,
    ledger: async () => ledger,
    log: silentLog,
  })
  admin = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    requestTimeoutMs: 5_000,
    keepAliveMs: 1_000,
  })
})
afterEach(() => admin.close(0))

const page = async (path: string): Promise<string> => (await fetch(admin.url + path)).text()

describe('metrics', () => {
  it('count callbacks by account, and refusals by reason', async () => {
    metrics.hooks.accepted('shop', 3)
    metrics.hooks.accepted('shop', 30)
    metrics.hooks.refused('shop', 'wechat.signature')
    const text = await page('/metrics')
    expect(text).toContain('jieli_callback_seconds_count{account="shop"} 2')
    expect(text).toContain('jieli_callback_seconds_bucket{le="0.005",account="shop"} 1')
    expect(text).toContain(
      'jieli_callbacks_refused_total{account="shop",code="wechat.signature"} 1',
    )
  })

  it('tell what waits, what went wrong and who is well', async () => {
    const text = await page('/metrics')
    expect(text).toContain('jieli_store_rows{what="outboxDead"} 4')
    expect(text).toContain('jieli_ledger_messages{account="shop",what="relayed"} 5')
    expect(text).toContain('jieli_health{name="workplace/ding"} 0.5')
  })
})

describe('the ledger page', () => {
  it('shows each account and that its sum is right', async () => {
    expect(await page('/ledger')).toContain(
      '<td>shop</td><td>9</td><td>5</td><td>2</td><td>1</td><td>1</td><td>✓</td>',
    )
  })

  it('says so when a sum is not right', async () => {
    ledger = [{ ...row, parked: 0 }]
    expect(await page('/ledger')).toContain('✗ 不平')
  })
})
