import type { Server } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import type { Fault, Faults } from '../faults.ts'
import { type Answer, OK, refused } from './answers.ts'

/** One frame that the bot sent, as it came. */
export interface RecordedFrame {
  atMs: number
  cmd: string
  reqId: string
  body: unknown
}

export interface GateParts {
  faults: Faults
  now: () => number
  /** How many received frames are kept. */
  keepFrames: number
  /** Whether this log-in is good. */
  login: (body: unknown) => Answer
  /** The event that an old connection gets when another one takes its place. */
  farewell: () => object
  run: (cmd: string, reqId: string, body: unknown) => Answer
  /** Called when a bot has logged in, and when the last one is gone. */
  connected: (isConnected: boolean) => void
  /** Called after every received frame. */
  received: () => void
}

const frameShape = z.object({
  cmd: z.string(),
  headers: z.object({ req_id: z.string() }),
  body: z.unknown().optional(),
})
type Frame = z.infer<typeof frameShape>

/** A bot that sends no `ping` for this long is taken for dead. */
const SILENCE_MS = 95_000

/**
 * The socket server: JSON frames `{cmd, headers: {req_id}, body}`, answers without `cmd`, one connection per bot
 * (101463, read 2026-09). A websocket-level ping is answered with a close, as seen in the field.
 *
 * Faults strike the frame's cmd (`upload` strikes all three upload commands). For a socket, `status` closes it with
 * 1011 instead of doing the work.
 */
export class Gate {
  readonly frames: RecordedFrame[] = []
  /** Frames whose work is done and whose answer is then withheld, with the socket left open. */
  swallowAnswers = 0
  readonly #parts: GateParts
  readonly #server: WebSocketServer
  readonly #sweep: NodeJS.Timeout
  #bot: WebSocket | undefined
  readonly #lastHeard = new WeakMap<WebSocket, number>()

  constructor(server: Server, parts: GateParts) {
    this.#parts = parts
    this.#server = new WebSocketServer({
      server,
      autoPong: false,
      perMessageDeflate: false,
      maxPayload: 2 * 1024 * 1024,
    })
    this.#server.on('connection', (socket) => this.#accept(socket))
    this.#sweep = setInterval(() => this.#dropSilent(), SILENCE_MS / 6).unref()
  }

  get isConnected(): boolean {
    return this.#bot !== undefined
  }

  /** Sends a frame of our own; false when no bot is connected. */
  push(cmd: string, reqId: string, body: object): boolean {
    if (this.#bot === undefined) return false
    this.#bot.send(JSON.stringify({ cmd, headers: { req_id: reqId }, body }))
    return true
  }

  /** Cuts the bot's connection without a word (1006 at its end). */
  drop(): void {
    this.#bot?.terminate()
    this.#forget(this.#bot)
  }

  /** Ends the bot's connection as another log-in does: `disconnected_event`, then a close. */
  kick(): void {
    const socket = this.#bot
    if (socket === undefined) return
    this.push(
      'aibot_event_callback',
      `kick-${this.#parts.now().toString(36)}`,
      this.#parts.farewell(),
    )
    socket.close(1000, 'another connection')
    this.#forget(socket)
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep)
    for (const socket of this.#server.clients) socket.terminate()
    this.#forget(this.#bot)
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  #accept(socket: WebSocket): void {
    this.#lastHeard.set(socket, Date.now())
    socket.on('message', (data) => this.#receive(socket, data))
    socket.on('ping', () => socket.close(1002, 'protocol error'))
    socket.on('close', () => this.#forget(socket))
    socket.on('error', () => socket.terminate())
  }

  #receive(socket: WebSocket, data: RawData): void {
    const frame = readFrame(data)
    if (frame === undefined) return socket.close(1003, 'not a frame')
    this.#lastHeard.set(socket, Date.now())
    this.#record(frame)
    const fault = this.#strike(frame.cmd)
    if (fault === undefined) this.#answer(socket, frame, this.#work(socket, frame))
    else this.#suffer(socket, frame, fault)
    this.#parts.received()
  }

  #suffer(socket: WebSocket, frame: Frame, fault: Fault): void {
    switch (fault.kind) {
      case 'delay':
        setTimeout(() => this.#answer(socket, frame, this.#work(socket, frame)), fault.ms).unref()
        return
      case 'status':
        return socket.close(1011, 'internal error')
      case 'errcode':
        return this.#answer(socket, frame, {
          errcode: Number(fault.code),
          errmsg: fault.message ?? 'fault',
        })
      case 'cut':
        return socket.terminate()
      case 'lost-answer':
        this.#work(socket, frame)
        return socket.terminate()
    }
  }

  #work(socket: WebSocket, frame: Frame): Answer {
    if (frame.cmd === 'ping') return OK
    if (frame.cmd === 'aibot_subscribe') return this.#subscribe(socket, frame)
    if (socket !== this.#bot) return refused('notSubscribed')
    return this.#parts.run(frame.cmd, frame.headers.req_id, frame.body)
  }

  #subscribe(socket: WebSocket, frame: Frame): Answer {
    const answer = this.#parts.login(frame.body)
    if (answer.errcode !== 0 || socket === this.#bot) return answer
    this.kick()
    this.#bot = socket
    this.#parts.connected(true)
    return answer
  }

  #answer(socket: WebSocket, frame: Frame, answer: Answer): void {
    if (socket.readyState !== socket.OPEN) return
    if (this.swallowAnswers > 0 && frame.cmd !== 'ping' && frame.cmd !== 'aibot_subscribe') {
      this.swallowAnswers -= 1
      return
    }
    socket.send(JSON.stringify({ headers: { req_id: frame.headers.req_id }, ...answer }))
  }

  #strike(cmd: string): Fault | undefined {
    const fault = this.#parts.faults.strike(cmd)
    if (fault !== undefined || !cmd.startsWith('aibot_upload_media_')) return fault
    return this.#parts.faults.strike('upload')
  }

  #record({ cmd, headers, body }: Frame): void {
    const kept = cmd === 'aibot_upload_media_chunk' ? 'a chunk' : body
    this.frames.push({ atMs: this.#parts.now(), cmd, reqId: headers.req_id, body: kept })
    if (this.frames.length > 2 * this.#parts.keepFrames)
      this.frames.splice(0, this.#parts.keepFrames)
  }

  #forget(socket: WebSocket | undefined): void {
    if (socket === undefined || socket !== this.#bot) return
    this.#bot = undefined
    this.#parts.connected(false)
  }

  #dropSilent(): void {
    for (const socket of this.#server.clients)
      if ((this.#lastHeard.get(socket) ?? 0) + SILENCE_MS < Date.now()) socket.terminate()
  }
}

function readFrame(data: RawData): Frame | undefined {
  try {
    // RawData is a Buffer here: `nodebuffer` is the default binary type.
    return frameShape.parse(JSON.parse((data as Buffer).toString('utf8')))
  } catch {
    return undefined
  }
}
