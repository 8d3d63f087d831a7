import path from 'node:path'
import { type Child, startChild } from './child.ts'
import { load, type LoadResult } from './load.ts'
import { median, megabytes, percent, round, table } from './numbers.ts'
import { makePosts } from './wechat-posts.ts'

/** (a) bare Koa, (b) the floor that nobody can beat, (c) our full way in; side by side, in turns. */
const KINDS = ['bare', 'floor', 'full'] as const
type Kind = (typeof KINDS)[number]

const SERVER = path.join(import.meta.dirname, 'inbound-server.ts')
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5)
const LOADS = [
  { connections: 1, messages: 4000 },
  { connections: 10, messages: 15_000 },
  { connections: 50, messages: 30_000 },
]

interface Measured extends LoadResult {
  cpuUs: number
  rssBytes: number
}

const results = new Map<string, Measured[]>()
let seed = 0
for (let round = 0; round <= ROUNDS; round++)
  for (const kind of KINDS) {
    const child = await startChild(SERVER, [kind])
    for (const { connections, messages } of LOADS) {
      const posts = makePosts(messages, 1000, (seed += messages))
      const measured = await measure(child, posts, connections)
      // The first round warms the machine up.
      if (round > 0) keep(`${kind} ${connections}`, measured)
    }
    await child.stop()
  }
print()

async function measure(
  child: Child,
  posts: ReturnType<typeof makePosts>,
  connections: number,
): Promise<Measured> {
  const before = await child.usage()
  const result = await load(child.url, posts, connections)
  const after = await child.usage()
  if (result.errors > 0) throw new Error(`${result.errors} requests failed`)
  return { ...result, cpuUs: (after.cpuUs - before.cpuUs) / posts.length, rssBytes: after.rssBytes }
}

function keep(key: string, measured: Measured): void {
  results.set(key, [...(results.get(key) ?? []), measured])
}

function middle(kind: Kind, connections: number, of: (one: Measured) => number): number {
  return median((results.get(`${kind} ${connections}`) ?? []).map(of))
}

function print(): void {
  const rows = LOADS.flatMap(({ connections }) =>
    KINDS.map((kind) => {
      const rate = middle(kind, connections, (one) => one.rate)
      const shareOf = (other: Kind): string =>
        percent(rate / middle(other, connections, (one) => one.rate))
      const cpuShare = (other: Kind): string =>
        percent(
          middle(other, connections, (one) => one.cpuUs) /
            middle(kind, connections, (one) => one.cpuUs),
        )
      return [
        String(connections),
        kind,
        round(rate),
        shareOf('bare'),
        kind === 'bare' ? '' : shareOf('floor'),
        cpuShare('bare'),
        round(
          middle(kind, connections, (one) => one.p50),
          2,
        ),
        round(
          middle(kind, connections, (one) => one.p99),
          2,
        ),
        round(
          middle(kind, connections, (one) => one.cpuUs),
          1,
        ),
        megabytes(middle(kind, connections, (one) => one.rssBytes)),
      ]
    }),
  )
  const head = [
    'connections',
    'server',
    'messages/s',
    'of bare',
    'of floor',
    'CPU ratio to bare',
    'p50 ms',
    'p99 ms',
    'CPU µs/message',
    'RSS MB',
  ]
  process.stdout.write(`${table(head, rows)}\n`)
}
