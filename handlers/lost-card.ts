import type { Group } from '#src/domain/desk.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { relayLine } from './lines.ts'

/**
 * A card that could not be posted or drawn: what it was to show goes as lines instead, so that nothing is said to nobody.
 * One that is gone from the group, e.g. deleted there, is posted anew at once; others with the next message.
 */
export const lostCard = composer()

lostCard.on(['delivery:failed', 'delivery:unknown'], (ctx, next) => {
  const { what, group: id } = ctx.event
  const group = ctx.desk.groups.find((one) => one.id === id)
  if (!group || !ctx.conversation || (what !== 'post-card' && what !== 'update-card')) return next()
  const reason = 'reason' in ctx.event ? ctx.event.reason : 'no-answer'
  ctx.log('card-lost', { what, reason })
  forget(ctx, group)
  if (what === 'update-card' && reason.endsWith('card_gone')) return ctx.redraw(group.id)
  return asLines(ctx, group, ctx.event.messages)
})

function forget(ctx: Context, group: Group): void {
  const thread = ctx.thread(group.id)
  if (thread.card) ctx.saveThread({ ...thread, card: { ...thread.card, lost: true } })
}

function asLines(ctx: Context, group: Group, ids: readonly string[]): void {
  for (const message of ctx.messages) {
    const { lined, linedAhead } = ctx.thread(group.id)
    if (!ids.includes(message.id) || message.number <= lined || linedAhead.includes(message.number))
      continue
    relayLine(ctx, group, message)
    const thread = ctx.thread(group.id)
    ctx.saveThread({ ...thread, linedAhead: [...thread.linedAhead, message.number] })
  }
}
