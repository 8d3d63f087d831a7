import { WSClient, type WsFrame } from '@wecom/aibot-node-sdk'
import { z } from 'zod'
import type { Clock } from '#src/ports/clock.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { Log } from '#src/ports/log.ts'
import { quietLogger } from './sdk-log.ts'

/** A callback as it came: nothing in its body is believed yet. */
export interface InFrame {
  reqId: string
  body: unknown
}

/** The platform's answer to a command, whatever its code says. */
export interface Ack {
  errcode: number
  errmsg: string
  body: unknown
}

export interface SessionConfig {
  url: string
  botId: string
  secret: string
  /** Milliseconds between two `ping` frames; two unanswered ones end the connection. */
  heartbeatMs: number
  /** First delay before a dropped socket is opened again; doubles up to 30 s. */
  reconnectMs: number
  /** How long opening, and then logging in, may each take. */
  loginTimeoutMs: number
}

export interface SessionEvents {
  up(): void
  down(): void
  frame(kind: 'message' | 'event', frame: InFrame): void
}

/**
 * Why a session is over. A dropped socket does not end it: the SDK opens a new one.
 * - `kicked`: another log-in with the same bot took the connection
 * - `refused`: the platform did not accept the log-in
 * - `silent`: the socket opened, and the log-in was never answered
 * - `closed`: by us
 */
export type SessionEnd =
  | { why: 'kicked' }
  | { why: 'refused'; code: number | undefined }
  | { why: 'silent' }
  | { why: 'closed' }

const ackShape = z.object({
  errcode: z.number(),
  errmsg: z.string().default(''),
  body: z.unknown().optional(),
})

/**
 * One life of the SDK's client, from `connect` to its last word. Never used twice: the SDK's own second `connect` may
 * lose the new socket when the old one's close comes late.
 */
export class Session {
  /** Resolves once, when the session is over and holds no timer and no socket. */
  readonly ended: Promise<SessionEnd>
  readonly #client: WSClient
  readonly #clock: Clock
  readonly #log: Log
  readonly #loginTimeoutMs: number
  readonly #events: SessionEvents
  #isUp = false
  #isOver = false
  #cancelLoginTimer: () => void = () => undefined
  #settle!: (end: SessionEnd) => void

  constructor(config: SessionConfig, events: SessionEvents, clock: Clock, log: Log) {
    this.#clock = clock
    this.#log = log
    this.#events = events
    this.#loginTimeoutMs = config.loginTimeoutMs
    this.ended = new Promise((resolve) => {
      this.#settle = resolve
    })
    this.#client = makeClient(config, log)
    this.#listen()
    this.#client.connect()
  }

  get isUp(): boolean {
    return this.#isUp
  }

  close(): void {
    this.#end({ why: 'closed' })
  }

  /**
   * Sends one command and waits for its answer, at most 5 s (the SDK's limit).
   * @throws {PlatformError} `delivered: 'no'` when it was not sent, `'unknown'` when no answer came
   */
  async call(cmd: string, reqId: string, body: Record<string, unknown>): Promise<Ack> {
    if (!this.#isUp) throw notConnected()
    return readAck(await this.#answerTo(cmd, reqId, body), cmd)
  }

  /** The SDK rejects with the answer frame itself when its errcode is not 0, and with an Error for all else. */
  async #answerTo(cmd: string, reqId: string, body: Record<string, unknown>): Promise<unknown> {
    try {
      return await this.#client.reply({ headers: { req_id: reqId } }, body, cmd)
    } catch (refusal) {
      if (refusal instanceof Error) throw callFailure(refusal, cmd)
      return refusal
    }
  }

  #listen(): void {
    const client = this.#client
    client.on('connected', () => this.#opened())
    client.on('authenticated', () => this.#authenticated())
    client.on('disconnected', () => this.#dropped())
    client.on('error', (error) => this.#failed(error))
    client.on('message', (frame) => this.#receive('message', frame))
    client.on('event', (frame) => this.#receive('event', frame))
  }

  #opened(): void {
    if (this.#isOver) return
    this.#cancelLoginTimer = this.#clock.at(this.#clock.now() + this.#loginTimeoutMs, () =>
      this.#end({ why: 'silent' }),
    )
  }

  #authenticated(): void {
    this.#cancelLoginTimer()
    if (this.#isOver || this.#isUp) return
    this.#isUp = true
    this.#events.up()
  }

  #dropped(): void {
    this.#cancelLoginTimer()
    if (!this.#isUp) return
    this.#isUp = false
    this.#events.down()
  }

  /** The SDK tells of every failed attempt here; only a refused log-in is ours to act on. */
  #failed(error: Error): void {
    if (this.#isOver) return
    const refusal = /^Authentication failed: .*\(code: (-?\d+|undefined)\)$/s.exec(error.message)
    if (refusal === null) {
      const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
      this.#log.debug({ code }, 'WeCom socket error')
      return
    }
    const code = Number(refusal[1])
    this.#end({ why: 'refused', code: Number.isNaN(code) ? undefined : code })
  }

  #receive(kind: 'message' | 'event', frame: WsFrame<unknown>): void {
    if (this.#isOver) return
    if (kind === 'event' && isFarewell(frame.body)) return this.#end({ why: 'kicked' })
    this.#events.frame(kind, { reqId: frame.headers?.req_id ?? '', body: frame.body })
  }

  #end(end: SessionEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelLoginTimer()
    this.#client.disconnect()
    this.#dropped()
    this.#settle(end)
  }
}

function makeClient(config: SessionConfig, log: Log): WSClient {
  return new WSClient({
    botId: config.botId,
    secret: config.secret,
    wsUrl: config.url,
    heartbeatInterval: config.heartbeatMs,
    reconnectInterval: config.reconnectMs,
    maxReconnectAttempts: -1,
    // A refused log-in ends the session; whoever owns it decides when to try again.
    maxAuthFailureAttempts: 0,
    logger: quietLogger(log),
    wsOptions: { handshakeTimeout: config.loginTimeoutMs, perMessageDeflate: false },
  })
}

const farewellShape = z.object({
  event: z.object({ eventtype: z.literal('disconnected_event') }),
})

const isFarewell = (body: unknown): boolean => farewellShape.safeParse(body).success

function readAck(frame: unknown, cmd: string): Ack {
  const parsed = ackShape.safeParse(frame)
  if (!parsed.success) throw unknownOutcome(cmd, 'an answer that is not one')
  return { ...parsed.data, body: parsed.data.body }
}

function callFailure(error: Error, cmd: string): PlatformError {
  const wasNeverSent = /^WebSocket not connected|exceeds max size/.test(error.message)
  if (wasNeverSent) return notConnected()
  const isTimeout = error.message.startsWith('Reply ack timeout')
  return unknownOutcome(cmd, isTimeout ? 'no answer' : 'cut off', error)
}

export function notConnected(): PlatformError {
  return new PlatformError('wecom.not_connected', 'WeCom: the bot is not connected', {
    delivered: 'no',
    next: { do: 'retry' },
  })
}

export function unknownOutcome(cmd: string, what: string, cause?: Error): PlatformError {
  return new PlatformError('wecom.no_answer', `WeCom ${cmd}: ${what}`, {
    delivered: 'unknown',
    next: { do: 'retry' },
    ...(cause && { cause }),
  })
}
