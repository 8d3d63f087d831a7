import type { IncomingHttpHeaders } from 'node:http'
import type { Gateway } from './gateway.ts'
import type { CardSizes } from './card-data.ts'
import type { App, World } from './world.ts'
import type { Faults } from '../faults.ts'

/** One request, after fault switches, token and limits. */
export interface Call {
  world: World
  faults: Faults
  gateway: Gateway
  options: CallOptions
  /** Whose token came with it. Calls without a token have none. */
  app: App | undefined
  headers: IncomingHttpHeaders
  query: URLSearchParams
  /** Parsed JSON; undefined when the body is none. */
  body: unknown
  raw: Buffer
  /** This stand-in's own address, for links that it hands out. */
  url: string
}

export interface CallOptions extends CardSizes {
  /** Asking again for an outTrackId that exists: 400, or success without sending anything. Sources know both. */
  existingCard: 'refuse' | 'accept'
  /** Words that the content review refuses. */
  unsafeWords: string[]
  /** Milliseconds that a sessionWebhook lives. */
  sessionWebhookMs: number
  /** Messages a minute to a custom robot's webhook before it is blocked for ten. */
  webhookPerMinute: number | false
}

export type Answer =
  | { status?: number; json: unknown }
  | { status?: number; text: string; type: string }
  | { status?: number; bytes: Buffer; type: string }
