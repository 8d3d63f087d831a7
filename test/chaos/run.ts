import { type AccountId, contactLane } from '#src/domain/ids.ts'
import type { Message } from '#src/domain/message.ts'
import type { Store, StoreCounts } from '#src/ports/store.ts'
import { type SeededWorld, seedWorld } from '#src/playground/seed.ts'
import { answersTo, type ShopConfig } from '#test/support/product.ts'
import { ProductProcess } from '#test/support/product-process.ts'
import { until } from '#test/support/until.ts'
import { Crowd } from './crowd.ts'
import { testify } from './witness.ts'

export interface ChaosOptions {
  kills: number
  /** The same number gives the same kills and the same pauses, as far as a machine can. */
  seed: number
  customers?: number
  everyMs?: number
  /** Our own rate limits, gaps and merging. */
  limits: boolean
  /** Who follows a held conversation; default `all`, so that every message is due in both groups. */
  mirror?: 'all' | 'holder'
  /** Share of calls that the stand-ins let go wrong besides; 0 to 1. */
  faultRate?: number
  report?: (line: string) => void
}

export interface ChaosReport {
  acknowledged: number
  answers: { arrived: number; uncertain: number; failed: number }
  doubles: number
  problems: string[]
}

const endless = { message: { windowMs: 172_800_000, max: 1_000_000 } }

/** Load, kills at random points, restarts; then everything that reached anybody is held against what was promised. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = numbersFrom(options.seed)
  const world = await seedWorld({
    limits: false,
    customers: [],
    wechat: { retryGapMs: 150, retries: 10_000, quota: endless },
    dingtalk: {
      keepCalls: 200_000,
      redeliverMs: 250,
      redeliveries: 10_000,
      withoutConnection: 'redelivered',
    },
  })
  const product = await ProductProcess.prepare(world, configFor(options))
  try {
    return await play(world, product, { ...options, random })
  } finally {
    await product.remove()
    await world.stop()
  }
}

function configFor({ limits, mirror = 'all' }: ChaosOptions): ShopConfig {
  return {
    relay: { limits },
    desk: { mirror },
    account: { quota: endless },
    dingtalk: { cardGapMs: 200, lineGapMs: 200, stream: { backoffFirstMs: 50 } },
    wecom: { messagesPerMinute: 100_000, messagesPerHour: 1_000_000 },
  }
}

async function play(
  world: SeededWorld,
  product: ProductProcess,
  options: ChaosOptions & { random: () => number },
): Promise<ChaosReport> {
  const { kills, random, customers = 6, everyMs = 60, report = () => undefined } = options
  await product.start()
  await product.bindGroups()
  const crowd = new Crowd(world, { customers, everyMs, random })
  await crowd.greet()
  const markers = await claimAll(world, product, crowd)
  const stopFaults = startFaults(world, options.faultRate ?? 0)
  crowd.start(({ name }) => markers.get(name)!)
  for (let kill = 1; kill <= kills; kill++) {
    // One in four dies while it is still coming up.
    const early = random() < 0.25
    await pause(early ? 0 : 300 + random() * 1200)
    await product.kill()
    report(`kill ${kill} of ${kills}: ${total(crowd)} messages acknowledged`)
    if (early) {
      product.spawn()
      await pause(200 + random() * 700)
      await product.kill()
    }
    await product.start()
  }
  await pause(500)
  stopFaults()
  report('quiet')
  await crowd.hush()
  report('all acknowledged')
  await drained(product)
  report('all sent')
  await product.stop()
  report('stopped')
  // A kill while it comes up may cut as well.
  const cuts = 2 * kills + faultCuts(options)
  const everywhere = options.mirror !== 'holder'
  const { doubles, problems } = testify(world, crowd, { cuts, everywhere })
  const books = await product.openStore((store) => audit(store, crowd))
  const said = [...problems, ...books.problems, ...grievances(product)]
  return { acknowledged: total(crowd), answers: books.answers, doubles, problems: said }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const total = ({ talkers }: Crowd): number =>
  talkers.reduce(
    (sum, { acknowledged, pictures }) => sum + acknowledged.length + pictures.length,
    0,
  )

/** A third of the customers is held in DingTalk, a third in WeCom, a third waits. */
async function claimAll(
  world: SeededWorld,
  product: ProductProcess,
  crowd: Crowd,
): Promise<Map<string, string>> {
  const { members, groups, dingtalk, wecom } = world
  const markers = new Map<string, string>()
  for (const [i, { name }] of crowd.talkers.entries()) {
    const marker = await until(`${name} has a marker`, () => markerOf(world, `${name}1。`))
    markers.set(name, marker)
    const text = `#${marker} 认领`
    if (i % 3 === 0) dingtalk.people.writeInGroup(members.dingtalk[0]!, groups.dingtalk, { text })
    if (i % 3 === 1) wecom.members.mention(groups.wecom, members.wecom[0]!, text)
  }
  await drained(product)
  return markers
}

function markerOf({ wecom, groups }: SeededWorld, words: string): string | undefined {
  for (const { content } of wecom.rooms.group(groups.wecom).lines) {
    if (content.kind !== 'markdown') continue
    const row = content.markdown.split('\n').find((one) => one.includes(words))
    const marker = row && /^〔#([0-9A-Z]{6})·/.exec(row)?.[1]
    if (marker) return marker
  }
  return undefined
}

function startFaults({ wechat, dingtalk, wecom }: SeededWorld, rate: number): () => void {
  if (rate === 0) return () => undefined
  const lost = { kind: 'lost-answer' } as const
  const ends = [
    wechat.faults.add({ call: 'custom/send', fault: lost, rate }),
    dingtalk.faults.add({ call: 'card/createAndDeliver', fault: lost, rate }),
    dingtalk.faults.add({ call: 'card/update', fault: lost, rate }),
    dingtalk.faults.add({ call: '*', fault: { kind: 'status', status: 503, body: '' }, rate }),
    wecom.faults.add({ call: 'aibot_send_msg', fault: lost, rate: rate / 4 }),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** With faults on nobody counts the cuts; then only losses and order are held against the product. */
const faultCuts = ({ faultRate = 0 }: ChaosOptions): number => (faultRate > 0 ? Infinity : 0)

async function drained(product: ProductProcess): Promise<void> {
  await until(
    'everything is handled and sent',
    async () => {
      // The command's own answer has this form.
      const { counts } = (await product.command('status')) as { counts: StoreCounts }
      return counts.inboxWaiting === 0 && counts.outboxQueued === 0
    },
    60_000,
  )
}

/** The books: promise 6, and what became of every answer. */
async function audit(store: Store, crowd: Crowd) {
  const problems: string[] = []
  const expected = total(crowd)
  const [row] = await store.read.ledger()
  const { received = 0, relayed = 0, filtered = 0, waiting = 0, parked = 0 } = row ?? {}
  if (received !== relayed + filtered + waiting + parked || relayed !== expected)
    problems.push(`the ledger says ${JSON.stringify(row)} of ${expected} acknowledged messages`)
  const answers = { arrived: 0, uncertain: 0, failed: 0 }
  for (const { name, phone } of crowd.talkers) {
    const lane = contactLane('shop' as AccountId, phone.openid)
    const conversation = await store.read.conversation(lane)
    if (!conversation) continue
    const messages = await store.read.messages(conversation.id, 0, 100_000)
    const said = messages.filter(({ from }) => from === 'agent')
    const reached = answersTo(phone)
    for (const message of said) settle(message, reached, answers, problems)
    const known = said.map(wordsOf)
    for (const { customer, words } of crowd.given)
      if (customer === name && !known.includes(words))
        problems.push(`${words} was taken and is lost`)
    for (const words of reached)
      if (!known.includes(words)) problems.push(`${words} reached ${name} and nobody said it`)
  }
  return { problems, answers }
}

const wordsOf = ({ content }: Message): string => (content.kind === 'text' ? content.text : '')

/** What is shown of an answer must be true: handed over means that it is on the phone, failed that it is not. */
function settle(
  message: Message,
  reached: readonly string[],
  answers: ChaosReport['answers'],
  problems: string[],
): void {
  const words = wordsOf(message)
  const isThere = reached.includes(words)
  if (isThere) answers.arrived++
  if (message.reply === 'unknown') answers.uncertain++
  else if (message.reply === 'failed') answers.failed++
  if (message.reply === 'queued') problems.push(`${words} was never settled`)
  if (message.reply === 'sent' && !isThere)
    problems.push(`${words} is shown as sent and is not there`)
  if (message.reply === 'failed' && isThere)
    problems.push(`${words} is shown as failed and is there`)
}

/** Errors that it printed, and words of customers in its log. */
function grievances({ output }: ProductProcess): string[] {
  const lines = output.join('').split('\n')
  const errors = lines.filter((line) => line.includes('"level":50') || line.includes('    at '))
  const leaks = lines.filter((line) => /[甲乙丙丁戊己]\d+。/.test(line))
  return [...new Set(errors), ...leaks].slice(0, 20).map((line) => `printed: ${line.slice(0, 600)}`)
}

/** Mulberry32: small, fast, good enough for choosing moments. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
