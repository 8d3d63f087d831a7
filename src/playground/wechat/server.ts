import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import type { Fault, Faults } from '../faults.ts'
import type { OfficialAccount } from './account.ts'
import { errorAnswer } from './answers.ts'
import {
  type AccountCall,
  accountCalls,
  type ApiAnswer,
  type ApiRequest,
  legacyToken,
  stableToken,
} from './api.ts'
import { readBody } from './http-body.ts'
import type { StoredMedia } from './media.ts'

const MAX_BODY_BYTES = 32 * 1024 * 1024

export interface ServerHost {
  readonly accounts: ReadonlyMap<string, OfficialAccount>
  readonly faults: Faults
  now(): number
  /** Told of every call by its name, before any fault strikes. */
  called(name: string): void
  url(): string
}

/** A call as the server finds it by its path. */
interface Route {
  name: string
  method: string
  run(request: ApiRequest): ApiAnswer | Promise<ApiAnswer>
}

/** Makes the HTTP side of api.weixin.qq.com, not yet listening. */
export function createApiServer(host: ServerHost): Server {
  const routes = makeRoutes(host)
  return createServer((request, response) => {
    serve(host, routes, request, response).catch(() => response.destroy())
  })
}

function makeRoutes(host: ServerHost): Map<string, Route> {
  const find = (appid: string): OfficialAccount | undefined => host.accounts.get(appid)
  const routes = new Map<string, Route>([
    [
      '/cgi-bin/stable_token',
      { name: 'stable_token', method: 'POST', run: (request) => stableToken(find, request) },
    ],
    [
      '/cgi-bin/token',
      { name: 'token', method: 'GET', run: (request) => legacyToken(find, request) },
    ],
  ])
  for (const [path, call] of Object.entries(accountCalls)) {
    routes.set(path, { ...call, run: (request) => inTheNameOf(host, call, request) })
  }
  return routes
}

/** Finds the account by the token of the query and runs the call for it. */
function inTheNameOf(
  host: ServerHost,
  call: AccountCall,
  request: ApiRequest,
): ApiAnswer | Promise<ApiAnswer> {
  const token = request.query.get('access_token')
  if (token === null) return errorAnswer(41001)
  let refused: 40001 | 42001 = 40001
  for (const account of host.accounts.values()) {
    const checked = account.tokens.check(token, request.now)
    if (checked === 'ok') return call.run(account, request, host.url())
    if (checked === 42001) refused = checked
  }
  return errorAnswer(refused)
}

async function serve(
  host: ServerHost,
  routes: Map<string, Route>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [path = '', search = ''] = (request.url ?? '').split('?', 2)
  const body = await readBody(request, MAX_BODY_BYTES)
  const route = routes.get(path) ?? fileRoute(host, path)
  if (route === undefined) return writeAnswer(response, errorAnswer(40066), 404)
  host.called(route.name)
  const fault = host.faults.strike(route.name)
  if (fault?.kind === 'delay') await wait(fault.ms)
  if (fault !== undefined && strikes(fault, response)) return
  if (request.method !== route.method) {
    return writeAnswer(response, errorAnswer(route.method === 'GET' ? 43001 : 43002))
  }
  const query = new URLSearchParams(search)
  const contentType = request.headers['content-type'] ?? ''
  const answer = await route.run({ query, body, contentType, now: host.now() })
  if (fault?.kind === 'lost-answer') response.destroy()
  else writeAnswer(response, answer)
}

/** Whether the fault takes the place of the work. */
function strikes(fault: Fault, response: ServerResponse): boolean {
  if (fault.kind === 'delay' || fault.kind === 'lost-answer') return false
  if (fault.kind === 'cut') response.destroy()
  else if (fault.kind === 'status') response.writeHead(fault.status).end(fault.body ?? '')
  else writeAnswer(response, errorAnswer(fault.code, fault.message))
  return true
}

/** The addresses under which pictures and films are fetched without a token: `/picture|video/<appid>/<media id>`. */
function fileRoute(host: ServerHost, path: string): Route | undefined {
  const [, kind, appid = '', mediaId = ''] = path.split('/')
  if (kind !== 'picture' && kind !== 'video') return undefined
  const name = `media/${kind}`
  const run = ({ now }: ApiRequest): ApiAnswer =>
    host.accounts.get(appid)?.media.get(mediaId, now) ?? errorAnswer(40007)
  return { name, method: 'GET', run }
}

function writeAnswer(response: ServerResponse, answer: ApiAnswer, status = 200): void {
  if (response.destroyed) return
  if (isMedia(answer)) {
    const disposition = `attachment; filename="${encodeURIComponent(answer.name)}"`
    response.writeHead(status, {
      'content-type': answer.type,
      'content-length': answer.bytes.length,
      'content-disposition': disposition,
    })
    response.end(answer.bytes)
    return
  }
  const text = JSON.stringify(answer)
  response.writeHead(status, {
    'content-type': 'application/json; encoding=utf-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

function isMedia(answer: ApiAnswer): answer is StoredMedia {
  return 'bytes' in answer && Buffer.isBuffer(answer.bytes)
}
