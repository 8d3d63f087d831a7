import { randomBytes } from 'node:crypto'
import type { Health } from '#src/ports/health.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type { Lease } from '#src/ports/leases.ts'
import { Backoff, type BackoffRule, pause } from './pause.ts'
import {
  type Ack,
  notConnected,
  Session,
  type SessionConfig,
  type SessionEnd,
  type SessionEvents,
} from './session.ts'

export interface SocketConfig extends SessionConfig {
  /** The right to this bot's one connection, the same in every process. */
  leaseName: string
  /** After a refused log-in: log-ins are frequency-limited, and a bad secret does not mend itself. */
  refusedPause: BackoffRule
  /** After another log-in took the connection, before the lease is asked for again. */
  kickedPause: BackoffRule
  /** A connection that lived this long ends a series of kicks. */
  steadyMs: number
}

export type SocketIo = Pick<AdapterIo, 'clock' | 'log' | 'leases' | 'random'>

type State = 'stopped' | 'standby' | 'connecting' | 'connected' | 'refused' | 'kicked'

/**
 * The one connection of a bot, kept up while the lease is ours.
 *
 * Only the owner of the lease connects; losing it closes the socket at once, and calls under way end as unknown. A
 * dropped socket is opened again by the SDK (1 s, doubling to 30 s). A kick gives the lease back and waits before
 * asking for it again, so that two programs with one bot do not kick each other for ever.
 */
export class BotSocket {
  readonly #config: SocketConfig
  readonly #io: SocketIo
  readonly #events: SessionEvents
  readonly #stop = new AbortController()
  readonly #refusals: Backoff
  readonly #kicks: Backoff
  readonly #reqIdPrefix = `jieli${randomBytes(6).toString('hex')}-`
  #nextReqId = 1
  #loop: Promise<void> = Promise.resolve()
  #session: Session | undefined
  #lease: Lease | undefined
  #state: State = 'stopped'
  #since: number
  #refusalCode: number | undefined

  constructor(config: SocketConfig, events: SessionEvents, io: SocketIo) {
    this.#config = config
    this.#io = io
    this.#since = io.clock.now()
    this.#refusals = new Backoff(config.refusedPause, () => io.random())
    this.#kicks = new Backoff(config.kickedPause, () => io.random())
    this.#events = {
      up: () => this.#whenUp(events),
      down: () => this.#whenDown(events),
      frame: (kind, frame) => events.frame(kind, frame),
    }
  }

  start(): void {
    this.#loop = this.#run(this.#stop.signal)
  }

  /** Resolves when the socket is closed, the lease given back and no timer left. Calls under way end as unknown. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'))
    await this.#loop
    this.#become('stopped')
  }

  get isConnected(): boolean {
    return this.#session?.isUp === true && this.#lease?.held() === true
  }

  /**
   * Sends one command, under a req_id of its own or that of the callback it answers.
   * @throws {PlatformError} `delivered: 'no'` when it was not sent, `'unknown'` when no answer came
   */
  async call(cmd: string, body: Record<string, unknown>, reqId = this.#freshReqId()): Promise<Ack> {
    if (this.#session === undefined || !this.isConnected) throw notConnected()
    return this.#session.call(cmd, reqId, body)
  }

  health(): Health {
    return { ...this.#judge(), since: this.#since }
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#become('standby')
      const lease = await this.#acquire(signal)
      if (lease === undefined) return
      this.#lease = lease
      try {
        await this.#keepUp(AbortSignal.any([signal, lease.signal]))
      } finally {
        this.#lease = undefined
        await this.#giveBack(lease)
      }
      if (this.#state === 'kicked') await pause(this.#io.clock, this.#kicks.next(), signal)
    }
  }

  async #acquire(signal: AbortSignal): Promise<Lease | undefined> {
    try {
      return await this.#io.leases.acquire(this.#config.leaseName, signal)
    } catch (error) {
      if (signal.aborted) return undefined
      throw error
    }
  }

  async #giveBack(lease: Lease): Promise<void> {
    try {
      await lease.release()
    } catch (error) {
      // It runs out by itself after 15 s.
      this.#io.log.warn({ err: error }, 'the lease of the WeCom bot could not be given back')
    }
  }

  /** Session after session, until the lease is lost, we stop, or somebody else logs in. */
  async #keepUp(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      if (this.#state !== 'refused') this.#become('connecting')
      const end = await this.#runSession(signal)
      if (end.why === 'kicked') return this.#whenKicked()
      if (end.why === 'refused') await this.#whenRefused(end.code, signal)
      if (end.why === 'silent') await pause(this.#io.clock, this.#config.reconnectMs, signal)
    }
  }

  async #runSession(signal: AbortSignal): Promise<SessionEnd> {
    const { clock, log } = this.#io
    const session = new Session(this.#config, this.#events, clock, log)
    const close = (): void => session.close()
    signal.addEventListener('abort', close)
    this.#session = session
    try {
      return await session.ended
    } finally {
      this.#session = undefined
      signal.removeEventListener('abort', close)
    }
  }

  #whenUp(events: SessionEvents): void {
    this.#refusals.reset()
    this.#become('connected')
    this.#io.log.info({}, 'WeCom bot connected')
    events.up()
  }

  #whenDown(events: SessionEvents): void {
    if (this.#io.clock.now() - this.#since >= this.#config.steadyMs) this.#kicks.reset()
    this.#become('connecting')
    this.#io.log.warn({}, 'WeCom bot disconnected')
    events.down()
  }

  #whenKicked(): void {
    this.#become('kicked')
    this.#io.log.error({ code: 'wecom.kicked' }, 'another program has logged in as this WeCom bot')
  }

  async #whenRefused(code: number | undefined, signal: AbortSignal): Promise<void> {
    this.#refusalCode = code
    this.#become('refused')
    const waitMs = this.#refusals.next()
    this.#io.log.error(
      { code: 'wecom.login_refused', errcode: code, waitMs },
      'WeCom log-in refused',
    )
    await pause(this.#io.clock, waitMs, signal)
  }

  #become(state: State): void {
    if (state === this.#state) return
    this.#state = state
    this.#since = this.#io.clock.now()
  }

  #judge(): Omit<Health, 'since'> {
    switch (this.#state) {
      case 'stopped':
        return { state: 'down', detail: 'not started' }
      case 'connecting':
        return { state: 'down', detail: 'connecting to the WeCom bot socket' }
      case 'refused':
        return {
          state: 'down',
          detail: `log-in refused (errcode ${this.#refusalCode ?? 'none'}): check botId and secret`,
        }
      case 'kicked':
        return { state: 'down', detail: 'another program logs in as this bot: stop it' }
      default:
        // Another process owns the connection, or we do.
        return { state: 'ok', detail: '' }
    }
  }

  #freshReqId(): string {
    return `${this.#reqIdPrefix}${this.#nextReqId++}`
  }
}
