import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { seedWorld, type SeededWorld } from '#src/playground/seed.ts'
import { type Child, startChild } from './child.ts'
import { load } from './load.ts'
import { megabytes, percentile, round, table } from './numbers.ts'
import { benchAccount, makePosts } from './wechat-posts.ts'

/**
 * (d) From the callback to the card at the DingTalk stand-in: verified, decrypted, committed, handled, committed, sent,
 * committed. Once with every limit off, the stand-in's and our own, and once with all of them on, which shows what the
 * platform lets through. The stand-in and the load share the second core.
 */
const SERVER = path.join(import.meta.dirname, 'product-server.ts')
const CUSTOMERS = 1000
const folder = mkdtempSync(path.join(tmpdir(), 'jieli-bench-'))

interface Row {
  name: string
  messages: number
  rate: number
  ackP50: number
  ackP99: number
  p50: number
  p95: number
  p99: number
  cpuUs: number
  rssBytes: number
  calls: number
}

const rows: Row[] = []
rows.push(await run({ name: 'as fast as it goes', limits: false, messages: 10_000 }))
rows.push(await run({ name: '1000 a second', limits: false, messages: 10_000, perSecond: 1000 }))
rows.push(await run({ name: '200 a second', limits: false, messages: 4000, perSecond: 200 }))
rows.push(
  await run({ name: 'all limits on, 20 a second', limits: true, messages: 600, perSecond: 20 }),
)
print()
rmSync(folder, { recursive: true })

async function run(plan: {
  name: string
  limits: boolean
  messages: number
  perSecond?: number
}): Promise<Row> {
  const world = await seedWorld({ limits: plan.limits, dingtalk: { keepCalls: 1_000_000 } })
  const child = await startChild(SERVER, [writeConfig(world, plan.limits)])
  world.setProductUrl(child.url)
  await bind(world, child)
  await load(child.url, makePosts(CUSTOMERS, CUSTOMERS), 10, plan.limits ? 20 : undefined)
  await settled(child)
  process.stderr.write(`${plan.name}: warm\n`)
  const { seen, look } = watchCards(world)
  const posts = makePosts(plan.messages, CUSTOMERS, 1_000_000)
  const sentAt: number[] = []
  const before = await child.usage()
  const callsBefore = world.dingtalk.calls.length
  const startedAt = performance.now()
  const result = await load(
    child.url,
    posts,
    20,
    plan.perSecond,
    (index) => (sentAt[index] = performance.now()),
  )
  await settled(child)
  look()
  const seconds = (Math.max(...seen.values()) - startedAt) / 1000
  const after = await child.usage()
  const times = [...seen].map(([index, at]) => at - (sentAt[index - 1_000_000] ?? at))
  if (seen.size < plan.messages && !plan.limits)
    throw new Error(`${plan.messages - seen.size} never came`)
  process.stderr.write(`${plan.name}: done ${Math.round(plan.messages / seconds)}/s\n`)
  const row: Row = {
    name: plan.name,
    messages: seen.size,
    rate: seen.size / seconds,
    ackP50: result.p50,
    ackP99: result.p99,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    p99: percentile(times, 0.99),
    cpuUs: (after.cpuUs - before.cpuUs) / plan.messages,
    rssBytes: after.rssBytes,
    calls: world.dingtalk.calls.length - callsBefore,
  }
  await child.stop()
  await world.stop()
  return row
}

function writeConfig({ config }: SeededWorld, limits: boolean): string {
  const { shop } = config.accounts as Record<string, object>
  const { dingtalk } = config.workplaces as Record<string, object>
  const file = path.join(folder, 'config.json')
  const unlimited = limits ? {} : { callsPerSecond: 0, cardGapMs: 0, lineGapMs: 0 }
  const account = { ...shop, ...benchAccount }
  const given = {
    desks: config.desks,
    accounts: { shop: { ...account, apiBase: (shop as { apiBase: string }).apiBase } },
    workplaces: { dingtalk: { ...dingtalk, ...unlimited, stream: {} } },
    server: { port: 0 },
    admin: { port: 0 },
    // Every conversation keeps its first card: reposting is another matter.
    relay: { limits, repost: { afterPosts: 1_000_000, afterMs: 86_400_000 } },
  }
  writeFileSync(file, JSON.stringify(given))
  return file
}

async function bind(world: SeededWorld, child: Child): Promise<void> {
  const { code } = await child.ask<{ code: string }>('bind')
  const [member = ''] = world.members.dingtalk
  for (;;) {
    const said = world.dingtalk.people.writeInGroup(member, world.groups.dingtalk, {
      text: `绑定 ${code}`,
    })
    if (await Promise.race([said.acknowledged, pause(1000).then(() => false)])) return
  }
}

/** When each message, by the number at its end, first stood on a card. */
function watchCards(world: SeededWorld): { seen: Map<number, number>; look: () => void } {
  const seen = new Map<number, number>()
  const { calls } = world.dingtalk
  let looked = calls.length
  const look = (): void => {
    const now = performance.now()
    for (; looked < calls.length; looked++) {
      const text = JSON.stringify(calls[looked]?.body ?? '')
      for (const [, number] of text.matchAll(/谢谢 (1\d{6})/g))
        if (!seen.has(Number(number))) seen.set(Number(number), now)
    }
  }
  // The world changes just before the call is on record: the last one is looked at in the end.
  world.dingtalk.onChange(look)
  return { seen, look }
}

async function settled(child: Child): Promise<void> {
  for (;;) {
    const { inboxWaiting, outboxQueued } = await child.ask<{
      inboxWaiting: number
      outboxQueued: number
    }>('counts')
    if (inboxWaiting === 0 && outboxQueued === 0) return
    await pause(20)
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function print(): void {
  const head = [
    'load',
    'messages',
    'on a card/s',
    'ack p50 ms',
    'ack p99 ms',
    'card p50 ms',
    'card p95 ms',
    'card p99 ms',
    'CPU µs/message',
    'RSS MB',
    'card calls',
  ]
  const lines = rows.map((row) => [
    row.name,
    String(row.messages),
    round(row.rate),
    round(row.ackP50, 1),
    round(row.ackP99, 1),
    round(row.p50, 1),
    round(row.p95, 1),
    round(row.p99, 1),
    round(row.cpuUs),
    megabytes(row.rssBytes),
    String(row.calls),
  ])
  process.stdout.write(`${table(head, lines)}\n`)
}
