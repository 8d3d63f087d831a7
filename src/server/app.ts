import { Router } from '@koa/router'
import Koa, { type Middleware } from 'koa'
import type { Log } from '../ports/log.ts'
import { addHealthRoutes, type ReadinessSources } from './health.ts'
import { type HookOptions, hooks } from './hooks.ts'
import { addMediaRoute, type MediaRouteOptions } from './media.ts'
import { plain } from './plain.ts'

export interface AppOptions {
  hooks: HookOptions
  readiness: ReadinessSources
  media: MediaRouteOptions
  log: Log
  /** Further paths, after ours: the playground's page, another channel's routes. */
  more?: readonly Middleware[]
}

/** The public side: callbacks, health, signed links. Nothing that a stranger should not reach is added here. */
export function createApp({
  hooks: hookOptions,
  readiness,
  media,
  log,
  more = [],
}: AppOptions): Koa {
  const router = new Router()
  addHealthRoutes(router, readiness)
  addMediaRoute(router, media)
  const app = bareApp(log)
  app.use(hooks(hookOptions))
  app.use(guard(log))
  app.use(router.routes())
  for (const part of more) app.use(part)
  return app
}

/** Koa with our log in place of its own, which writes to the console. */
export function bareApp(log: Log): Koa {
  const app = new Koa()
  // Errors that come when the answer is on its way: mostly a caller who has hung up.
  app.on('error', (error: unknown) => log.debug({ err: error }, 'an answer could not be written'))
  return app
}

/** Headers for every page but the callbacks, and an answer without details for what goes wrong. */
export function guard(log: Log): Middleware {
  return async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.set('X-Frame-Options', 'DENY')
    ctx.set('Referrer-Policy', 'no-referrer')
    try {
      await next()
    } catch (error) {
      log.error({ err: error, path: ctx.path.split('/')[1] }, 'a request failed')
      plain(ctx, 500, 'internal error')
    }
  }
}
