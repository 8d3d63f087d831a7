import { randomBytes } from 'node:crypto'
import path from 'node:path'
import type { Config } from '#config/schema.ts'
import { bot } from '#handlers/index.ts'
import { wechatOa } from './channels/wechat/index.ts'
import { type AccountId, accountId, makeId, type WorkplaceId, workplaceId } from './domain/ids.ts'
import { createSystemClock } from './platform/clock.ts'
import { createHttp } from './platform/http.ts'
import { createLeases } from './platform/leases.ts'
import { createLog } from './platform/log.ts'
import { openMediaStore } from './platform/media-store.ts'
import { createTokens } from './platform/token-cache.ts'
import { createVoice } from './platform/voice.ts'
import type { Channel } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import type { Check, Health } from './ports/health.ts'
import type { AdapterIo } from './ports/io.ts'
import type { Log } from './ports/log.ts'
import type { MediaStore } from './ports/media.ts'
import type { Store } from './ports/store.ts'
import type { Workplace } from './ports/workplace.ts'
import { Relay } from './relay/relay.ts'
import type { World } from './relay/world.ts'
import { createAdminApp } from './server/admin.ts'
import { createApp } from './server/app.ts'
import { type ControlServer, openControl } from './server/control.ts'
import { type CommandSources, createCommands } from './server/commands.ts'
import { type Listener, listen } from './server/listener.ts'
import { createMediaLinks, loadLinkSecret, type MediaLinks } from './server/media-links.ts'
import { createMetrics, type Metrics } from './server/metrics.ts'
import { settingsOf, tuningOf } from './settings.ts'
import { openSqliteStore } from './store/sqlite/index.ts'
import { dingtalk } from './workplaces/dingtalk/index.ts'
import { wecom } from './workplaces/wecom/index.ts'

const VERSION = '0.1.0'

export interface ProductOptions {
  /** Values that no log line may show. */
  secrets?: readonly string[]
  clock?: Clock
  log?: Log
  /** What `jieli doctor` finds besides what the adapters tell. */
  examine?: (product: Pick<Product, 'channels' | 'workplaces' | 'store'>) => Promise<Check[]>
}

/** The running product. */
export interface Product {
  /** The public side: callbacks, health, links. */
  url: string
  adminUrl: string
  store: Store
  channels: ReadonlyMap<AccountId, Channel>
  workplaces: ReadonlyMap<WorkplaceId, Workplace>
  /** Finishes what is under way, hands back leases, closes. Calling it again waits for the same end. */
  stop(): Promise<void>
}

/**
 * Builds everything of one configuration and starts it: store, adapters, relay, then the doors.
 * @throws {StoreLockedError} while another process has the data folder
 */
export async function startProduct(config: Config, options: ProductOptions = {}): Promise<Product> {
  const clock = options.clock ?? createSystemClock()
  const log = options.log ?? createLog({ level: config.log.level, secrets: options.secrets ?? [] })
  const store = await openSqliteStore({ folder: config.dataFolder, clock })
  const media = await openMediaStore({ folder: path.join(config.dataFolder, 'media'), clock })
  const io = adapterIo({ store, clock, log, media })
  const channels = openChannels(config, io)
  const workplaces = openWorkplaces(config, io)
  const links = createMediaLinks({
    secret: await loadLinkSecret(path.join(config.dataFolder, 'link-secret')),
    clock,
    lifeMs: config.media.linkLifeMs,
  })
  const relay = new Relay(
    worldOf({ config, store, clock, log, media, channels, workplaces, links }),
    (ctx) => bot.handle(ctx),
  )
  const parts: Parts = {
    config,
    store,
    clock,
    log,
    media,
    channels,
    workplaces,
    links,
    relay,
    running: true,
  }
  await relay.start()
  const doors = await openDoors(parts, options)
  let stopped: Promise<void> | undefined
  return {
    url: doors.front.url,
    adminUrl: doors.admin.url,
    store,
    channels,
    workplaces,
    stop: () => (stopped ??= stop(parts, doors)),
  }
}

interface Foundation {
  config: Config
  store: Store
  clock: Clock
  log: Log
  media: MediaStore
}

interface Parts extends Foundation {
  channels: ReadonlyMap<AccountId, Channel>
  workplaces: ReadonlyMap<WorkplaceId, Workplace>
  links: MediaLinks
  relay: Relay
  running: boolean
}

interface Doors {
  front: Listener
  admin: Listener
  control: ControlServer
}

function adapterIo({ store, clock, log, media }: Omit<Foundation, 'config'>): AdapterIo {
  const owner = randomBytes(8).toString('hex')
  return {
    http: createHttp(),
    clock,
    log,
    media,
    random: Math.random,
    tokens: createTokens({ store, clock, log, owner, random: Math.random }),
    leases: createLeases({ store, clock, log, owner }),
  }
}

function openChannels(config: Config, io: AdapterIo): Map<AccountId, Channel> {
  const served = new Set(Object.values(config.desks).flatMap(({ accounts }) => accounts))
  return new Map(
    Object.entries(config.accounts)
      .filter(([key]) => served.has(key))
      .map(([key, account]): [AccountId, Channel] => {
        const id = accountId(key)
        return [id, wechatOa(id, account, io)]
      }),
  )
}

function openWorkplaces(config: Config, io: AdapterIo): Map<WorkplaceId, Workplace> {
  return new Map(
    Object.entries(config.workplaces).map(([key, workplace]): [WorkplaceId, Workplace] => {
      const id = workplaceId(key)
      return [
        id,
        workplace.kind === 'dingtalk' ? dingtalk(id, workplace, io) : wecom(id, workplace, io),
      ]
    }),
  )
}

function worldOf(parts: Omit<Parts, 'relay' | 'running'>): World {
  const { config, store, clock, log, media, channels, workplaces, links } = parts
  const { publicUrl } = config
  return {
    store,
    clock,
    log,
    media,
    channels,
    workplaces,
    settings: settingsOf(config, channels, workplaces),
    tuning: tuningOf(config),
    maxMediaBytes: config.media.maxBytes,
    newId: () => makeId(clock.now(), randomBytes(10)),
    random: Math.random,
    ...(publicUrl !== undefined && { mediaLink: ({ hash }) => publicUrl + links.path(hash) }),
  }
}

async function openDoors(parts: Parts, options: ProductOptions): Promise<Doors> {
  const { config, log, store } = parts
  const metrics = createMetrics({
    counts: () => store.read.counts(),
    ledger: () => store.read.ledger(),
    health: () => healthOf(parts),
  })
  const { requestTimeoutMs, keepAliveMs, host, port } = config.server
  const times = { requestTimeoutMs, keepAliveMs }
  const front = await listen(frontApp(parts, metrics), { host, port, ...times })
  const adminApp = createAdminApp({
    registry: metrics.registry,
    ledger: () => store.read.ledger(),
    log,
  })
  const admin = await listen(adminApp, { ...config.admin, ...times })
  const control = await openControl({
    path: path.join(config.dataFolder, 'control.sock'),
    commands: createCommands(commandSources(parts, options, [front.url, admin.url])),
    log,
  })
  return { front, admin, control }
}

function frontApp(parts: Parts, metrics: Metrics): Parameters<typeof listen>[0] {
  const { config, clock, log, store, media, channels, workplaces, links, relay } = parts
  return createApp({
    hooks: {
      channel: (key) => channels.get(accountId(key)),
      accept: (account, events) => relay.accept(account, events),
      clock,
      log,
      metrics: metrics.hooks,
      bodyLimitBytes: config.server.bodyLimitBytes,
      answerLimitMs: config.server.answerLimitMs,
    },
    readiness: {
      running: () => parts.running,
      storeOpen: () => parts.running,
      workplaces: () =>
        [...workplaces.values()].map((one) => ({
          id: one.id,
          available: one.available(),
          health: one.health(),
        })),
    },
    media: {
      links,
      media,
      clock,
      voice: createVoice(),
      describe: (hash) => store.read.media(hash),
    },
    log,
  })
}

function commandSources(
  parts: Parts,
  { examine }: ProductOptions,
  addresses: string[],
): CommandSources {
  const { config, store, clock, relay } = parts
  return {
    store,
    clock,
    desks: new Map(Object.entries(config.desks).map(([id, { name }]) => [id, name])),
    health: () => healthOf(parts),
    replayEvent: (id) => relay.replayEvent(id),
    replayEffect: (id) => relay.replayEffect(id),
    doctor: async () => (await examine?.(parts)) ?? [],
    version: VERSION,
    startedAt: clock.now(),
    addresses,
  }
}

function* healthOf({ channels, workplaces }: Parts): Iterable<[string, Health]> {
  for (const [id, channel] of channels) yield [`account/${id}`, channel.health()]
  for (const [id, workplace] of workplaces) yield [`workplace/${id}`, workplace.health()]
}

/** Doors first, so that nothing new arrives; then what is under way; the store last. */
async function stop(parts: Parts, { front, admin, control }: Doors): Promise<void> {
  parts.running = false
  const { graceMs } = parts.config.server
  await Promise.all([front.close(graceMs), admin.close(graceMs), control.close()])
  await parts.relay.stop()
  await parts.store.close()
}
