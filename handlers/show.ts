import { contentWords } from '#cards/contents.ts'
import { text } from '#cards/elements.ts'
import { harmless } from '#src/domain/escape.ts'
import { shownMarker } from '#src/domain/marker.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { postCard } from './drawing.ts'
import { clockTime } from './times.ts'
import { replyWords } from './view.ts'

/** 详情: the present state, in full. A bare `#7KQ8H2` asks for the same. */
export const show = composer()

show.on('card:show', (ctx) => {
  ctx.answer({ accepted: false })
})

show.command('详情', (ctx) => {
  details(ctx, ctx.event.chat, ctx.event.messageId)
})

show.on('agent:text', async (ctx, next) => {
  if (ctx.event.text.trim() === '' && ctx.conversation)
    details(ctx, ctx.event.chat, ctx.event.messageId)
  else await next()
})

function details(ctx: Context, chat: ChatRef, messageId: string): void {
  const { conversation, contact } = ctx
  if (!conversation || !contact) return ctx.whisper('没有找到这个会话')
  const group = ctx.groupOf(chat)
  if (group && ctx.workplaceOf(group).can.cards) postCard(ctx, group, messageId)
  const { timeZone } = ctx.deskSettings
  const lines = ctx.messages.map(({ at, who, content, reply }) => {
    const state = reply ? `（${replyWords[reply]}）` : ''
    return text(
      `${clockTime(at, timeZone)} ${harmless(who)}：${harmless(contentWords(content))}${state}`,
    )
  })
  const title = `${harmless(contact.alias)} ${shownMarker(conversation.marker)}`
  return ctx.note(chat, title, [text(title), ...lines], messageId)
}
