import { contentWords } from '#cards/contents.ts'
import { text } from '#cards/elements.ts'
import { cut, harmless } from '#src/domain/escape.ts'
import { shownMarker } from '#src/domain/marker.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { postCard } from './drawing.ts'
import { clockTime } from './times.ts'
import { replyWords } from './view.ts'

/** 详情: the present state, in full. A bare `#7KQ8H2` asks for the same. */
export const show = composer()

/** Below what any workplace takes in one message, drawn as Markdown. */
const NOTE_BYTES = 6500
const LINE_CHARS = 2000

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
    const words = harmless(contentWords(content))
    return `${clockTime(at, timeZone)} ${harmless(who)}：${cut(words, LINE_CHARS)}${state}`
  })
  const title = `${harmless(contact.alias)} ${shownMarker(conversation.marker)}`
  const shown = newest(lines)
  const left = lines.length - shown.length
  const more = left > 0 ? [text(`（更早的 ${left} 条略）`, 'hint')] : []
  return ctx.note(
    chat,
    title,
    [text(title), ...more, ...shown.map((line) => text(line))],
    messageId,
  )
}

/** The last of them that fit into one message of any workplace. */
function newest(lines: readonly string[]): string[] {
  let bytes = 0
  const first = lines.findLastIndex((line) => (bytes += Buffer.byteLength(line) + 3) > NOTE_BYTES)
  return lines.slice(first + 1)
}
