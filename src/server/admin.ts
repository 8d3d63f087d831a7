import { Router } from '@koa/router'
import type Koa from 'koa'
import type { Middleware } from 'koa'
import type { Registry } from 'prom-client'
import type { Log } from '../ports/log.ts'
import type { LedgerRow } from '../ports/store.ts'
import { bareApp, guard } from './app.ts'

export interface AdminOptions {
  registry: Registry
  ledger: () => Promise<LedgerRow[]>
  log: Log
  /** Further pages: the supervisor's. */
  more?: readonly Middleware[]
}

/** The operator's side, on a listener of its own: metrics and the ledger. It has no log-in, so it stays on loopback. */
export function createAdminApp({ registry, ledger, log, more = [] }: AdminOptions): Koa {
  const router = new Router()
  router.get('/metrics', async (ctx) => {
    ctx.set('Content-Type', registry.contentType)
    ctx.body = await registry.metrics()
  })
  router.get('/ledger', async (ctx) => {
    ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
    ctx.type = 'html'
    ctx.body = ledgerPage(await ledger())
  })
  const app = bareApp(log)
  app.use(guard(log))
  app.use(router.routes())
  for (const part of more) app.use(part)
  return app
}

const HEADINGS = ['渠道账号', '收到', '已转达', '已过滤', '等待中', '已搁置', '核对']

function ledgerPage(rows: LedgerRow[]): string {
  const lines = rows.map((row) => {
    const { account, received, relayed, filtered, waiting, parked } = row
    const adds = received === relayed + filtered + waiting + parked
    const figures = [received, relayed, filtered, waiting, parked].map(String)
    // Account ids are keys of the configuration: letters, digits, - and _ only.
    return tableRow('td', [account, ...figures, adds ? '✓' : '✗ 不平'])
  })
  const style = 'body{font:16px sans-serif;margin:2em}td,th{padding:.3em 1em;text-align:right}'
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>消息台账</title>
<style>${style}</style><h1>消息台账</h1><table>${tableRow('th', HEADINGS)}${lines.join('')}</table>
<p>收到 = 已转达 + 已过滤 + 等待中 + 已搁置</p></html>`
}

function tableRow(cell: 'td' | 'th', values: readonly string[]): string {
  return `<tr>${values.map((value) => `<${cell}>${value}</${cell}>`).join('')}</tr>`
}
