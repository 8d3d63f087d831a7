import type { Context } from 'koa'

/** Answers with one plain sentence. */
export function plain(ctx: Context, status: number, words: string): void {
  ctx.status = status
  ctx.set('Content-Type', 'text/plain; charset=utf-8')
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.body = words
}
