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

/** Lines that a group has not taken for all our trying stand open again: the next event brings them with it. */
lostCard.on('delivery:failed', (ctx, next) => {
  const { what, group, messages, reason } = ctx.event
  if (!group || !ctx.conversation || (what !== 'line' && what !== 'media')) return next()
  ctx.log('line-lost', { what, reason })
  const lost = ctx.messages.filter(({ id }) => messages.includes(id)).map(({ number }) => number)
  const first = Math.min(...lost)
  const { lined, linedAhead, ...thread } = ctx.thread(group)
  if (lost.length === 0) return undefined
  const settled = ctx.messages.map(({ number }) => number).filter((number) => number <= lined)
  const ahead = [...settled, ...linedAhead].filter(
    (number) => number > first - 1 && !lost.includes(number),
  )
  return ctx.saveThread({ ...thread, lined: Math.min(lined, first - 1), linedAhead: ahead })
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
