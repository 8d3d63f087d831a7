import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Fault, Faults } from '../faults.ts'
import type { Answer, Call } from './call.ts'
import type { Limits } from './limits.ts'
import { ApiRefusal, OapiRefusal, statusOf } from './refusal.ts'
import type { Route } from './routes.ts'
import type { Timers } from './timers.ts'
import type { AppTokens } from './tokens.ts'
import type { World } from './world.ts'

/** One request as it was seen, for tests and for the page. */
export interface SeenCall {
  at: number
  name: string
  body: unknown
  status: number
  /** Code of a refusal, or of a fault. */
  code?: string
}

export interface ServerParts {
  world: World
  routes: ReadonlyMap<string, Route>
  tokens: AppTokens
  limits: Limits
  faults: Faults
  timers: Timers
  makeCall: (part: Pick<Call, 'app' | 'headers' | 'query' | 'body' | 'raw'>) => Call
  onCall: (call: SeenCall) => void
}

/** The HTTP side: body, fault switch, token, limits, the call itself, the answer in its host's form. */
export function makeServer(parts: ServerParts): Server {
  const server = createServer((request, response) => {
    serve(parts, request, response).catch((error: unknown) => {
      parts.world.problem(`the stand-in failed: ${String(error)}`)
      answer(response, { status: 500, json: { code: 'system.error', message: '系统错误' } })
    })
  })
  server.keepAliveTimeout = 60_000
  return server
}

async function serve(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const raw = await readBody(request)
  if (!raw) return
  const url = request.url ?? '/'
  const cut = url.indexOf('?')
  const path = cut < 0 ? url : url.slice(0, cut)
  const query = new URLSearchParams(cut < 0 ? '' : url.slice(cut + 1))
  const found = findRoute(parts.routes, request.method ?? 'GET', path, query)
  if (!found) return answer(response, { status: 404, json: { code: 'InvalidAction.NotFound' } })
  const seen: SeenCall = { at: parts.world.now(), name: found.name, body: undefined, status: 200 }
  const fault = parts.faults.strike(found.name)
  if (fault?.kind === 'delay') await parts.timers.wait(fault.ms)
  const body = parseBody(raw, request.headers['content-type'])
  seen.body = body
  const made = run(parts, found, fault, { headers: request.headers, query, body, raw }, seen)
  parts.onCall(seen)
  if (made === 'cut') request.socket.destroy()
  else answer(response, made)
}

function findRoute(
  routes: ReadonlyMap<string, Route>,
  method: string,
  path: string,
  query: URLSearchParams,
): Route | undefined {
  if (path.startsWith('/files/')) {
    query.set('id', decodeURIComponent(path.slice('/files/'.length)))
    return routes.get(`${method} /files`)
  }
  return routes.get(`${method} ${path.toLowerCase()}`)
}

function run(
  parts: ServerParts,
  route: Route,
  fault: Fault | undefined,
  request: Pick<Call, 'headers' | 'query' | 'body' | 'raw'>,
  seen: SeenCall,
): Answer | 'cut' {
  if (fault?.kind === 'cut') return 'cut'
  if (fault?.kind === 'status') {
    seen.status = fault.status
    return { status: fault.status, text: fault.body ?? '', type: typeOf(fault.body ?? '') }
  }
  try {
    if (fault?.kind === 'errcode') throw refusalOf(route, fault.code, fault.message)
    const app = authorise(parts, route, request)
    if (app) parts.limits.countCall(app.clientId, route.name, route.metered)
    const made = route.run(parts.makeCall({ ...request, app }))
    return fault?.kind === 'lost-answer' ? 'cut' : made
  } catch (error) {
    return refuse(route, error, seen)
  }
}

function authorise(
  parts: ServerParts,
  route: Route,
  request: Pick<Call, 'headers' | 'query'>,
): Call['app'] {
  if (route.token === 'none') return undefined
  const header = request.headers['x-acs-dingtalk-access-token']
  const token = route.token === 'header' ? header : request.query.get('access_token')
  const app = typeof token === 'string' ? parts.tokens.find(token) : undefined
  if (app) return app
  throw route.form === 'api'
    ? new ApiRefusal('InvalidAuthentication', '不合法的access_token')
    : new OapiRefusal(40014, '不合法的access_token')
}

/** Refusals of the gateway have another code on the old host. */
const oldCodes: Record<string, number> = {
  'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi': 90018,
  'Forbidden.AccessDenied.ApiCountLimitForOrg': 90020,
}

function refusalOf(route: Route, code: number | string, message = '模拟故障'): Error {
  if (route.form === 'oapi') return new OapiRefusal(Number(oldCodes[code] ?? code), message)
  return new ApiRefusal(String(code), message, statusOf(String(code)))
}

function refuse(route: Route, error: unknown, seen: SeenCall): Answer {
  if (error instanceof OapiRefusal) {
    seen.code = String(error.errcode)
    return { json: { errcode: error.errcode, errmsg: error.message } }
  }
  if (!(error instanceof ApiRefusal)) throw error
  seen.code = error.code
  if (route.form === 'oapi') {
    return { json: { errcode: oldCodes[error.code] ?? 400002, errmsg: error.message } }
  }
  seen.status = error.status
  const { code, message, status } = error
  return { status, json: { requestid: 'standin', code, message } }
}

function typeOf(body: string): string {
  return body.trimStart().startsWith('<') ? 'text/html' : 'application/json'
}

function parseBody(raw: Buffer, type: string | undefined): unknown {
  if (type?.includes('json') !== true) return undefined
  try {
    return JSON.parse(raw.toString())
  } catch {
    return undefined
  }
}

/** The whole body, or undefined when the caller went away. */
function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', () => resolve(undefined))
  })
}

function answer(response: ServerResponse, made: Answer): void {
  const [body, type] =
    'json' in made
      ? [Buffer.from(JSON.stringify(made.json)), 'application/json']
      : 'text' in made
        ? [Buffer.from(made.text), made.type]
        : [made.bytes, made.type]
  response.writeHead(made.status ?? 200, { 'content-type': type, 'content-length': body.length })
  response.end(body)
}
