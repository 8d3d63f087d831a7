import type { WorkplaceId } from '#src/domain/ids.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type { AgentInbox, Workplace } from '#src/ports/workplace.ts'
import { capabilities } from './capabilities.ts'
import { Clicks } from './clicks.ts'
import { Client } from './client.ts'
import { botNames, type WecomConfig } from './config.ts'
import { Deliveries } from './deliver.ts'
import { checkLogin } from './doctor.ts'
import { download } from './download.ts'
import { Inbound } from './inbound.ts'
import type { SessionEvents } from './session.ts'
import { BotSocket, type SocketConfig } from './socket.ts'

export { type WecomConfig, wecomConfig } from './config.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** WeCom groups and single chats through one 智能机器人 in long-connection mode. */
export function wecom(id: WorkplaceId, config: WecomConfig, io: AdapterIo): Workplace {
  const { clock, log } = io
  const events: SessionEvents = {
    up: () => {
      inbox?.reachable()
      void clicks.flush()
    },
    down: () => undefined,
    frame: (kind, frame) => inbound?.take(kind, frame),
  }
  const makeSocket = (): BotSocket => new BotSocket(socketConfig(id, config), events, io)
  const socket = makeSocket()
  const client = new Client({ socket, media: io.media, clock, imageMaxBytes: config.imageMaxBytes })
  const clicks = new Clicks({ client, clock, log })
  const deliveries = new Deliveries(client, config.cardPushGroup)
  const stopping = new AbortController()
  const underWay = new Set<Promise<unknown>>()
  let inbox: AgentInbox | undefined
  let isRunning = false
  let inbound: Inbound | undefined

  return {
    id,
    kind: 'wecom',
    label: '企业微信',
    capabilities: capabilities(config),
    async start(core) {
      inbox = core
      const context = { workplace: id, botNames: botNames(config) }
      const { signal } = stopping
      inbound = new Inbound({ inbox, clicks, client, context, clock, log, signal })
      isRunning = true
      socket.start()
    },
    async stop() {
      isRunning = false
      stopping.abort(new Error('stopped'))
      await socket.stop()
      await Promise.allSettled(underWay)
      await inbound?.settled()
    },
    available: () => socket.isConnected,
    async deliver(delivery) {
      const call = deliveries.deliver(delivery)
      underWay.add(call)
      return call.finally(() => underWay.delete(call))
    },
    fetchMedia: (ref) => download(ref, io.http, clock.now()),
    health: () => socket.health(),
    async check() {
      if (isRunning) return [await checkLogin(socket, clock)]
      const probe = new BotSocket(socketConfig(id, config), SILENT, io)
      probe.start()
      try {
        return [await checkLogin(probe, clock)]
      } finally {
        await probe.stop()
      }
    },
  }
}

/** For a log-in that only looks whether it succeeds. What members write meanwhile is lost, as for any bot at rest. */
const SILENT: SessionEvents = {
  up: () => undefined,
  down: () => undefined,
  frame: () => undefined,
}

function socketConfig(id: WorkplaceId, config: WecomConfig): SocketConfig {
  return {
    url: config.url,
    botId: config.botId,
    secret: config.secret,
    heartbeatMs: config.heartbeatMs,
    reconnectMs: SECOND,
    loginTimeoutMs: 10 * SECOND,
    leaseName: `wecom/${id}`,
    refusedPause: { firstMs: 15 * SECOND, maxMs: 10 * MINUTE },
    kickedPause: { firstMs: 5 * SECOND, maxMs: 5 * MINUTE },
    steadyMs: 10 * MINUTE,
  }
}
