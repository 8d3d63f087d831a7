import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Router } from '@koa/router'
import Koa, { type Context, type Next } from 'koa'
import { getRawBody } from 'raw-body'
import { dingtalkActions } from './actions/dingtalk.ts'
import { type Action, PageError, readForm } from './actions/form.ts'
import { phoneActions } from './actions/phone.ts'
import { wecomActions } from './actions/wecom.ts'
import { FaultPanel } from './fault-switches.ts'
import { Live } from './live.ts'
import { createMediaReader } from './media.ts'
import { bindCodeNote, toast } from './page/toasts.ts'
import { pageLayout, type ProductLink } from './page/layout.ts'
import { readView, type World } from './world.ts'

export interface PlaygroundPageOptions extends World {
  /** Default 0: any free port. Always on 127.0.0.1. */
  port?: number
  /** Makes a code that binds a group when it is typed there. */
  bindCode: () => Promise<string>
  /** Addresses of the running product, shown in the corner. */
  productLinks?: readonly ProductLink[]
}

/** The running page. */
export interface PlaygroundPage {
  readonly url: string
  close(): Promise<void>
}

/** Starts the page on which a person is customer and agent at once. */
export async function startPlaygroundPage(options: PlaygroundPageOptions): Promise<PlaygroundPage> {
  const { wechat, dingtalk, wecom } = options
  const world: World = { wechat, dingtalk, wecom }
  const panel = new FaultPanel(world)
  let acts = 0
  const live = new Live(world, { panel }, () => acts)
  const router = new Router()
  addPages(router, world, live, (query) =>
    pageLayout(
      { world, panel, view: readView(world, query), clicks: acts },
      options.productLinks ?? [],
    ).toString(),
  )
  addActions(router, live, phoneActions(world))
  addActions(router, live, { ...dingtalkActions(world), ...wecomActions(world) }, () => (acts += 1))
  addActions(router, live, panelActions(panel))
  router.post('/bind-code', async (ctx) => {
    ctx.body = bindCodeNote(await options.bindCode()).toString()
  })
  const server = await listen(router, options.port ?? 0)
  return {
    // A TCP server that listens has an address with a port.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      live.stop()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function listen(router: Router, port: number): Promise<Server> {
  const app = new Koa()
  app.silent = true
  app.use(guard)
  app.use(answerMistakes)
  app.use(router.routes())
  const server = app.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/

/**
 * Only pages of our own, opened on this machine, get anything: another site's page that has learnt the port, or has
 * pointed its name at this machine, does not. What is shown can run no script but ours.
 */
async function guard(ctx: Context, next: Next): Promise<void> {
  const site = ctx.get('sec-fetch-site')
  const fromElsewhere = site === 'cross-site' || site === 'same-site'
  if (!LOOPBACK.test(ctx.host) || (ctx.method !== 'GET' && fromElsewhere)) {
    ctx.status = 403
    return
  }
  ctx.set('content-security-policy', POLICY)
  ctx.set('x-content-type-options', 'nosniff')
  ctx.set('cross-origin-resource-policy', 'same-origin')
  ctx.set('referrer-policy', 'no-referrer')
  await next()
}

/** Pictures in a group may lie on the product's own port; nothing is ever fetched from another machine. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' http://127.0.0.1:* http://localhost:*",
  "media-src 'self' http://127.0.0.1:* http://localhost:*",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** What a person asked for and cannot have is said in a toast. */
async function answerMistakes(ctx: Context, next: Next): Promise<void> {
  try {
    await next()
  } catch (error) {
    ctx.status = 409
    ctx.type = 'html'
    const words = error instanceof PageError ? error.message : '没有做成：卡片或消息可能已经变了'
    ctx.body = toast(words, 'bad').toString()
  }
}

function addPages(
  router: Router,
  world: World,
  live: Live,
  draw: (query: URLSearchParams) => string,
): void {
  const readMedia = createMediaReader(world)
  router.get('/', (ctx) => {
    ctx.type = 'html'
    ctx.body = draw(queryOf(ctx))
  })
  router.get('/live', (ctx) => {
    ctx.type = 'text/event-stream'
    ctx.set('cache-control', 'no-store')
    ctx.body = live.open(queryOf(ctx))
  })
  router.get('/assets/:name', async (ctx) => {
    const asset = ASSETS.get(ctx.params['name'] ?? '')
    if (!asset) return
    ctx.type = asset.type
    ctx.body = (await Promise.all(asset.paths.map((path) => readFile(path, 'utf8')))).join('\n')
  })
  router.get('/media/*path', async (ctx) => {
    const path = (ctx.params['path'] ?? '').split('/').map(decodeURIComponent)
    const { body, type, saveAs } = await readMedia(path)
    if (saveAs !== undefined) ctx.attachment(saveAs)
    ctx.type = type
    ctx.set('cache-control', 'private, max-age=3600')
    ctx.body = body
  })
}

const queryOf = (ctx: Context): URLSearchParams => new URLSearchParams(ctx.querystring)

interface Asset {
  type: string
  /** Files that are served as one. */
  paths: string[]
}

const own = (name: string, type: string): Asset => ({
  type,
  paths: [fileURLToPath(new URL(`./page/assets/${name}`, import.meta.url))],
})

/** In one file: as two, htmx now and then looks through the page before its extension has come. */
const htmx: Asset = {
  type: 'js',
  paths: ['htmx.min.js', 'ext/hx-sse.min.js'].map((name) =>
    fileURLToPath(import.meta.resolve(`htmx.org/dist/${name}`)),
  ),
}

const ASSETS: ReadonlyMap<string, Asset> = new Map([
  ['page.css', own('page.css', 'css')],
  ['phone.css', own('phone.css', 'css')],
  ['groups.css', own('groups.css', 'css')],
  ['page.js', own('page.js', 'js')],
  ['logo.svg', own('logo.svg', 'svg')],
  ['htmx.js', htmx],
])

const MAX_UPLOAD = '12mb'

function addActions(
  router: Router,
  live: Live,
  actions: Readonly<Record<string, Action>>,
  acted: () => void = () => undefined,
): void {
  for (const [path, act] of Object.entries(actions)) {
    router.post(path, async (ctx) => {
      const body = await getRawBody(ctx.req, { limit: MAX_UPLOAD })
      const words = await act(ctx.params, await readForm(body, ctx.get('content-type')))
      acted()
      live.changed()
      ctx.type = 'html'
      ctx.body = words === undefined ? '' : toast(words, 'plain').toString()
    })
  }
}

function panelActions(panel: FaultPanel): Readonly<Record<string, Action>> {
  return {
    '/faults/clear': () => {
      panel.clear()
      return '故障已全部清除'
    },
    '/faults/:id': ({ id = '' }) => {
      const { label, does } = panel.press(id)
      return 'stroke' in does ? `已触发：${label}` : undefined
    },
  }
}
