import { DWClient, type DWClientDownStream } from 'dingtalk-stream/client'
import { WebSocket } from 'ws'
import type { Http } from '#src/platform/http.ts'
import { describeHttpFailure } from '#src/platform/http.ts'
import type { Clock } from '#src/ports/clock.ts'
import { makeAnswer, openAnswer, readFrame, type StreamFrame, subscriptions } from './frames.ts'
import type { StreamSettings } from './settings.ts'

/** The gateway or the network did not let us in. `refused`: the credentials are wrong, trying soon is no use. */
export class StreamRefused extends Error {
  readonly refused: boolean

  constructor(message: string, refused: boolean) {
    super(message)
    this.name = 'StreamRefused'
    this.refused = refused
  }
}

export interface ConnectionParts {
  http: Http
  clock: Clock
  settings: StreamSettings
  /** Base of api.dingtalk.com. */
  apiUrl: string
  clientId: string
  clientSecret: string
  /** Takes every frame but SYSTEM ones; must not throw. */
  onFrame: (frame: StreamFrame, connection: StreamConnection) => void
  /** The gateway asks to go: nothing more is delivered to this connection. */
  onFarewell: (connection: StreamConnection) => void
  /** An opened connection has ended. */
  onClose: (connection: StreamConnection) => void
  /** Something that was survived: `bad-frame`, `large-frame`, `silent`. */
  onOddity: (what: string) => void
}

/** Frames up to this many times `maxFrameBytes` are read and dropped; longer ones end the connection. */
const READ_FACTOR = 16

/**
 * One Stream connection on top of the vendor's client, whose connection methods are all replaced: its addresses are
 * constants, its reconnecting loses messages, a bad frame crashes it (dingtalk-stream 2.1.5). It is used once:
 * connected, then ended; whoever wants another makes another.
 */
export class StreamConnection extends DWClient {
  readonly #parts: ConnectionParts
  readonly #abort = new AbortController()
  #address = ''
  #socket: WebSocket | undefined
  #unanswered = 0
  #cancelPing = (): void => undefined
  #reading = true
  #over = Promise.withResolvers<void>()

  constructor(parts: ConnectionParts) {
    const options = {
      clientId: parts.clientId,
      clientSecret: parts.clientSecret,
      ua: 'jieli',
      autoReconnect: false,
      keepAlive: false,
      debug: false,
      // The vendor's default array is shared by all instances.
      subscriptions: subscriptions.map((one) => ({ ...one })),
    }
    super(options)
    this.#parts = parts
  }

  /** @throws {StreamRefused} when there is no connection in the end; nothing is left of it then */
  override async connect(): Promise<void> {
    try {
      await this.getEndpoint()
      await this.#dial()
    } catch (error) {
      this.terminate()
      throw error
    }
  }

  /** Fetches a ticket (single use, 90 s). Page 连接网关 of the Stream protocol, read 2026-08. */
  override async getEndpoint(): Promise<this> {
    const { apiUrl, clientId, clientSecret, settings } = this.#parts
    const answer = await this.#parts.http
      .post<unknown>(
        `${apiUrl}/v1.0/gateway/connections/open`,
        { clientId, clientSecret, ua: 'jieli', subscriptions },
        {
          headers: { Accept: 'application/json' },
          timeout: settings.httpTimeoutMs,
          signal: this.#abort.signal,
        },
      )
      .catch((error: unknown) => {
        throw new StreamRefused(`connections/open: ${describeHttpFailure(error)}`, false)
      })
    const { status } = answer
    const opened = openAnswer.safeParse(answer.data)
    if (status !== 200 || !opened.success) {
      const refused = status === 400 || status === 401
      throw new StreamRefused(`connections/open: HTTP ${status}`, refused)
    }
    const { endpoint, ticket } = opened.data
    this.#address = `${endpoint}?ticket=${encodeURIComponent(ticket)}`
    return this
  }

  override _connect(): Promise<void> {
    return this.#dial()
  }

  #dial(): Promise<void> {
    const { settings } = this.#parts
    return new Promise((resolve, reject) => {
      const failed = (): void => reject(new StreamRefused('the socket did not open', false))
      if (this.#abort.signal.aborted) return failed()
      const socket = openSocket(this.#address, settings)
      if (!socket) return failed()
      this.#socket = socket
      socket.on('open', () => {
        this.connected = true
        this.#schedulePing()
        resolve()
      })
      // An error is always followed by `close`.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        failed()
        this.#ended()
      })
      socket.on('pong', () => this.heartbeat())
      socket.on('message', (bytes: Buffer) => this.#onBytes(bytes))
    })
  }

  /** From now on frames are left unread. What was read may still be answered. */
  quiet(): void {
    this.#reading = false
  }

  /** Begins the closing handshake; what still arrives is read, but can no longer be answered. */
  override disconnect(): void {
    this.#abort.abort()
    this.#socket?.close(1000)
  }

  /** Ends the connection at once. Harmless when it has ended. */
  terminate(): void {
    this.#abort.abort()
    this.#socket?.terminate()
    this.#cancelPing()
  }

  /** Resolves when an opened connection has ended. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  override heartbeat(): void {
    this.#unanswered = 0
  }

  override onDownStream(text: string): void {
    const frame = readFrame(text)
    if (!frame) return this.#parts.onOddity('bad-frame')
    if (frame.type === 'SYSTEM') this.#onSystemFrame(frame)
    else this.#parts.onFrame(frame, this)
  }

  /** Answers a frame on the connection that it came by. Returns false when that has ended. */
  answer(frame: StreamFrame, code: number, message: string, data: unknown): boolean {
    return this.#write(
      makeAnswer(frame.headers.messageId, code, message, JSON.stringify(data) ?? ''),
    )
  }

  override send(messageId: string, value: unknown): void {
    this.#write(makeAnswer(messageId, 200, 'OK', JSON.stringify(value) ?? ''))
  }

  override socketCallBackResponse(messageId: string, result: unknown): void {
    this.send(messageId, { response: result })
  }

  // The vendor's dispatch by event emitter is bypassed: a topic called `error` would crash the process.
  override onSystem(frame: DWClientDownStream): void {
    this.#onSystemFrame(frame)
  }
  override onEvent(frame: DWClientDownStream): void {
    this.#parts.onFrame(frame, this)
  }
  override onCallback(frame: DWClientDownStream): void {
    this.#parts.onFrame(frame, this)
  }

  /** The vendor's puts the secret into the address; tokens are the API client's business. */
  override getAccessToken(): Promise<never> {
    return Promise.reject(new Error('the Stream connection has no access token'))
  }

  /** The vendor's prints the secret. */
  override printDebug(): void {
    // Nothing is printed.
  }

  #onBytes(bytes: Buffer): void {
    if (!this.#reading) return
    if (bytes.length > this.#parts.settings.maxFrameBytes) {
      return this.#parts.onOddity('large-frame')
    }
    this.onDownStream(bytes.toString())
  }

  #onSystemFrame(frame: StreamFrame): void {
    const { topic, messageId } = frame.headers
    if (topic === 'ping') this.#write(makeAnswer(messageId, 200, 'OK', frame.data))
    if (topic === 'disconnect') this.#parts.onFarewell(this)
  }

  #write(text: string): boolean {
    const socket = this.#socket
    if (socket?.readyState !== WebSocket.OPEN) return false
    // An error of sending ends the connection by itself.
    socket.send(text, () => undefined)
    return true
  }

  #schedulePing(): void {
    const { clock, settings } = this.#parts
    this.#cancelPing = clock.at(clock.now() + settings.pingEveryMs, () => this.#ping())
  }

  #ping(): void {
    if (this.#unanswered >= this.#parts.settings.missedPongs) {
      this.#parts.onOddity('silent')
      return this.terminate()
    }
    this.#unanswered++
    this.#socket?.ping()
    this.#schedulePing()
  }

  #ended(): void {
    const wasOpen = this.connected
    this.connected = false
    this.#cancelPing()
    this.#over.resolve()
    if (wasOpen) this.#parts.onClose(this)
  }
}

function openSocket(address: string, settings: StreamSettings): WebSocket | undefined {
  try {
    return new WebSocket(address, {
      handshakeTimeout: settings.httpTimeoutMs,
      maxPayload: settings.maxFrameBytes * READ_FACTOR,
      perMessageDeflate: false,
    })
  } catch {
    // The gateway's endpoint is no address.
    return undefined
  }
}
