import { z } from 'zod'

/** What the gateway sends (Stream 协议, open.dingtalk.com, read 2026-08). `data` is JSON in a string. */
const frame = z.object({
  type: z.string(),
  headers: z.looseObject({
    messageId: z.string(),
    topic: z.string(),
    eventType: z.string().optional(),
    eventId: z.string().optional(),
  }),
  data: z.string().default(''),
})

export type StreamFrame = z.infer<typeof frame>

/** undefined when it is none: bad JSON, or fields missing. */
export function readFrame(text: string): StreamFrame | undefined {
  try {
    return frame.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** An answer to a frame: 200 done, 404 nobody listens, 500 failed. */
export function makeAnswer(messageId: string, code: number, message: string, data: string): string {
  return JSON.stringify({
    code,
    message,
    headers: { messageId, contentType: 'application/json' },
    data,
  })
}

/** The answer of `POST /v1.0/gateway/connections/open`. */
export const openAnswer = z.object({ endpoint: z.string().min(1), ticket: z.string().min(1) })

/** Topics that we subscribe to. EVENT takes `*` only; which events come is chosen in the console. */
export const BOT_TOPIC = '/v1.0/im/bot/messages/get'
export const CARD_TOPIC = '/v1.0/card/instances/callback'
export const subscriptions = [
  { type: 'CALLBACK', topic: BOT_TOPIC },
  { type: 'CALLBACK', topic: CARD_TOPIC },
  { type: 'EVENT', topic: '*' },
] as const
