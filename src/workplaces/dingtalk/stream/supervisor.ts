import type { Http } from '#src/platform/http.ts'
import type { Clock } from '#src/ports/clock.ts'
import { FrameDesk, type FrameHandlers } from './frame-desk.ts'
import type { StreamRefused } from './connection.ts'
import type { StreamSettings } from './settings.ts'
import { Slot } from './slot.ts'

/** Milliseconds that a stop waits for frames under way, and then for the closing handshakes. */
const STOP_MS = 2000

export interface StreamParts {
  http: Http
  clock: Clock
  random: () => number
  settings: StreamSettings
  /** Base of api.dingtalk.com, without a slash at the end. */
  apiUrl: string
  clientId: string
  clientSecret: string
  handlers: FrameHandlers
  /** A connection is up. */
  onUp: () => void
  /** Something was survived that an operator may want to count; `what` is a short fixed word. */
  onOddity: (what: string) => void
}

export interface StreamHealth {
  open: number
  wanted: number
  /** The gateway refused our credentials, and has not let us in since. */
  refused: boolean
  /** Why the last try failed; empty when the last one succeeded. */
  lastFailure: string
  /** Epoch milliseconds; 0 before the first. */
  lastFrameAt: number
  /** How often each oddity happened. */
  oddities: Readonly<Record<string, number>>
}

/** The supervised Stream connections of one app. */
export interface Stream {
  /** Begins to connect; does not wait for it. */
  start(): void
  /** Resolves when frames under way are answered, all connections have ended and no timer is left. */
  stop(): Promise<void>
  health(): StreamHealth
}

export function createStream(parts: StreamParts): Stream {
  const { clock, settings, handlers } = parts
  const oddities: Record<string, number> = {}
  const state = { refused: false, lastFailure: '', lastFrameAt: 0 }
  const onOddity = (what: string): void => {
    oddities[what] = (oddities[what] ?? 0) + 1
    parts.onOddity(what)
  }
  const desk = new FrameDesk({ clock, settings, handlers, onOddity })
  const slots = Array.from(
    { length: settings.connections },
    () =>
      new Slot({
        ...parts,
        onOddity,
        onFrame: (frame, connection) => {
          state.lastFrameAt = clock.now()
          desk.take(frame, connection)
        },
        onUp: () => {
          state.refused = false
          state.lastFailure = ''
          parts.onUp()
        },
        onDown: (error: StreamRefused | undefined) => {
          if (error?.refused === true) state.refused = true
          state.lastFailure = error?.message ?? 'the connection was lost'
          onOddity(error?.refused === true ? 'refused' : 'down')
        },
      }),
  )
  return {
    start: () => {
      for (const slot of slots) slot.open()
    },
    stop: async () => {
      for (const slot of slots) slot.quiet()
      await withGrace(clock, desk.idle())
      desk.stop()
      await Promise.all(slots.map((slot) => slot.stop(STOP_MS)))
    },
    health: () => ({
      ...state,
      open: slots.filter((slot) => slot.isOpen).length,
      wanted: slots.length,
      oddities,
    }),
  }
}

async function withGrace(clock: Clock, work: Promise<void>): Promise<void> {
  const grace = Promise.withResolvers<void>()
  const cancel = clock.at(clock.now() + STOP_MS, grace.resolve)
  await Promise.race([work, grace.promise])
  cancel()
}
