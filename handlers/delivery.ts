import { reasonWords } from '#cards/reasons.ts'
import type { Message } from '#src/domain/message.ts'
import { exhaust, giveBack } from '#src/domain/quota.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { echoReply, noteLine } from './lines.ts'
import { bringIntoSight } from './sight.ts'

/** How what we sent has fared: the answer's state is shown, its quota settled, and the owed clock stopped or not. */
export const delivery = composer()

delivery.on('delivery', async (ctx, next) => {
  await bringIntoSight(ctx, ctx.event.messages)
  await next()
})

delivery.on('delivery:sent', (ctx) => {
  for (const message of answersOf(ctx)) {
    const { reason: _reason, ...rest } = message
    const sent: Message = { ...rest, reply: 'sent' }
    ctx.saveMessage(sent)
    settleDebt(ctx, sent)
    echoReply(ctx, sent)
    ctx.log('reply-sent', { afterMs: ctx.now - message.at })
  }
  ctx.redraw('all')
})

delivery.on(['delivery:failed', 'delivery:undelivered'], (ctx) => {
  const { event } = ctx
  if (event.what !== 'reply')
    return ctx.log('post-failed', { what: event.what, reason: event.reason })
  for (const message of answersOf(ctx)) {
    if (event.name === 'delivery:failed') settleQuota(ctx, message, event.reason)
    failReply(
      ctx,
      message,
      event.reason,
      event.name === 'delivery:failed' ? 'failed' : 'undelivered',
    )
  }
  return undefined
})

delivery.on('delivery:unknown', (ctx) => {
  if (ctx.event.what !== 'reply') return
  for (const message of answersOf(ctx)) {
    const unknown: Message = { ...message, reply: 'unknown' }
    ctx.saveMessage(unknown)
    echoReply(ctx, unknown, '先看顾客反应，再决定要不要重发')
    ctx.log('reply-unknown')
  }
  ctx.redraw('all')
})

/** An answer that certainly did not reach the customer: said on the card and in the threads, with the way out. */
export function failReply(
  ctx: Context,
  message: Message,
  reason: string,
  state: 'failed' | 'undelivered' = 'failed',
): void {
  const failed: Message = { ...message, reply: state, reason }
  ctx.saveMessage(failed)
  echoReply(ctx, failed, reasonWords(reason))
  ctx.log('reply-failed', { reason })
  ctx.redraw('all')
}

function answersOf(ctx: Context): Message[] {
  const { event } = ctx
  if (!('messages' in event)) return []
  return ctx.messages.filter(({ id, from }) => from === 'agent' && event.messages.includes(id))
}

/** The platform's own word about the window wins over our count; otherwise what was not used is given back. */
function settleQuota(ctx: Context, message: Message, reason: string): void {
  const { contact } = ctx
  if (!contact || message.trigger === undefined) return
  const { quota: rules } = ctx.account().carrier
  const quota =
    reason === 'window-closed' || reason === 'quota-used'
      ? exhaust(contact.quota, rules, ctx.now)
      : giveBack(contact.quota, message.trigger, message.triggerOpenedAt ?? message.at)
  ctx.saveContact({ ...contact, quota })
  if (reason === 'not-following') {
    ctx.saveContact({ ...contact, quota, following: false })
    noteLine(ctx, reasonWords(reason))
  }
}

/** A human answer stops the clock of everything the customer had written before it. */
function settleDebt(ctx: Context, answer: Message): void {
  const { conversation } = ctx
  if (!conversation || conversation.status === 'closed') return
  const { owedSince: _owed, ...rest } = conversation
  const unanswered = ctx.messages.find(
    ({ from, number }) => from === 'customer' && number > answer.number,
  )
  ctx.saveConversation(unanswered ? { ...rest, owedSince: unanswered.at } : rest)
}
