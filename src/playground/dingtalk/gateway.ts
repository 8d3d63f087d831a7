import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Answer, Call } from './call.ts'
import {
  answerFrame,
  type ConnectionView,
  type FrameAnswer,
  type GatewaySettings,
  openRequest,
  parseJson,
  type Pushed,
} from './frames.ts'
import { parseRequest } from './parse.ts'
import { ApiRefusal } from './refusal.ts'
import type { World } from './world.ts'

const TICKET_MS = 90_000

interface Connection extends ConnectionView {
  socket: WebSocket
  topics: Set<string>
  closeTimer: NodeJS.Timeout | undefined
}

interface Waiting {
  connectionId: string
  topic: string
  sentAt: number
  settle: (answer: FrameAnswer | undefined) => void
}

/** The Stream gateway: tickets, connections with random routing, frames and what was answered. */
export class Gateway {
  readonly settings: GatewaySettings
  /** The latest answers, oldest first; at least 1,000. */
  readonly answers: FrameAnswer[] = []
  readonly #world: World
  readonly #random: () => number
  readonly #tickets = new Map<string, { clientId: string; topics: Set<string>; until: number }>()
  readonly #connections = new Map<string, Connection>()
  readonly #waiting = new Map<string, Waiting>()
  readonly #sockets = new WebSocketServer({ noServer: true, autoPong: false })
  readonly #pings: NodeJS.Timeout | undefined

  constructor(world: World, settings: GatewaySettings, random: () => number) {
    this.#world = world
    this.settings = settings
    this.#random = random
    if (settings.pingEveryMs > 0) {
      this.#pings = setInterval(() => this.#pingAll(), settings.pingEveryMs)
    }
  }

  /** `POST /v1.0/gateway/connections/open` */
  open(call: Call): Answer {
    // Without this header the real one answers in XML.
    if (call.headers.accept?.includes('application/json') !== true) {
      return { text: '<xml><endpoint/></xml>', type: 'application/xml' }
    }
    const { clientId, clientSecret, subscriptions } = parseRequest(openRequest, call)
    if (this.#world.apps.get(clientId)?.clientSecret !== clientSecret) {
      throw new ApiRefusal('authFailed', '鉴权失败', 401)
    }
    if (subscriptions.some(({ type, topic }) => type === 'EVENT' && topic !== '*')) {
      throw new ApiRefusal('param.invalid', 'EVENT 只支持 *')
    }
    const ticket = this.#world.newId('tk+/=')
    const topics = new Set(subscriptions.map(({ type, topic }) => `${type} ${topic}`))
    this.#tickets.set(ticket, { clientId, topics, until: this.#world.now() + TICKET_MS })
    return { json: { endpoint: `${call.url.replace('http', 'ws')}/connect`, ticket } }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const key = url.searchParams.get('ticket') ?? ''
    const ticket = this.#tickets.get(key)
    this.#tickets.delete(key)
    if (url.pathname !== '/connect' || !ticket || ticket.until <= this.#world.now()) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      this.#welcome(ws, ticket.clientId, ticket.topics)
    })
  }

  connections(): ConnectionView[] {
    return [...this.#connections.values()].map((connection) => ({
      id: connection.id,
      clientId: connection.clientId,
      openedAt: connection.openedAt,
      state: connection.state,
      deaf: connection.deaf,
      mute: connection.mute,
      pushed: connection.pushed,
    }))
  }

  /** Sends a frame to one connection of the app, chosen at random among those that take the topic. */
  push(
    clientId: string,
    type: 'CALLBACK' | 'EVENT',
    topic: string,
    data: object,
    messageId = this.#world.newId(''),
  ): Pushed {
    const open = [...this.#connections.values()].filter(
      (one) =>
        one.state === 'open' &&
        one.clientId === clientId &&
        one.topics.has(type === 'EVENT' ? 'EVENT *' : `${type} ${topic}`),
    )
    const connection = open[Math.floor(this.#random() * open.length)]
    if (!connection) {
      return { messageId, connectionId: undefined, answer: Promise.resolve(undefined) }
    }
    const answer = this.#send(connection, type, topic, JSON.stringify(data), messageId)
    return { messageId, connectionId: connection.id, answer }
  }

  /** Nobody waits for this answer any more. */
  forget(messageId: string): void {
    this.#waiting.get(messageId)?.settle(undefined)
  }

  /** Tells a connection (or all) to go: nothing more is delivered to it at once, its TCP connection ends later. */
  disconnect(id?: string): void {
    for (const connection of this.#pick(id)) {
      connection.state = 'disconnecting'
      const data = JSON.stringify({ reason: 'connection is expired' })
      void this.#send(connection, 'SYSTEM', 'disconnect', data, this.#world.newId(''))
      connection.closeTimer = setTimeout(
        () => connection.socket.terminate(),
        this.settings.disconnectCloseMs,
      )
    }
    this.#world.changed({ what: 'connections' })
  }

  /** Ends a connection (or all) without a word. */
  drop(id?: string): void {
    for (const connection of this.#pick(id)) connection.socket.terminate()
  }

  /** The connection answers no websocket ping any more. */
  mute(id?: string): void {
    for (const connection of this.#pick(id)) connection.mute = true
  }

  /** A zombie: pongs arrive, but what is routed to it vanishes. */
  deafen(id?: string): void {
    for (const connection of this.#pick(id)) connection.deaf = true
  }

  /** Sends a SYSTEM ping; resolves with the echo. */
  ping(id: string): Promise<FrameAnswer | undefined> {
    const connection = this.#connections.get(id)
    if (!connection) return Promise.resolve(undefined)
    const messageId = this.#world.newId('')
    return this.#send(
      connection,
      'SYSTEM',
      'ping',
      JSON.stringify({ opaque: messageId }),
      messageId,
    )
  }

  /** Sends these bytes as they are, for what a client must survive. */
  sendRaw(bytes: string | Buffer, id?: string): void {
    for (const connection of this.#pick(id)) connection.socket.send(bytes)
  }

  stop(): void {
    clearInterval(this.#pings)
    for (const connection of this.#connections.values()) connection.socket.terminate()
    for (const waiting of this.#waiting.values()) waiting.settle(undefined)
    this.#sockets.close()
  }

  #pick(id: string | undefined): Connection[] {
    const all = [...this.#connections.values()]
    return id === undefined ? all : all.filter((connection) => connection.id === id)
  }

  #welcome(socket: WebSocket, clientId: string, topics: Set<string>): void {
    const connection: Connection = {
      id: this.#world.newId('conn'),
      clientId,
      openedAt: this.#world.now(),
      state: 'open',
      deaf: false,
      mute: false,
      pushed: 0,
      socket,
      topics,
      closeTimer: undefined,
    }
    this.#connections.set(connection.id, connection)
    socket.on('message', (bytes: Buffer) => this.#receive(connection, bytes))
    socket.on('ping', () => {
      if (!connection.mute) socket.pong()
    })
    socket.on('error', () => socket.terminate())
    socket.on('close', () => this.#farewell(connection))
    this.#world.changed({ what: 'connections' })
  }

  #farewell(connection: Connection): void {
    clearTimeout(connection.closeTimer)
    this.#connections.delete(connection.id)
    for (const waiting of this.#waiting.values()) {
      if (waiting.connectionId === connection.id) waiting.settle(undefined)
    }
    this.#world.changed({ what: 'connections' })
  }

  #send(
    connection: Connection,
    type: string,
    topic: string,
    data: string,
    messageId: string,
  ): Promise<FrameAnswer | undefined> {
    const headers = {
      appId: connection.clientId,
      connectionId: connection.id,
      contentType: 'application/json',
      messageId,
      time: String(this.#world.now()),
      topic,
    }
    connection.pushed++
    const { promise, resolve } = Promise.withResolvers<FrameAnswer | undefined>()
    this.#waiting.set(messageId, {
      connectionId: connection.id,
      topic,
      sentAt: performance.now(),
      settle: (answer) => {
        this.#waiting.delete(messageId)
        resolve(answer)
      },
    })
    if (!connection.deaf) {
      connection.socket.send(JSON.stringify({ specVersion: '1.0', type, headers, data }))
    }
    return promise
  }

  #receive(connection: Connection, bytes: Buffer): void {
    const frame = answerFrame.safeParse(parseJson(bytes.toString()))
    if (!frame.success) {
      this.#world.problem('a client sent a frame that is no answer')
      return
    }
    const { code, message, data } = frame.data
    const { messageId } = frame.data.headers
    const waiting = this.#waiting.get(messageId)
    // An answer after the deadline, or a second one, finds nobody waiting.
    if (!waiting || waiting.connectionId !== connection.id) return
    const tookMs = performance.now() - waiting.sentAt
    const { topic } = waiting
    const parsed = parseJson(data ?? '')
    const answer = { messageId, topic, connectionId: connection.id, code, message, tookMs }
    this.answers.push({ ...answer, data: parsed })
    if (this.answers.length > 2000) this.answers.splice(0, 1000)
    waiting.settle({ ...answer, data: parsed })
  }

  #pingAll(): void {
    for (const id of this.#connections.keys()) void this.ping(id)
  }
}
