import type { Deadline } from '#src/domain/change.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { backToQueue } from './claim.ts'
import { followers, noteLine } from './lines.ts'

/** Nobody writes: a held conversation that owes an answer goes back to the queue, one that owes none ends. */
export const idle = composer()

idle.use(async (ctx, next) => {
  const before = dueOf(ctx, ctx.conversation)
  await next()
  rearm(ctx, before, dueOf(ctx, ctx.conversation))
})

// A reminder may have been on its way while its reason went.
idle.on(['tick:idle', 'tick:close'], async (ctx, next) => {
  const due = dueOf(ctx, ctx.conversation)
  if (due?.kind === ctx.event.name && due.at <= ctx.now) await next()
  else if (due) ctx.remindAt(deadline(ctx, due))
})

idle.on('tick:idle', (ctx) => {
  const holder = ctx.conversation?.holder
  if (!holder || !ctx.move({ do: 'idle-release' }).ok) return
  ctx.leaveHere(holder.agent)
  backToQueue(ctx, `${holder.name} 久未回复，会话已退回队列，请认领`)
  ctx.log('idle-released')
})

idle.on('tick:close', (ctx) => {
  const groups = followers(ctx)
  const holder = ctx.conversation?.holder
  if (!holder || !ctx.move({ do: 'idle-close' }).ok) return
  ctx.leaveHere(holder.agent)
  noteLine(
    ctx,
    '双方久未发言，会话已自动结束',
    groups.filter((group) => ctx.workplaceOf(group).can.transcript === 'lines'),
  )
  ctx.log('idle-closed')
})

type Due = { name: string; kind: 'tick:idle' | 'tick:close'; at: number }

function dueOf(ctx: Context, conversation: Conversation | undefined): Due | undefined {
  if (conversation?.status !== 'held' || !conversation.holder) return undefined
  const { idleReleaseMs, idleCloseMs } = ctx.deskSettings
  const { id, owedSince, holder, lastAt } = conversation
  if (owedSince === undefined)
    return { name: `idle/${id}`, kind: 'tick:close', at: lastAt + idleCloseMs }
  return {
    name: `idle/${id}`,
    kind: 'tick:idle',
    at: Math.max(owedSince, holder.since) + idleReleaseMs,
  }
}

function rearm(ctx: Context, before: Due | undefined, after: Due | undefined): void {
  if (before?.name === after?.name && before?.kind === after?.kind && before?.at === after?.at)
    return
  if (after) ctx.remindAt(deadline(ctx, after))
  if (before && before.name !== after?.name) ctx.cancelReminder(before.name)
}

const deadline = (ctx: Context, { name, kind, at }: Due): Deadline => ({
  name,
  dueAt: at,
  event: { lane: ctx.event.lane, name: kind, body: {} },
})
