import type { Router } from '@koa/router'
import type { Health } from '../ports/health.ts'

/** What `/readyz` looks at. */
export interface ReadinessSources {
  /** False from the first moment of stopping. */
  running(): boolean
  /** Whether what arrives can be committed. */
  storeOpen(): boolean
  /** Workplaces by id: whether they can send, and how they are. */
  workplaces(): Iterable<{ id: string; available: boolean; health: Health }>
}

/**
 * `/healthz`: the process turns. `/readyz`: callbacks are taken in. A workplace that is away makes it `degraded` and
 * not unready: what customers write is kept and relayed later, whereas a callback turned away is lost for good.
 */
export function addHealthRoutes(router: Router, sources: ReadinessSources): void {
  router.get('/healthz', (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = 'ok'
  })
  router.get('/readyz', (ctx) => {
    const readiness = judge(sources)
    ctx.set('Cache-Control', 'no-store')
    ctx.status = readiness.state === 'unready' ? 503 : 200
    ctx.body = readiness
  })
}

interface Readiness {
  state: 'ready' | 'degraded' | 'unready'
  store: 'open' | 'closed'
  stopping: boolean
  workplaces: Record<string, 'ok' | 'degraded' | 'down'>
}

function judge(sources: ReadinessSources): Readiness {
  const stopping = !sources.running()
  const store = sources.storeOpen() ? 'open' : 'closed'
  const workplaces: Readiness['workplaces'] = {}
  for (const { id, available, health } of sources.workplaces()) {
    workplaces[id] = available ? health.state : 'down'
  }
  const allWell = Object.values(workplaces).every((state) => state === 'ok')
  const state = stopping || store === 'closed' ? 'unready' : allWell ? 'ready' : 'degraded'
  return { state, store, stopping, workplaces }
}
