import { reasonWords } from '#cards/reasons.ts'
import { parseCommand } from '#src/domain/commands.ts'
import { isHeldBy } from '#src/domain/conversation.ts'
import type { Message } from '#src/domain/message.ts'
import type { Context } from '#src/router/context.ts'
import type { AgentRef, MediaRef } from '#src/domain/refs.ts'
import { composer } from './bot.ts'
import { refusalWords } from './claim.ts'

/** Answering: only the holder's words reach the customer; everything else stays in the group, with the reason. */
export const reply = composer()

reply.on('card:reply', (ctx) => {
  const { agent, lease, text } = ctx.event
  const accepted = say(ctx, agent, text, lease)
  if (accepted) ctx.answer({ hint: sendingWords(accepted), accepted: true })
})

reply.on('agent:text', (ctx) => {
  say(ctx, ctx.event.agent, ctx.event.text)
})

reply.on('agent:media', (ctx) => {
  const { agent, text, media } = ctx.event
  const { conversation } = ctx
  if (!isHeldBy(conversation, agent.id)) return ctx.whisper(notYours(ctx))
  if (parseCommand(text)) return ctx.whisper('指令请单独发送，不要带图片；没有发给顾客')
  if (text.trim() !== '' && say(ctx, agent, text) === 0) return undefined
  for (const file of media) queueFile(ctx, agent, file)
  return ctx.redraw('all')
})

reply.on('card:retry', (ctx) => {
  const message = ctx.messages.find(({ id }) => id === ctx.event.message)
  if (!message || message.from !== 'agent' || !mayGoAgain(message))
    return ctx.whisper('这条回复不需要重发')
  const passed = ctx.sendAgain(message, ctx.event.agent.id, ctx.event.lease)
  if (!passed.ok) return ctx.whisper(reasonWords(passed.refusal))
  ctx.redraw('all')
  return ctx.answer({ hint: '重新发送中', accepted: true })
})

const mayGoAgain = ({ reply }: Message): boolean =>
  reply === 'failed' || reply === 'unknown' || reply === 'undelivered'

/** @returns in how many messages it goes out; 0 when it does not */
function say(ctx: Context, agent: AgentRef, text: string, lease?: number): number {
  const passed = ctx.toCustomer({
    by: ctx.speaker(agent),
    content: { kind: 'text', text },
    ...(lease !== undefined && { lease }),
  })
  if (passed.ok) {
    ctx.redraw('all')
    ctx.log('reply', { parts: passed.parts.length })
  } else {
    ctx.whisper(`没有发给顾客：${refusalWords(ctx, passed.refusal)}`)
    ctx.log('reply-refused', { reason: passed.refusal })
  }
  return passed.ok ? passed.parts.length : 0
}

const sendingWords = (parts: number): string =>
  parts > 1 ? `内容较长，分 ${parts} 条发送，占用 ${parts} 条额度` : '发送中'

/** A file goes through the door once it is here. */
function queueFile(ctx: Context, agent: AgentRef, file: MediaRef): void {
  const message = ctx.addMessage({
    from: 'agent',
    who: ctx.nameOf(agent),
    agent: agent.id,
    content: { kind: file.kind },
    at: ctx.now,
    reply: 'queued',
  })
  ctx.fetchMedia(message, file, 'workplace')
}

function notYours(ctx: Context): string {
  const { conversation } = ctx
  if (!conversation || conversation.status === 'closed') return reasonWords('closed')
  return refusalWords(ctx, conversation.status === 'waiting' ? 'not-held' : 'held-by-other')
}
