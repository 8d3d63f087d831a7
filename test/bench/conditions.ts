import path from 'node:path'
import { type Child, startChild } from './child.ts'
import { load } from './load.ts'
import { median, megabytes, percent, round, table } from './numbers.ts'
import { makePosts } from './wechat-posts.ts'

/** The way in at 50 connections under worse conditions, each beside itself without them, in turns. */
const SERVER = path.join(import.meta.dirname, 'inbound-server.ts')
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 3)
const MESSAGES = 20_000
const CONDITIONS = [
  { name: 'as it is', args: ['full'], env: {} },
  { name: '1 ms added to each sync', args: ['full'], env: { BENCH_SYNC_MS: '1' } },
  { name: '1 million messages, 100 000 conversations stored', args: ['full', '1000000'], env: {} },
]

const rates = new Map<string, number[]>()
const idle = new Map<string, number>()
const busy = new Map<string, number>()
let seed = 0
for (let turn = 0; turn < ROUNDS; turn++)
  for (const { name, args, env } of CONDITIONS) {
    const child: Child = await startChild(SERVER, args, [], env)
    idle.set(name, (await child.usage()).rssBytes)
    await load(child.url, makePosts(4000, 1000, (seed += 4000)), 50)
    const { rate, errors } = await load(
      child.url,
      makePosts(MESSAGES, 1000, (seed += MESSAGES)),
      50,
    )
    if (errors > 0) throw new Error(`${errors} requests failed`)
    rates.set(name, [...(rates.get(name) ?? []), rate])
    busy.set(name, (await child.usage()).rssBytes)
    await child.stop()
  }

const middle = (name: string): number => median(rates.get(name) ?? [])
const base = middle('as it is')
process.stdout.write(
  `${table(
    ['condition', 'messages/s', 'of itself', 'RSS MB at start', 'RSS MB under load'],
    CONDITIONS.map(({ name }) => [
      name,
      round(middle(name)),
      percent(middle(name) / base),
      megabytes(idle.get(name) ?? 0),
      megabytes(busy.get(name) ?? 0),
    ]),
  )}\n`,
)
