import { backoff } from './backoff.ts'
import { type ConnectionParts, StreamConnection, StreamRefused } from './connection.ts'

/** So many unstable connections in a row are replaced at once when the gateway says goodbye; later ones wait. */
const QUICK_REPLACEMENTS = 3
/** Milliseconds that a replaced connection is read before its closing begins. */
const RETIRE_MS = 2000

export interface SlotParts extends Omit<ConnectionParts, 'onFarewell' | 'onClose'> {
  random: () => number
  onUp: () => void
  onDown: (error: StreamRefused | undefined) => void
}

/**
 * Keeps one connection up for ever: reconnects with backoff, opens the successor before the old one ends (on the
 * gateway's `disconnect`, and every few hours), and reads the old one until it closes.
 */
export class Slot {
  readonly #parts: SlotParts
  readonly #old = new Map<StreamConnection, () => void>()
  #current: StreamConnection | undefined
  #opening: { connection: StreamConnection; settled: Promise<void> } | undefined
  /** Connections in a row that did not become stable. */
  #unstable = 0
  #cancelRetry = nothing
  #cancelStable = nothing
  #cancelReplace = nothing
  #stopped = false

  constructor(parts: SlotParts) {
    this.#parts = parts
  }

  get isOpen(): boolean {
    return this.#current !== undefined
  }

  open(): void {
    if (this.#stopped || this.#opening) return
    this.#cancelRetry()
    const connection = new StreamConnection({
      ...this.#parts,
      onFarewell: (which) => this.#farewell(which),
      onClose: (which) => this.#closed(which),
    })
    const settled = connection.connect().then(
      () => this.#opened(connection),
      (error: unknown) => this.#failed(error),
    )
    this.#opening = { connection, settled }
  }

  /** Leaves all frames unread from now on. */
  quiet(): void {
    this.#stopped = true
    this.#cancelRetry()
    this.#unschedule()
    this.#opening?.connection.terminate()
    for (const connection of this.#all()) connection.quiet()
  }

  /** Ends all connections; resolves when they have ended, by force after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.quiet()
    const { clock } = this.#parts
    const connections = this.#all()
    for (const cancel of this.#old.values()) cancel()
    for (const connection of connections) connection.disconnect()
    const cancel = clock.at(clock.now() + graceMs, () => {
      for (const connection of connections) connection.terminate()
    })
    await Promise.all([this.#opening?.settled, ...connections.map((connection) => connection.over)])
    cancel()
  }

  #all(): StreamConnection[] {
    return this.#current ? [this.#current, ...this.#old.keys()] : [...this.#old.keys()]
  }

  #opened(connection: StreamConnection): void {
    this.#opening = undefined
    if (this.#stopped) return connection.terminate()
    this.#cancelRetry()
    if (this.#current) this.#retire(this.#current, RETIRE_MS)
    this.#current = connection
    this.#scheduleLife()
    this.#parts.onUp()
  }

  #failed(error: unknown): void {
    this.#opening = undefined
    if (this.#stopped) return
    this.#unstable++
    const refusal = error instanceof StreamRefused ? error : undefined
    this.#parts.onDown(refusal)
    this.#retryAfter(refusal?.refused === true ? this.#refusedWait() : this.#backoff())
  }

  /** The gateway delivers nothing more to this connection: its successor is opened while it drains. */
  #farewell(connection: StreamConnection): void {
    if (this.#stopped || connection !== this.#current) return
    this.#lose()
    this.#unstable++
    this.#retire(connection, this.#parts.settings.drainMs)
    if (this.#unstable <= QUICK_REPLACEMENTS) this.open()
    else this.#retryAfter(this.#backoff())
  }

  #closed(connection: StreamConnection): void {
    this.#old.get(connection)?.()
    this.#old.delete(connection)
    if (this.#stopped || connection !== this.#current) return
    this.#lose()
    this.#unstable++
    this.#parts.onDown(undefined)
    this.#retryAfter(this.#backoff())
  }

  /** Reads on for a while, then closes; a connection that does not close is cut. */
  #retire(connection: StreamConnection, readMs: number): void {
    const { clock } = this.#parts
    const cutLater = (): void => {
      connection.disconnect()
      const atMs = clock.now() + RETIRE_MS
      this.#old.set(
        connection,
        clock.at(atMs, () => connection.terminate()),
      )
    }
    this.#old.set(connection, clock.at(clock.now() + readMs, cutLater))
  }

  #lose(): void {
    this.#current = undefined
    this.#unschedule()
  }

  #scheduleLife(): void {
    this.#unschedule()
    const { clock, settings, random } = this.#parts
    const now = clock.now()
    this.#cancelStable = clock.at(now + settings.stableAfterMs, () => {
      this.#unstable = 0
    })
    // Spread, so that not all are replaced at the same moment.
    const age = settings.replaceAfterMs * (0.9 + random() / 5)
    this.#cancelReplace = clock.at(now + age, () => this.open())
  }

  #unschedule(): void {
    this.#cancelStable()
    this.#cancelReplace()
  }

  #retryAfter(ms: number): void {
    const { clock } = this.#parts
    this.#cancelRetry()
    this.#cancelRetry = clock.at(clock.now() + ms, () => this.open())
  }

  #backoff(): number {
    const { settings, random } = this.#parts
    const { backoffFirstMs: first, backoffMaxMs: max } = settings
    return backoff(this.#unstable, { first, max, random })
  }

  #refusedWait(): number {
    return this.#parts.settings.refusedWaitMs * (1 + this.#parts.random() / 5)
  }
}

const nothing = (): void => undefined
