import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import { type Fault, Faults } from '../faults.ts'
import { type Answer, OK, refused } from './answers.ts'
import { Commands, type Settings } from './commands.ts'
import { Gate, type RecordedFrame } from './gate.ts'
import { loginLimit } from './limits.ts'
import { MediaStore } from './media.ts'
import { type CallbackKind, Members } from './members.ts'
import { Requests } from './requests.ts'
import { Rooms } from './rooms.ts'

export type { RecordedFrame } from './gate.ts'
export type { Settings } from './commands.ts'
export type { TemplateCard } from './cards.ts'
export type { Deed, MentionOptions } from './members.ts'
export type * from './model.ts'

export interface WecomOptions {
  /** 0 = any free port, always on 127.0.0.1. */
  port?: number
  now?: () => number
  botId?: string
  secret?: string
  /** The display name, which starts every mention. */
  botName?: string
  settings?: Partial<Settings>
  /** How many received frames are kept in `frames`; the newest. */
  keepFrames?: number
  random?: () => number
}

const loginBody = z.object({ bot_id: z.string(), secret: z.string() })

/**
 * Starts the local stand-in of 智能机器人 in long-connection mode: the socket of wss://openws.work.weixin.qq.com,
 * the groups and single chats behind it, and the people in them. What the platform refuses, it refuses.
 *
 * Fault calls: every cmd of the bot (`aibot_send_msg`, `aibot_respond_update_msg`, `aibot_subscribe`, …), `upload` for
 * the three upload commands, `media` for a download, and what goes to the bot: `aibot_msg_callback`,
 * `aibot_event_callback`, `template_card_event`. On the way to the bot `cut` drops the socket with the callback lost,
 * `lost-answer` sends it and then drops the socket, `errcode` and `status` lose it quietly.
 */
export async function startWecom(options: WecomOptions = {}): Promise<Wecom> {
  const server = createServer()
  const standIn = new Wecom(server, options)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  return standIn
}

/** The running stand-in. */
export class Wecom {
  readonly botId: string
  readonly secret: string
  botName: string
  readonly settings: Settings
  readonly faults: Faults
  readonly rooms: Rooms
  readonly members: Members
  readonly #now: () => number
  readonly #server: Server
  readonly #gate: Gate
  readonly #media: MediaStore
  readonly #requests: Requests
  readonly #logins = loginLimit()
  readonly #frameListeners = new Set<() => void>()
  #lastCallback: { cmd: string; reqId: string; body: object } | undefined
  /** Every callback is sent this many times more, with the same msgid and req_id. */
  repeatCallbacks = 0

  constructor(server: Server, options: WecomOptions) {
    this.#now = options.now ?? Date.now
    this.#server = server
    this.botId = options.botId ?? `aib${randomBytes(12).toString('base64url')}`
    this.secret = options.secret ?? randomBytes(24).toString('base64url')
    this.botName = options.botName ?? '接力助手'
    this.settings = {
      cardPushGroup: 'shown',
      limits: true,
      usedTaskId: 'refused',
      quotedMarkdown: 'raw',
      answerWindowMs: 5000,
      ...options.settings,
    }
    this.faults = new Faults(options.random)
    this.rooms = new Rooms(this.#now)
    this.#media = new MediaStore(this.#now)
    this.#requests = new Requests(this.#now)
    this.#gate = this.#makeGate(options.keepFrames ?? 10_000)
    this.members = this.#makeMembers()
    server.on('request', (request, response) => this.#serveMedia(request, response))
  }

  /** The socket's address, for the product's configuration. */
  get url(): string {
    return `ws://127.0.0.1:${this.#port}`
  }

  /** Every frame that the bot sent, the oldest first, as far as they are kept. */
  get frames(): readonly RecordedFrame[] {
    return this.#gate.frames
  }

  framesOf(cmd: string): RecordedFrame[] {
    return this.#gate.frames.filter((frame) => frame.cmd === cmd)
  }

  get isConnected(): boolean {
    return this.#gate.isConnected
  }

  /** Cuts the connection without a word. */
  drop(): void {
    this.#gate.drop()
  }

  /** Ends the connection as a log-in from elsewhere does. */
  kick(): void {
    this.#gate.kick()
  }

  /** Does the work of the next `count` commands and never answers them; the socket stays open. */
  swallowAnswers(count: number): void {
    this.#gate.swallowAnswers = count
  }

  /** Sends the last callback once more, same msgid, same req_id. */
  repeatLastCallback(): void {
    if (this.#lastCallback === undefined) return
    const { cmd, reqId, body } = this.#lastCallback
    this.#gate.push(cmd, reqId, body)
  }

  /** A conversation that the platform wants to be woken by a member again before it takes pushes. */
  fallAsleep(chatId: string): void {
    const chat = this.rooms.chats.get(chatId)
    if (chat !== undefined) chat.activated = false
  }

  /**
   * Resolves as soon as `look` gives something, looking again after every change and every frame.
   * @throws when it has given nothing within `timeoutMs`
   */
  async until<T>(look: () => T | undefined | false, timeoutMs = 5000): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = look()
        if (found === undefined || found === false) return
        end()
        resolve(found)
      }
      const timer = setTimeout(() => {
        end()
        reject(new Error(`not seen within ${timeoutMs} ms: ${String(look)}`))
      }, timeoutMs)
      const stopWatching = this.rooms.onChange(check)
      const end = (): void => {
        clearTimeout(timer)
        stopWatching()
        this.#frameListeners.delete(check)
      }
      this.#frameListeners.add(check)
      check()
    })
  }

  async stop(): Promise<void> {
    await this.#gate.stop()
    this.#server.closeAllConnections()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  get #port(): number {
    // A server that listens on TCP has an AddressInfo.
    return (this.#server.address() as AddressInfo).port
  }

  #makeGate(keepFrames: number): Gate {
    const { settings, rooms, faults } = this
    const commands = new Commands(rooms, this.#media, this.#requests, settings, this.#now)
    return new Gate(this.#server, {
      faults,
      now: this.#now,
      keepFrames,
      login: (body) => this.#login(body),
      farewell: () => this.#farewell(),
      run: (cmd, reqId, body) => {
        this.#media.limited = settings.limits
        return commands.run(cmd, reqId, body)
      },
      connected: (connected) => rooms.changed({ kind: 'connection', connected }),
      received: () => {
        for (const listener of this.#frameListeners) listener()
      },
    })
  }

  #makeMembers(): Members {
    return new Members({
      settings: this.settings,
      now: this.#now,
      botName: () => this.botName,
      chat: (chatId) => this.rooms.chats.get(chatId),
      single: (userid) => this.rooms.single(userid),
      addLine: (...line) => this.rooms.addLine(...line),
      open: (request) => this.#requests.add(request),
      callback: (kind, reqId, body) => this.#callback(kind, reqId, body),
      link: (media) => {
        const { path, aeskey } = this.#media.link(media)
        return { url: `http://127.0.0.1:${this.#port}${path}`, aeskey }
      },
    })
  }

  #login(body: unknown): Answer {
    if (this.settings.limits && !this.#logins.take(this.#now()))
      return refused('tooOften', 'log-ins')
    const parsed = loginBody.safeParse(body)
    const { botId, secret } = this
    const isGood = parsed.success && parsed.data.bot_id === botId && parsed.data.secret === secret
    return isGood ? OK : refused('badLogin')
  }

  #farewell(): object {
    return {
      msgid: `kick-${randomBytes(6).toString('hex')}`,
      create_time: Math.floor(this.#now() / 1000),
      aibotid: this.botId,
      msgtype: 'event',
      event: { eventtype: 'disconnected_event' },
    }
  }

  #callback(kind: CallbackKind, reqId: string, content: object): boolean {
    const cmd = kind === 'message' ? 'aibot_msg_callback' : 'aibot_event_callback'
    const body = { aibotid: this.botId, ...content }
    if (!this.#gate.isConnected) return false
    const fault =
      this.faults.strike(cmd) ?? (kind === 'message' ? undefined : this.faults.strike(kind))
    this.#lastCallback = { cmd, reqId, body }
    if (fault !== undefined) return this.#sufferCallback(fault, cmd, reqId, body)
    return this.#pushRepeated(cmd, reqId, body)
  }

  #sufferCallback(fault: Fault, cmd: string, reqId: string, body: object): boolean {
    if (fault.kind === 'delay') {
      setTimeout(() => this.#pushRepeated(cmd, reqId, body), fault.ms).unref()
      return true
    }
    if (fault.kind === 'lost-answer') {
      this.#pushRepeated(cmd, reqId, body)
      // The frame leaves before the end of the connection does.
      setImmediate(() => this.drop())
      return true
    }
    if (fault.kind === 'cut') this.drop()
    return false
  }

  #pushRepeated(cmd: string, reqId: string, body: object): boolean {
    const isSent = this.#gate.push(cmd, reqId, body)
    for (let again = 0; again < this.repeatCallbacks; again += 1) this.#gate.push(cmd, reqId, body)
    return isSent
  }

  /** `GET /media/<token>`: sealed bytes with their name, 403 once the link is 5 minutes old. */
  #serveMedia(request: IncomingMessage, response: ServerResponse): void {
    const fault = this.faults.strike('media')
    if (fault?.kind === 'cut' || fault?.kind === 'lost-answer') return void request.socket.destroy()
    const answer = (): void => this.#answerMedia(request, response, fault)
    if (fault?.kind === 'delay') setTimeout(answer, fault.ms).unref()
    else answer()
  }

  #answerMedia(request: IncomingMessage, response: ServerResponse, fault: Fault | undefined): void {
    if (fault?.kind === 'status') return void response.writeHead(fault.status).end(fault.body)
    const found = this.#media.fetch(request.url ?? '')
    if (found === undefined || fault?.kind === 'errcode') return void response.writeHead(403).end()
    const name = encodeURIComponent(found.filename)
    response.writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="${name}"; filename*=UTF-8''${name}`,
    })
    response.end(found.sealed)
  }
}
