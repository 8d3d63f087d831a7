import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildConfig } from '#config/load.ts'
import { type Product, type ProductOptions, startProduct } from '#src/main.ts'
import { createLog } from '#src/platform/log.ts'
import { type SeededWorld, type SeedOptions, seedWorld } from '#src/playground/seed.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'
import type { LedgerRow } from '#src/ports/store.ts'
import { DingGroup } from './ding-group.ts'
import { createJumpClock, type JumpClock } from './jump-clock.ts'
import { until } from './until.ts'
import { WecomGroup } from './wecom-group.ts'

/** Settings by part of the configuration, laid over those of the seeded world. */
export interface ShopConfig {
  relay?: object
  media?: object
  server?: object
  agents?: object
  desk?: object
  account?: object
  dingtalk?: object
  wecom?: object
}

export interface ShopOptions {
  seed?: SeedOptions
  config?: ShopConfig | ((world: SeededWorld) => Promise<ShopConfig>)
  /** Groups bound before the test begins; default both. */
  bind?: readonly ('dingtalk' | 'wecom')[]
  product?: Omit<ProductOptions, 'log' | 'clock'>
}

/** The running product in this process, with everybody around it. */
export class Shop {
  readonly world: SeededWorld
  readonly ding: DingGroup
  readonly wecom: WecomGroup
  readonly folder: string
  /** The time of the product and of the stand-ins. */
  readonly clock: JumpClock
  /** Every line that the product logged, of all its lives. */
  readonly log: string[] = []
  product!: Product
  readonly #options: ShopOptions
  #own: ShopConfig | undefined

  constructor(world: SeededWorld, clock: JumpClock, options: ShopOptions) {
    this.world = world
    this.clock = clock
    this.#options = options
    this.ding = new DingGroup(world)
    this.wecom = new WecomGroup(world)
    this.folder = mkdtempSync(path.join(tmpdir(), 'jieli-e2e-'))
  }

  /** Starts the product, or starts it again on the same data folder. */
  async start(): Promise<void> {
    const { config: own } = this.#options
    this.#own ??= typeof own === 'function' ? await own(this.world) : (own ?? {})
    await this.#run()
    await this.connected()
  }

  async #run(): Promise<void> {
    const config = buildConfig(configOf(this.world, this.folder, this.#own), 'test')
    const destination = { write: (line: string) => void this.log.push(line) }
    const log = createLog({ level: 'debug', destination })
    const { clock } = this
    this.product = await startProduct(config, { ...this.#options.product, clock, log })
    this.world.setProductUrl(this.product.url)
  }

  /** Stops and starts again with other settings, laid over those it had; waits for nobody to connect. */
  async restartWith(own: ShopConfig): Promise<void> {
    await this.product.stop()
    this.#own = { ...this.#own, ...own }
    await this.#run()
  }

  /** Resolves when both workplaces can reach us. */
  async connected(): Promise<void> {
    await until('both workplaces connected', () => {
      const open = this.world.dingtalk.gateway.connections().filter(({ state }) => state === 'open')
      return this.world.wecom.isConnected && open.length > 0
    })
  }

  async bind(workplace: 'dingtalk' | 'wecom'): Promise<void> {
    const text = `绑定 ${await this.bindCode()}`
    const { members } = this.world
    if (workplace === 'dingtalk') this.ding.says(members.dingtalk[0]!, text)
    else this.wecom.says(members.wecom[0]!, text)
    const group = workplace === 'dingtalk' ? this.ding : this.wecom
    await until(`${workplace} is bound`, () =>
      group.texts().some((said) => said.includes('已绑定到服务台')),
    )
  }

  async bindCode(): Promise<string> {
    // The command's own answer has this form.
    const { code } = (await this.product.command('bind', { desk: 'service' })) as { code: string }
    return code
  }

  customer(index = 0): Phone {
    const phone = [...this.world.wechat.account(this.world.appid).phones.values()][index]
    if (!phone) throw new Error('no such customer')
    return phone
  }

  async ledger(): Promise<Omit<LedgerRow, 'account'>> {
    const nothing = { received: 0, relayed: 0, filtered: 0, waiting: 0, parked: 0 }
    const [row] = await this.product.store.read.ledger()
    if (!row) return nothing
    const { account: _account, ...counts } = row
    return counts
  }

  /** Resolves when nothing is left to handle or to send. */
  async idle(timeoutMs = 8000): Promise<void> {
    const { read } = this.product.store
    await until(
      'the product is idle',
      async () => {
        const { inboxWaiting, outboxQueued } = await read.counts()
        return inboxWaiting === 0 && outboxQueued === 0
      },
      timeoutMs,
    )
  }

  /** Lets time pass, a little at a time, until nothing is left to handle or to send. */
  async letPass(stepMs = 2000, timeoutMs = 8000): Promise<void> {
    await until(
      'nothing is left to send',
      async () => {
        const { inboxWaiting, outboxQueued } = await this.product.store.read.counts()
        if (inboxWaiting === 0 && outboxQueued === 0) return true
        this.clock.jump(stepMs)
        return false
      },
      timeoutMs,
    )
  }

  /** Resolves when nothing is left to handle, and so many rows wait for their time. */
  async idleBut(queued: number): Promise<void> {
    await until(`${queued} rows wait`, async () => {
      const { inboxWaiting, outboxQueued } = await this.product.store.read.counts()
      return inboxWaiting === 0 && outboxQueued === queued
    })
  }

  async stop(): Promise<void> {
    await this.product.stop()
    await this.world.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The whole of it, running, with its groups bound. The stand-ins hold no limits unless `seed` says so. */
export async function openShop(options: ShopOptions = {}): Promise<Shop> {
  const clock = createJumpClock()
  const world = await seedWorld({ limits: false, ...options.seed, now: () => clock.now() })
  const shop = new Shop(world, clock, options)
  await shop.start()
  for (const workplace of options.bind ?? (['dingtalk', 'wecom'] as const))
    await shop.bind(workplace)
  return shop
}

/** Opens a shop for one test and closes it whatever happens: for tests that run side by side. */
export async function inShop(
  options: ShopOptions,
  run: (shop: Shop) => Promise<void>,
): Promise<void> {
  const shop = await openShop(options)
  try {
    await run(shop)
  } finally {
    await shop.stop()
  }
}

/** A configuration file, as far as tests change it. */
export interface ShopFile {
  desks: Record<string, object>
  accounts: Record<string, object>
  workplaces: Record<string, object>
  [key: string]: unknown
}

/** The configuration of the seeded world with a test's own settings; no limits of ours unless it says so. */
export function configOf(world: SeededWorld, folder: string, own: ShopConfig = {}): ShopFile {
  const { desks, accounts, workplaces } = world.config
  return {
    dataFolder: folder,
    server: { port: 0, ...own.server },
    admin: { port: 0 },
    log: { level: 'warn' },
    relay: { limits: false, ...own.relay },
    ...(own.media && { media: own.media }),
    ...(own.agents && { agents: own.agents }),
    desks: { service: { ...desks['service'], ...own.desk } },
    accounts: { shop: { ...accounts['shop'], ...own.account } },
    workplaces: {
      dingtalk: { ...workplaces['dingtalk'], callsPerSecond: 0, ...own.dingtalk },
      wecom: { ...workplaces['wecom'], ...own.wecom },
    },
  }
}

/** What the account has said to a customer in words. */
export const answersTo = (phone: Phone): string[] =>
  phone.answers().map(({ content }) => (content.kind === 'text' ? content.text : content.kind))
