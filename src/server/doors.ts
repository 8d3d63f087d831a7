import type { Config } from '#config/schema.ts'
import type { AccountId, WorkplaceId } from '../domain/ids.ts'
import type { Channel } from '../ports/channel.ts'
import type { Clock } from '../ports/clock.ts'
import type { Health } from '../ports/health.ts'
import type { Log } from '../ports/log.ts'
import type { MediaReader } from '../ports/media.ts'
import type { Store } from '../ports/store.ts'
import type { Workplace } from '../ports/workplace.ts'
import { createAdminApp } from './admin.ts'
import { createApp } from './app.ts'
import { type ControlCommands, openControl } from './control.ts'
import type { HookOptions } from './hooks.ts'
import { listen } from './listener.ts'
import type { MediaLinks } from './media-links.ts'
import type { VoiceDecoder } from './media.ts'
import { createMetrics } from './metrics.ts'

/** What stands behind the doors. */
export interface House {
  config: Config
  store: Store
  clock: Clock
  log: Log
  media: MediaReader
  links: MediaLinks
  voice: VoiceDecoder
  channels: ReadonlyMap<AccountId, Channel>
  workplaces: ReadonlyMap<WorkplaceId, Workplace>
  accept: HookOptions['accept']
  /** False from the first moment of stopping. */
  running: () => boolean
  /** Of the socket file. */
  controlPath: string
  /** Made when the addresses are known. */
  commands: (addresses: string[]) => ControlCommands
}

export interface Doors {
  url: string
  adminUrl: string
  /** Takes nothing new and lets running requests end. */
  close(): Promise<void>
}

/** Opens the public listener, the admin listener and the control socket. */
export async function openDoors(house: House): Promise<Doors> {
  const { config, store, log } = house
  const { requestTimeoutMs, keepAliveMs, graceMs, host, port } = config.server
  const times = { requestTimeoutMs, keepAliveMs }
  const metrics = createMetrics({
    counts: () => store.read.counts(),
    ledger: () => store.read.ledger(),
    health: () => healthOf(house),
  })
  const opened: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((closeOne) => closeOne()))
  }
  try {
    const front = await listen(frontApp(house, metrics.hooks), { host, port, ...times })
    opened.push(() => front.close(graceMs))
    const { registry } = metrics
    const adminApp = createAdminApp({ registry, ledger: () => store.read.ledger(), log })
    const admin = await listen(adminApp, { ...config.admin, ...times })
    opened.push(() => admin.close(graceMs))
    const commands = house.commands([front.url, admin.url])
    const control = await openControl({ path: house.controlPath, commands, log })
    opened.push(() => control.close())
    return { url: front.url, adminUrl: admin.url, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Accounts and workplaces by name. */
export function* healthOf({
  channels,
  workplaces,
}: Pick<House, 'channels' | 'workplaces'>): Iterable<[name: string, health: Health]> {
  for (const [id, channel] of channels) yield [`account/${id}`, channel.health()]
  for (const [id, workplace] of workplaces) yield [`workplace/${id}`, workplace.health()]
}

function frontApp(house: House, metrics: HookOptions['metrics']): ReturnType<typeof createApp> {
  const { config, clock, log, store, media, links, voice, channels, workplaces } = house
  return createApp({
    hooks: {
      // A path that names no account finds none.
      channel: (key) => channels.get(key as AccountId),
      accept: house.accept,
      clock,
      log,
      metrics,
      bodyLimitBytes: config.server.bodyLimitBytes,
      answerLimitMs: config.server.answerLimitMs,
    },
    readiness: {
      running: house.running,
      storeOpen: house.running,
      workplaces: () =>
        [...workplaces.values()].map((one) => ({
          id: one.id,
          available: one.available(),
          health: one.health(),
        })),
    },
    media: { links, media, clock, voice, describe: (hash) => store.read.media(hash) },
    log,
  })
}
