import { contentWords } from '#cards/contents.ts'
import type { ConversationView } from '#cards/conversation.ts'
import type { TranscriptLine } from '#cards/elements.ts'
import { reasonWords } from '#cards/reasons.ts'
import type { Contact } from '#src/domain/contact.ts'
import type { Conversation, Holder } from '#src/domain/conversation.ts'
import type { Group } from '#src/domain/desk.ts'
import { harmless, cut } from '#src/domain/escape.ts'
import { type CardId, type WorkplaceId, parseAgentId } from '#src/domain/ids.ts'
import { shownMarker } from '#src/domain/marker.ts'
import type { Message, ReplyState } from '#src/domain/message.ts'
import { noRoomReason, room } from '#src/domain/quota.ts'
import type { Context } from '#src/router/context.ts'
import { clockTime, dayAndTime } from './times.ts'

/** The conversation as one group's card shows it, in words. */
export function conversationView(
  ctx: Context,
  conversation: Conversation,
  contact: Contact,
  group: Group,
  id: CardId,
): ConversationView {
  const { timeZone } = ctx.deskSettings
  const { can } = ctx.workplaceOf(group)
  const { holder } = conversation
  const quota = quotaWords(ctx, contact)
  return {
    id,
    lease: conversation.lease,
    marker: shownMarker(conversation.marker),
    customer: harmless(contact.alias),
    source: sourceWords(ctx),
    status: conversation.status,
    formerHolders: conversation.formerHolders,
    transcript: shownMessages(ctx, group).map((message) =>
      transcriptLine(message, timeZone, can.transcriptLineChars),
    ),
    replyBox: can.cardReply,
    colleagues: colleagues(ctx, conversation, can.maxColleagues),
    ...(conversation.owedSince !== undefined && {
      owedSince: clockTime(conversation.owedSince, timeZone),
    }),
    ...(holder && { holder: { agent: holder.agent, name: holderName(ctx, holder, group) } }),
    ...quota,
    ...troubleOf(ctx.messages, quota.blocked),
  }
}

/** 旗舰店 · 公众号 */
export function sourceWords(ctx: Context): string {
  const account = ctx.account()
  return `${account.name} · ${account.channel}`
}

/** The last messages that fit on this group's card. */
export function shownMessages(ctx: Context, group: Group): Message[] {
  return ctx.messages.slice(-ctx.workplaceOf(group).can.transcriptLines)
}

/** As it is read in a workplace: a name from another one is shown with it, 张三·钉钉. */
export function holderName(
  ctx: Context,
  holder: Holder,
  { workplace }: { workplace: WorkplaceId },
): string {
  const theirs = parseAgentId(holder.agent).workplace
  return theirs === workplace ? holder.name : `${holder.name}·${workplaceLabel(ctx, theirs)}`
}

export const workplaceLabel = (ctx: Context, id: WorkplaceId): string =>
  ctx.settings.workplaces.get(id)?.label ?? id

function transcriptLine(message: Message, timeZone: string, maxChars: number): TranscriptLine {
  const { reply } = message
  return {
    at: clockTime(message.at, timeZone),
    who: harmless(message.who),
    from: message.from,
    text: cut(harmless(contentWords(message.content)), maxChars),
    ...(reply && { state: replyWords[reply] }),
  }
}

export const replyWords: Readonly<Record<ReplyState, string>> = {
  queued: '发送中',
  sent: '已提交',
  failed: '发送失败',
  unknown: '不确定是否送达',
  undelivered: '未送达',
}

function quotaWords(ctx: Context, contact: Contact): Pick<ConversationView, 'quota' | 'blocked'> {
  const { quota } = ctx.account().carrier
  if (!contact.following) return { quota: '无法回复', blocked: reasonWords('not-following') }
  const open = room(contact.quota, quota, ctx.now)
  if (!open) return { quota: '0 条', blocked: reasonWords(whyNoRoom(ctx, contact)) }
  return { quota: `${open.left} 条，至 ${dayAndTime(open.until, ctx.deskSettings.timeZone)}` }
}

/** The platform's own last word, where it has spoken; else what we have counted. */
function whyNoRoom(ctx: Context, contact: Contact): string {
  const last = ctx.messages.findLast(({ from }) => from === 'agent')?.reason
  if (last === 'window-closed' || last === 'quota-used') return last
  return noRoomReason(contact.quota, ctx.account().carrier.quota, ctx.now)
}

/** The last answer, if it went wrong. It can be sent again only while anything can. */
function troubleOf(
  messages: readonly Message[],
  blocked: string | undefined,
): Pick<ConversationView, 'trouble'> {
  const last = messages.findLast(({ from }) => from === 'agent')
  if (
    !last ||
    (last.reply !== 'failed' && last.reply !== 'unknown' && last.reply !== 'undelivered')
  )
    return {}
  const words =
    last.reply === 'unknown'
      ? '上一条回复不确定是否送达：先看顾客反应，再决定要不要重发'
      : `上一条回复没有送达：${reasonWords(last.reason ?? 'unexpected')}`
  return { trouble: { words, message: last.id, again: blocked === undefined } }
}

function colleagues(
  ctx: Context,
  conversation: Conversation,
  max: number,
): ConversationView['colleagues'] {
  return ctx
    .colleagues()
    .filter(({ id }) => id !== conversation.holder?.agent)
    .toSorted((a, b) => b.seenAt - a.seenAt)
    .slice(0, max)
    .map(({ id, name, workplace }) => ({
      value: id,
      label: `${name}·${workplaceLabel(ctx, workplace)}`,
    }))
}
