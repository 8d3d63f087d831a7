import type { AgentRef } from '#src/domain/refs.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { refusalWords } from './claim.ts'
import { followers, noteLine } from './lines.ts'

/** Ending a conversation. A customer who comes back soon opens it again. */
export const close = composer()

close.on('card:close', (ctx) => {
  end(ctx, ctx.event.agent, ctx.event.lease)
})
close.command('关闭', (ctx) => {
  end(ctx, ctx.event.agent)
})

function end(ctx: Context, agent: AgentRef, lease?: number): void {
  const groups = followers(ctx).filter((group) => ctx.workplaceOf(group).can.transcript === 'lines')
  const moved = ctx.move({ do: 'close', by: agent.id, ...(lease !== undefined && { lease }) })
  if (!moved.ok) return ctx.whisper(refusalWords(ctx, moved.refusal))
  noteLine(ctx, `${ctx.nameOf(agent)} 已结束会话`, groups)
  ctx.leaveHere(agent.id)
  ctx.log('closed')
  return ctx.answer({ hint: '已结束', accepted: true })
}
