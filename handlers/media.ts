import { isMedia } from '#src/domain/content.ts'
import type { Message } from '#src/domain/message.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { followers, relayLine, relayLines } from './lines.ts'
import { failReply } from './delivery.ts'
import { bringIntoSight } from './sight.ts'

/** Files that customers and agents send: fetched first, then shown or sent. A line waits for its picture only so long. */
export const media = composer()

media.on('media', async (ctx, next) => {
  await bringIntoSight(ctx, [ctx.event.message])
  await next()
})

media.on('media:ready', (ctx) => {
  const message = fetched(ctx, ctx.event.message)
  if (!message || !isMedia(message.content)) return
  const { lost: _lost, ...content } = message.content
  const ready: Message = {
    ...message,
    content: { ...content, kind: message.content.kind, file: ctx.event.file },
  }
  ctx.saveMessage(ready)
  if (ready.from === 'agent') return sendFile(ctx, ready)
  return show(ctx, ready)
})

media.on('media:failed', (ctx) => {
  const message = fetched(ctx, ctx.event.message)
  if (!message || !isMedia(message.content)) return
  const lost: Message = { ...message, content: { ...message.content, lost: ctx.event.reason } }
  ctx.saveMessage(lost)
  if (lost.from === 'agent') return failReply(ctx, lost, ctx.event.reason)
  return show(ctx, lost)
})

media.on('tick:media', (ctx) => {
  relayLines(ctx)
  ctx.redraw('all')
})

function fetched(ctx: Context, id: Message['id']): Message | undefined {
  ctx.cancelReminder(`media/${id}`)
  return ctx.messages.find((message) => message.id === id)
}

/** A file whose line said 正在取 follows as its own message; otherwise its line goes now, with those behind it. */
function show(ctx: Context, message: Message): void {
  for (const group of followers(ctx)) {
    const { lined, linedAhead } = ctx.thread(group.id)
    if (message.number <= lined || linedAhead.includes(message.number))
      relayLine(ctx, group, message)
  }
  relayLines(ctx)
  ctx.redraw('all')
}

function sendFile(ctx: Context, message: Message): void {
  if (message.agent === undefined) return
  const passed = ctx.sendAgain(message, message.agent)
  if (!passed.ok) failReply(ctx, message, passed.refusal)
  ctx.redraw('all')
}
