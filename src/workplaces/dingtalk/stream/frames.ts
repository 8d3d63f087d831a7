import { z } from 'zod'
import { parseJson } from '../loose.ts'

/** A header is text; one that is missing or no text is empty, and the frame still answered as far as possible. */
const header = z.union([z.string(), z.number()]).transform(String).catch('')

/** `data` is JSON in a string, and becomes so when it comes as an object. */
const packed = z
  .unknown()
  .optional()
  .transform((data) =>
    typeof data === 'string' ? data : (data ?? null) === null ? '' : JSON.stringify(data),
  )

/** What the gateway sends (Stream 协议, open.dingtalk.com, read 2026-08). */
const frame = z.object({
  type: z.string(),
  headers: z.looseObject({
    messageId: header,
    topic: header,
    eventType: z.string().optional().catch(undefined),
    eventId: z.string().optional().catch(undefined),
  }),
  data: packed,
})

export type StreamFrame = z.infer<typeof frame>

/** undefined when it is none: bad JSON, or fields missing. */
export function readFrame(text: string): StreamFrame | undefined {
  return frame.safeParse(parseJson(text)).data
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
