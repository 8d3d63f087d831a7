import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import Koa from 'koa'
import { getRawBody } from 'raw-body'
import { wechatOa } from '#src/channels/wechat/index.ts'
import { accountId } from '#src/domain/ids.ts'
import { createSystemClock } from '#src/platform/clock.ts'
import { createIdMaker } from '#src/platform/ids.ts'
import { createHttp } from '#src/platform/http.ts'
import { silentLog } from '#src/platform/log.ts'
import type { Channel } from '#src/ports/channel.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import { Inbox } from '#src/relay/inbox.ts'
import { Lanes } from '#src/relay/lanes.ts'
import type { World } from '#src/relay/world.ts'
import { createApp } from '#src/server/app.ts'
import { listen } from '#src/server/listener.ts'
import { createMetrics } from '#src/server/metrics.ts'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import { serveParent } from './child.ts'
import { fillStore } from './fill.ts'
import { slowSyncs } from './slow-sync.ts'
import { benchAccount } from './wechat-posts.ts'

/**
 * The servers that are compared: `bare` reads the body and answers, `floor` verifies, decrypts and decodes it too and
 * keeps nothing, `full` is the product's own way in: the same, then deduplicated and committed with a synced transaction.
 * `full <n>` begins with so many messages stored. Handling what was taken in is not part of it; `relay.ts` measures that.
 */
const [kind, stored = '0'] = process.argv.slice(2)
slowSyncs()
const clock = createSystemClock()
const shop = accountId('shop')
const times = { requestTimeoutMs: 10_000, keepAliveMs: 65_000, host: '127.0.0.1', port: 0 }

if (kind === 'full') await serveFull()
else await serveBare(kind === 'floor' ? openChannel() : undefined)

async function serveBare(channel: Channel | undefined): Promise<void> {
  const app = new Koa()
  app.use(async (ctx) => {
    const body = await getRawBody(ctx.req, {
      limit: 524_288,
      length: ctx.req.headers['content-length'] ?? null,
    })
    if (channel)
      await channel.receive({
        method: ctx.method,
        // Of repeated keys the first; the load repeats none.
        query: ctx.query as Record<string, string>,
        headers: {},
        body,
        receivedAt: clock.now(),
      })
    ctx.body = 'success'
  })
  const { url } = await listen(app, times)
  serveParent(url)
}

async function serveFull(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'jieli-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  if (stored !== '0') await fillStore(folder, Number(stored) / 10, Number(stored))
  const store = await openSqliteStore({ folder, clock })
  const channel = openChannel()
  const channels = new Map([[shop, channel]])
  const lanes = new Lanes({ clock, width: 1, step: async () => 'idle' })
  // The way in uses no other part of the world.
  const world = {
    store,
    clock,
    channels,
    tuning: { lateAfterMs: 600_000 },
    newId: createIdMaker(clock),
  } as unknown as World
  const inbox = new Inbox(world, lanes)
  const metrics = createMetrics({
    counts: () => store.read.counts(),
    ledger: () => store.read.ledger(),
    health: () => [],
  })
  const app = createApp({
    hooks: {
      channel: (key) => channels.get(accountId(key)),
      accept: (account, events) => inbox.fromChannel(account, events),
      clock,
      log: silentLog,
      metrics: metrics.hooks,
      bodyLimitBytes: 524_288,
      answerLimitMs: 4500,
    },
    readiness: { running: () => true, storeOpen: () => true, workplaces: () => [] },
    // No load asks for files.
    media: {} as Parameters<typeof createApp>[0]['media'],
    log: silentLog,
  })
  const { url } = await listen(app, times)
  serveParent(url, { counts: () => store.read.counts() })
}

function openChannel(): Channel {
  // Taking callbacks in needs no call of the adapter to anybody.
  const io = {
    http: createHttp(),
    clock,
    log: silentLog,
    random: Math.random,
  } as unknown as AdapterIo
  return wechatOa(shop, benchAccount, io)
}
