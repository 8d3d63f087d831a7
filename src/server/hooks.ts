import type { IncomingMessage } from 'node:http'
import { parse as parseQuery } from 'node:querystring'
import type { Context, Middleware, Next } from 'koa'
import { getRawBody } from 'raw-body'
import type { AccountId } from '../domain/ids.ts'
import type { Channel, HttpAnswer, Incoming, RawRequest } from '../ports/channel.ts'
import type { Clock } from '../ports/clock.ts'
import { Refusal } from '../ports/errors.ts'
import type { Log } from '../ports/log.ts'
import { type AnswerLimit, createAnswerLimit } from './answer-limit.ts'
import type { HookMetrics } from './metrics.ts'

export interface HookOptions {
  /** The account that a path names, as of now: a reload may change it. */
  channel(account: string): Channel | undefined
  /** Resolves once the events are committed; only then is the platform answered. */
  accept(account: AccountId, events: Incoming[]): Promise<void>
  clock: Clock
  log: Log
  metrics: HookMetrics
  bodyLimitBytes: number
  /** The platform has given up by then; it will try again. */
  answerLimitMs: number
}

const PREFIX = '/hooks/'
const NO_BODY = Buffer.alloc(0)
const LOG_PAUSE_MS = 1_000

/**
 * `GET` and `POST /hooks/<account>`: the one path where every microsecond counts. It is matched by its prefix before
 * any router, takes the address apart once, and writes its answer in one go past Koa's own. What is not authentic gets
 * the adapter's refusal; whatever else goes wrong is answered 500 without details, upon which the platforms deliver again.
 */
export function hooks(options: HookOptions): Middleware {
  const path: HookPath = {
    ...options,
    report: createReporter(options),
    limit: createAnswerLimit(options.clock, options.answerLimitMs, tooSlow),
  }
  return function hook(ctx: Context, next: Next): Promise<void> {
    return ctx.req.url?.startsWith(PREFIX) ? answer(ctx, ctx.req.url, path) : next()
  }
}

interface HookPath extends HookOptions {
  report(account: string, error: unknown): void
  limit: AnswerLimit
}

async function answer(ctx: Context, url: string, path: HookPath): Promise<void> {
  const startedAt = performance.now()
  const mark = url.indexOf('?')
  const channel = path.channel(accountOf(mark < 0 ? url : url.slice(0, mark)))
  if (!channel) return refuse(ctx, path, '-', unknownAccount)
  const { account } = channel
  try {
    const query = firstOfEach(mark < 0 ? '' : url.slice(mark + 1))
    channel.greet(query, path.clock.now())
    const request = await read(ctx.req, query, path)
    const received = await channel.receive(request)
    if (received.events.length > 0) {
      await path.limit.within(path.accept(account, received.events))
    }
    send(ctx, received.answer)
    path.metrics.accepted(account, performance.now() - startedAt)
  } catch (error) {
    refuse(ctx, path, account, asRefusal(error) ?? failed(error, account, path))
  }
}

/** A slash at the end is forgiven: a redirect would break the platforms' verification. */
function accountOf(path: string): string {
  return path.endsWith('/') ? path.slice(PREFIX.length, -1) : path.slice(PREFIX.length)
}

async function read(
  req: IncomingMessage,
  query: RawRequest['query'],
  path: HookPath,
): Promise<RawRequest> {
  const { method, headers } = req
  if (method !== 'GET' && method !== 'POST') throw wrongMethod
  const body =
    method === 'GET'
      ? NO_BODY
      : await getRawBody(req, {
          length: headers['content-length'] ?? null,
          limit: path.bodyLimitBytes,
        })
  return {
    method,
    query,
    // Only `set-cookie` is ever a list, and that is no header of a request.
    headers: headers as RawRequest['headers'],
    body,
    receivedAt: path.clock.now(),
  }
}

function firstOfEach(text: string): RawRequest['query'] {
  const query = parseQuery(text)
  for (const key in query) {
    const value = query[key]
    if (Array.isArray(value)) query[key] = value[0] ?? ''
  }
  // Every list has just been replaced by its first element.
  return query as RawRequest['query']
}

function send(ctx: Context, { status, type, body }: HttpAnswer): void {
  write(ctx, status, type.startsWith('text/') ? `${type}; charset=utf-8` : type, body)
}

/** Past Koa's `ctx.body`, whose bookkeeping costs as much as reading the request. */
function write(ctx: Context, status: number, type: string, body: string): void {
  ctx.respond = false
  const { res } = ctx
  if (res.destroyed || res.headersSent) return
  res.writeHead(status, [
    'Content-Type',
    type,
    'Content-Length',
    String(Buffer.byteLength(body)),
    'X-Content-Type-Options',
    'nosniff',
  ])
  res.end(body)
}

// Made once: an error's stack costs more than all the rest of a refusal.
const unknownAccount = new Refusal('http.unknown_account', 404, 'no such account')
const wrongMethod = new Refusal('http.method', 405, 'only GET and POST')
const tooLarge = new Refusal('http.too_large', 413, 'body too large')
const brokenBody = new Refusal('http.broken_body', 400, 'body incomplete')
const tooSlow = new Refusal('http.too_slow', 503, 'busy, deliver again')
const internal = new Refusal('http.internal', 500, 'internal error, deliver again')

function refuse(ctx: Context, path: HookPath, account: string, refusal: Refusal): void {
  path.metrics.refused(account, refusal.code)
  if (refusal === wrongMethod) ctx.res.setHeader('Allow', 'GET, POST')
  // What has not been read of the body would be taken for the next request.
  if (!ctx.req.complete) ctx.res.setHeader('Connection', 'close')
  write(ctx, refusal.status, 'text/plain; charset=utf-8', refusal.message)
}

function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  const type = error instanceof Error && 'type' in error ? error.type : undefined
  if (type === 'entity.too.large') return tooLarge
  return type === 'request.aborted' || type === 'request.size.invalid' ? brokenBody : undefined
}

function failed(error: unknown, account: string, path: HookPath): Refusal {
  path.report(account, error)
  return internal
}

/** Logs failures, one a second at most: under load a broken disk fails thousands of times. */
function createReporter({ clock, log }: HookOptions): HookPath['report'] {
  let quietUntil = 0
  let hidden = 0
  return (account, error) => {
    if (clock.now() < quietUntil) {
      hidden += 1
      return
    }
    log.error({ account, err: error, more: hidden }, 'a callback could not be accepted')
    quietUntil = clock.now() + LOG_PAUSE_MS
    hidden = 0
  }
}
