import type { LoadedConfig } from '#config/load.ts'
import { dataPaths } from '#config/paths.ts'
import type { Config } from '#config/schema.ts'
import { bot } from '#handlers/index.ts'
import { wechatOa } from './channels/wechat/index.ts'
import { createClickWatch, type ClickWatch } from './cli/checks/live.ts'
import { CommandRefused, type Commands } from './cli/client.ts'
import { examine } from './cli/doctor.ts'
import { runCli } from './cli/program.ts'
import type { MediaFile } from './domain/content.ts'
import { type AccountId, accountId, type WorkplaceId, workplaceId } from './domain/ids.ts'
import { createSystemClock } from './platform/clock.ts'
import { closeHttp, createHttp, type Http } from './platform/http.ts'
import { createIdMaker } from './platform/ids.ts'
import { createLeases } from './platform/leases.ts'
import { createLog } from './platform/log.ts'
import { openMediaStore } from './platform/media-store.ts'
import { createTokens } from './platform/token-cache.ts'
import { createVoice } from './platform/voice.ts'
import type { PlaygroundOptions } from './playground/start.ts'
import type { Channel } from './ports/channel.ts'
import type { Clock } from './ports/clock.ts'
import { Refusal } from './ports/errors.ts'
import type { AdapterIo } from './ports/io.ts'
import type { Log } from './ports/log.ts'
import type { MediaStore } from './ports/media.ts'
import type { Store } from './ports/store.ts'
import type { Workplace } from './ports/workplace.ts'
import { Relay } from './relay/relay.ts'
import type { World } from './relay/world.ts'
import { type CommandSources, createCommands } from './server/commands.ts'
import { dispatch } from './server/control.ts'
import { healthOf, openDoors } from './server/doors.ts'
import { createMediaLinks, loadLinkSecret, type MediaLinks } from './server/media-links.ts'
import { listedAgents, settingsOf, tuningOf } from './settings.ts'
import { untilToldToStop } from './signals.ts'
import { openSqliteStore } from './store/sqlite/index.ts'
import { VERSION } from './version.ts'
import { dingtalk } from './workplaces/dingtalk/index.ts'
import { wecom } from './workplaces/wecom/index.ts'

export interface ProductOptions {
  /** Values that no log line may show. */
  secrets?: readonly string[]
  clock?: Clock
  log?: Log
  /** How platforms are called; a test waits less long for an answer. */
  http?: Http
}

/** The running product. */
export interface Product {
  /** The public side: callbacks, health, links. */
  url: string
  adminUrl: string
  store: Store
  /** One of the operator's commands, as over the control socket. */
  command(name: string, args?: object): Promise<unknown>
  /** Finishes what is under way, hands back leases, closes. Calling it again waits for the same end. */
  stop(): Promise<void>
}

/**
 * Builds everything of one configuration and starts it: store, adapters, relay, then the doors.
 * @throws {StoreLockedError} while another process has the data folder
 */
export async function startProduct(config: Config, options: ProductOptions = {}): Promise<Product> {
  const parts = await build(config, options)
  const { store, clock, relay } = parts
  let running = true
  await store.putAgents(listedAgents(config).map((agent) => ({ ...agent, groups: [], seenAt: 0 })))
  const startedAt = clock.now()
  const commands = (addresses: string[]): ReturnType<typeof createCommands> =>
    createCommands({ ...commandSources(parts, true), startedAt, addresses })
  /** Half a product serves nobody: what cannot start whole is put away again. */
  const doors = await Promise.resolve()
    .then(() => relay.start())
    .then(() =>
      openDoors({
        ...parts,
        voice: createVoice(),
        accept: (account, events) => relay.accept(account, events),
        running: () => running,
        controlPath: dataPaths(config.dataFolder).control,
        commands,
      }),
    )
    .catch(async (error: unknown) => {
      await relay.stop()
      await store.close()
      throw error
    })
  let stopped: Promise<void> | undefined
  /** Doors first, so that nothing new arrives; then what is under way; the store last. */
  const stop = async (): Promise<void> => {
    running = false
    await doors.close()
    await relay.stop()
    await store.close()
    closeHttp(parts.io.http)
  }
  return {
    url: doors.url,
    adminUrl: doors.adminUrl,
    store,
    command: (name, args = {}) => dispatch(commands([doors.url, doors.adminUrl]), name, args),
    stop: () => (stopped ??= stop()),
  }
}

interface Parts {
  config: Config
  store: Store
  clock: Clock
  log: Log
  io: AdapterIo
  media: MediaStore
  links: MediaLinks
  clicks: ClickWatch
  channels: ReadonlyMap<AccountId, Channel>
  workplaces: ReadonlyMap<WorkplaceId, Workplace>
  relay: Relay
}

/** Everything joined and nothing started. */
async function build(config: Config, options: ProductOptions): Promise<Parts> {
  const clock = options.clock ?? createSystemClock()
  const log = options.log ?? createLog({ level: config.log.level, secrets: options.secrets ?? [] })
  const paths = dataPaths(config.dataFolder)
  const store = await openSqliteStore({ folder: config.dataFolder, clock })
  const media = await openMediaStore({ folder: paths.media, clock })
  const http = options.http ?? createHttp()
  const io = adapterIo({ http, store, clock, log, media })
  const { linkLifeMs: lifeMs } = config.media
  const links = createMediaLinks({ secret: await loadLinkSecret(paths.linkSecret), clock, lifeMs })
  const clicks = createClickWatch(clock)
  const channels = openChannels(config, io)
  const workplaces = openWorkplaces(config, io, clicks)
  const foundation = { config, store, clock, log, io, media, links, clicks, channels, workplaces }
  return { ...foundation, relay: new Relay(worldOf(foundation), (ctx) => bot.handle(ctx)) }
}

function adapterIo({
  http,
  store,
  clock,
  log,
  media,
}: Pick<Parts, 'store' | 'clock' | 'log' | 'media'> & { http: Http }): AdapterIo {
  // One process at a time has the data folder: after a crash the next one takes its leases over at once.
  const owner = 'local'
  const { random } = Math
  return {
    http,
    clock,
    log,
    media,
    random,
    tokens: createTokens({ store, clock, log, owner, random }),
    leases: createLeases({ store, clock, log, owner }),
  }
}

function openChannels(config: Config, io: AdapterIo): Map<AccountId, Channel> {
  const served = new Set(Object.values(config.desks).flatMap(({ accounts }) => accounts))
  const opened = new Map<AccountId, Channel>()
  for (const [key, account] of Object.entries(config.accounts))
    if (served.has(key)) opened.set(accountId(key), wechatOa(accountId(key), account, io))
  return opened
}

function openWorkplaces(
  config: Config,
  io: AdapterIo,
  clicks: ClickWatch,
): Map<WorkplaceId, Workplace> {
  const opened = new Map<WorkplaceId, Workplace>()
  for (const [key, one] of Object.entries(config.workplaces)) {
    const id = workplaceId(key)
    const workplace = one.kind === 'dingtalk' ? dingtalk(id, one, io) : wecom(id, one, io)
    opened.set(id, watchingClicks(workplace, clicks))
  }
  return opened
}

/** The doctor's own cards are answered here; the relay never hears of them. */
function watchingClicks(workplace: Workplace, clicks: ClickWatch): Workplace {
  return {
    ...workplace,
    start: (inbox) =>
      workplace.start({
        ...inbox,
        click: async (click) =>
          clicks.saw(click.card) ? { hint: '收到，卡片可用', accepted: false } : inbox.click(click),
      }),
  }
}

function worldOf(parts: Omit<Parts, 'relay'>): World {
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
    newId: createIdMaker(clock),
    random: Math.random,
    ...(publicUrl !== undefined && {
      mediaLink: (file: MediaFile) =>
        `${publicUrl}${links.path(file.hash)}${file.kind === 'voice' ? '?as=wav' : ''}`,
    }),
  }
}

function commandSources(parts: Parts, running: boolean): CommandSources {
  const { config, store, clock, io, relay, clicks } = parts
  const patient = {
    config,
    store,
    clock,
    http: io.http,
    channels: [...parts.channels.values()],
    workplaces: [...parts.workplaces.values()],
    running,
    ...(running && { clicks }),
  }
  return {
    store,
    clock,
    desks: new Map(Object.entries(config.desks).map(([id, { name }]) => [id, name])),
    health: () => (running ? healthOf(parts) : []),
    replayEvent: (id) => relay.replayEvent(id),
    replayEffect: (id) => relay.replayEffect(id),
    doctor: (options) => examine(patient, options),
    version: VERSION,
  }
}

/** The operator's commands on a store that no process serves. */
async function openForCommands({ config, secrets }: LoadedConfig): Promise<Commands> {
  const log = createLog({ level: 'silent' })
  const parts = await build(config, { secrets, log })
  const commands = createCommands(commandSources(parts, false))
  return {
    async call(name, args) {
      try {
        return await dispatch(commands, name, args ?? {})
      } catch (error) {
        throw error instanceof Refusal ? new CommandRefused(error.code, error.message) : error
      }
    },
    close: () => parts.store.close(),
  }
}

/** Runs the service until it is told to stop. */
async function serve({ config, secrets }: LoadedConfig): Promise<void> {
  const product = await startProduct(config, { secrets })
  const say = (line: string): boolean => process.stdout.write(`${line}\n`)
  say(`jieli ${VERSION} 已启动`)
  say(`对外地址：${product.url}（健康检查 /healthz，就绪检查 /readyz）`)
  for (const id of Object.keys(config.accounts))
    say(`回调地址（${id}）：${config.publicUrl ?? product.url}/hooks/${id}`)
  say(`管理地址：${product.adminUrl}/metrics  ${product.adminUrl}/ledger`)
  say(`控制套接字：${dataPaths(config.dataFolder).control}`)
  await untilToldToStop()
  await product.stop()
}

/** Loaded on use: a service carries no stand-ins with it. */
async function play(options: PlaygroundOptions): Promise<void> {
  const { runPlayground } = await import('./playground/start.ts')
  await runPlayground(startProduct, options)
}

if (import.meta.main) {
  process.exitCode = await runCli(process.argv.slice(2), {
    version: VERSION,
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    start: (loaded) => (loaded ? serve(loaded) : play({})),
    playground: play,
    open: openForCommands,
  })
}
