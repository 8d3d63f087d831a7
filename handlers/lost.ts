import { shownMarker } from '#src/domain/marker.ts'
import { harmless } from '#src/domain/escape.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'

/** Words that name no conversation, or one that does not exist: sent nowhere, and said so, with what the writer holds. */
export const lost = composer()

lost.on('agent', async (ctx, next) => {
  if (ctx.conversation) return next()
  const { unknownMarker, unknownQuote, agent } = ctx.event
  if (unknownQuote)
    return ctx.whisper(
      '认不出引用的是哪位顾客，没有发给顾客。请引用带编号的消息，或写 @机器人 #编号 内容',
    )
  if (unknownMarker !== undefined)
    return ctx.whisper(
      `没有编号为 ${shownMarker(unknownMarker)} 的会话，没有发给顾客。发“列表”查看`,
    )
  return ctx.whisper(await whichOne(ctx, agent.id))
})

lost.on('card', (ctx, next) => {
  if (ctx.conversation) return next()
  return ctx.whisper('找不到这张卡片对应的会话，发“列表”查看现有会话')
})

async function whichOne(
  ctx: Context,
  agent: Parameters<Context['read']['heldBy']>[0],
): Promise<string> {
  const held = await ctx.read.heldBy(agent)
  if (held.length === 0)
    return '没有发给顾客：你还没有接待顾客。发“列表”查看，或引用顾客的消息再回复'
  const list = held
    .slice(0, 10)
    .map(
      ({ conversation, contact }) =>
        `${shownMarker(conversation.marker)} ${harmless(contact.alias)}`,
    )
  return `没有发给顾客：你正在接待 ${held.length} 位，请引用消息或加编号：\n${list.join('\n')}`
}
