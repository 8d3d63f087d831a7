import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Health } from '../ports/health.ts'
import type { LedgerRow, StoreCounts } from '../ports/store.ts'

/** What the callback path counts. */
export interface HookMetrics {
  accepted(account: string, ms: number): void
  refused(account: string, code: string): void
}

/** Figures that are looked up when somebody asks for them. */
export interface MetricSources {
  counts(): Promise<StoreCounts>
  ledger(): Promise<LedgerRow[]>
  /** Accounts and workplaces by name, e.g. `account/shop`. */
  health(): Iterable<[name: string, health: Health]>
}

export interface Metrics {
  /** For counters of other parts of the product. */
  registry: Registry
  hooks: HookMetrics
}

/** The process's metrics: everything about callbacks, and on demand what the store and the adapters tell. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'jieli_' })
  addStoreGauges(registry, sources)
  addLedgerGauge(registry, sources)
  addHealthGauge(registry, sources)
  return { registry, hooks: createHookMetrics(registry) }
}

function createHookMetrics(registry: Registry): HookMetrics {
  const seconds = new Histogram({
    name: 'jieli_callback_seconds',
    help: 'From the request to the answer of an accepted callback',
    labelNames: ['account'],
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  })
  const refused = new Counter({
    name: 'jieli_callbacks_refused_total',
    help: 'Callbacks that were not accepted, by reason',
    labelNames: ['account', 'code'],
    registers: [registry],
  })
  // Looking a label set up costs more than counting; there is one per account.
  const perAccount = new Map<string, Histogram.Internal<'account'>>()
  return {
    accepted(account, ms) {
      let histogram = perAccount.get(account)
      if (!histogram) perAccount.set(account, (histogram = seconds.labels(account)))
      histogram.observe(ms / 1000)
    },
    refused: (account, code) => refused.inc({ account, code }),
  }
}

function addStoreGauges(registry: Registry, sources: MetricSources): void {
  const gauge = new Gauge({
    name: 'jieli_store_rows',
    help: 'Rows by what they wait for: inboxWaiting, inboxParked, outboxQueued, outboxDead, conversationsOpen, messages',
    labelNames: ['what'],
    registers: [registry],
    async collect() {
      for (const [what, rows] of Object.entries(await sources.counts())) gauge.set({ what }, rows)
    },
  })
}

function addLedgerGauge(registry: Registry, sources: MetricSources): void {
  const gauge = new Gauge({
    name: 'jieli_ledger_messages',
    help: 'Customers’ messages of all time: received = relayed + filtered + waiting + parked',
    labelNames: ['account', 'what'],
    registers: [registry],
    async collect() {
      for (const { account, ...row } of await sources.ledger()) {
        for (const [what, messages] of Object.entries(row)) gauge.set({ account, what }, messages)
      }
    },
  })
}

function addHealthGauge(registry: Registry, sources: MetricSources): void {
  const level = { ok: 1, degraded: 0.5, down: 0 } as const
  const gauge = new Gauge({
    name: 'jieli_health',
    help: 'Accounts and workplaces: 1 well, 0.5 degraded, 0 down',
    labelNames: ['name'],
    registers: [registry],
    collect() {
      gauge.reset()
      for (const [name, health] of sources.health()) gauge.set({ name }, level[health.state])
    },
  })
}
