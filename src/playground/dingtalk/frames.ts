import { z } from 'zod'

export interface GatewaySettings {
  /** Between the `disconnect` frame and the end of the TCP connection. */
  disconnectCloseMs: number
  /** Between two SYSTEM pings to each connection; 0: none. */
  pingEveryMs: number
}

/** How a client answered a frame. */
export interface FrameAnswer {
  messageId: string
  topic: string
  connectionId: string
  code: number
  message: string
  /** Parsed; undefined when it was not JSON. */
  data: unknown
  tookMs: number
}

export interface Pushed {
  messageId: string
  /** undefined: there was no connection to push to; the frame is lost. */
  connectionId: string | undefined
  /** Resolves with undefined when the connection ended first, or nobody waits any longer. */
  answer: Promise<FrameAnswer | undefined>
}

export interface ConnectionView {
  id: string
  clientId: string
  openedAt: number
  /** `disconnecting`: told to go, gets nothing any more. */
  state: 'open' | 'disconnecting'
  deaf: boolean
  mute: boolean
  pushed: number
}

/** `POST /v1.0/gateway/connections/open` (dingtalk.md 2.1). */
export const openRequest = z.object({
  clientId: z.string(),
  clientSecret: z.string(),
  subscriptions: z.array(z.object({ type: z.string(), topic: z.string() })).min(1),
})
/** What a client sends on the socket (dingtalk.md 2.3). */
export const answerFrame = z.object({
  code: z.number(),
  message: z.string().default(''),
  headers: z.looseObject({ messageId: z.string() }),
  data: z.string().optional(),
})

/** undefined when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
