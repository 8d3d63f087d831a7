import { type QueueRow, queueList } from '#cards/queue.ts'
import { helpBody } from '#cards/help.ts'
import { harmless } from '#src/domain/escape.ts'
import { shownMarker } from '#src/domain/marker.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { clockTime } from './times.ts'
import { holderName } from './view.ts'

/** 列表 and 帮助. */
export const queue = composer()

const LISTED = 20

queue.command('列表', async (ctx) => {
  const { chat, messageId } = ctx.event
  const open = await ctx.read.openConversations(ctx.desk.id, LISTED + 200)
  const rows = open.slice(0, LISTED).map((one) => row(ctx, one, chat))
  ctx.note(chat, '会话列表', queueList(rows, open.length - rows.length), messageId)
})

queue.command('帮助', (ctx) => {
  ctx.note(ctx.event.chat, '帮助', helpBody(hasReplyBox(ctx, ctx.event.chat)), ctx.event.messageId)
})

queue.command('不明', (ctx) => {
  ctx.whisper(`没有“/${ctx.command.typed}”这个指令，没有发给顾客。发“帮助”查看全部指令`)
})

type Open = Awaited<ReturnType<Context['read']['openConversations']>>[number]

function row(ctx: Context, { conversation, contact }: Open, chat: ChatRef): QueueRow {
  const account = ctx.settings.accounts.get(contact.account)
  const { owedSince, holder } = conversation
  return {
    marker: shownMarker(conversation.marker),
    customer: harmless(contact.alias),
    source: account ? `${account.name} · ${account.channel}` : contact.account,
    state: holder ? `${holderName(ctx, holder, chat)} 接待中` : '等待认领',
    ...(owedSince !== undefined && { owedSince: clockTime(owedSince, ctx.deskSettings.timeZone) }),
  }
}

const hasReplyBox = (ctx: Context, chat: ChatRef): boolean =>
  ctx.settings.workplaces.get(chat.workplace)?.can.cardReply ?? false
