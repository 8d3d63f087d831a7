import { contentWords } from '#cards/contents.ts'
import { isMedia } from '#src/domain/content.ts'
import type { Group } from '#src/domain/desk.ts'
import { brief, harmless } from '#src/domain/escape.ts'
import type { Message } from '#src/domain/message.ts'
import { dueLines, follows } from '#src/domain/thread.ts'
import type { Context } from '#src/router/context.ts'
import { holderName, replyWords } from './view.ts'

/** Puts every customer's message that is due into the threads that follow the talk, in order. */
export function relayLines(ctx: Context): void {
  for (const group of followers(ctx)) {
    const { can } = ctx.workplaceOf(group)
    const { due, thread } = dueLines(ctx.thread(group.id), ctx.messages, can, (message) =>
      isAwaitingFile(ctx, message),
    )
    ctx.saveThread(thread)
    for (const message of due) relayLine(ctx, group, message)
  }
}

/** The groups that see what is said now. */
export function followers(ctx: Context): Group[] {
  const { conversation } = ctx
  if (!conversation) return []
  const { mirror } = ctx.deskSettings
  const following = ctx.desk.groups.filter(({ id }) => follows(id, conversation, mirror))
  // The holder's group may have been unbound since: then everybody sees it, so that nothing is said to nobody.
  return following.length > 0 ? following : [...ctx.desk.groups]
}

export function relayLine(ctx: Context, group: Group, message: Message): void {
  const said = {
    who: harmless(message.who),
    from: message.from,
    text: harmless(contentWords(message.content)),
  } as const
  if (isMedia(message.content) && message.content.file) ctx.mediaLine(group, said, message)
  else ctx.line(group, said, [message.id])
}

/** A note of ours in the threads that follow the talk and read lines. */
export function noteLine(ctx: Context, words: string, groups = lineFollowers(ctx)): void {
  for (const group of groups) ctx.line(group, { who: '', from: 'note', text: words })
}

/** Tells the threads how an answer fared; on cards it stands beside the answer. */
export function echoReply(ctx: Context, message: Message, detail = ''): void {
  const state = message.reply ? replyWords[message.reply] : ''
  const said = brief(harmless(contentWords(message.content)), 60)
  noteLine(ctx, `${message.who} → 顾客：${said}（${state}${detail && `：${detail}`}）`)
}

const lineFollowers = (ctx: Context): Group[] =>
  followers(ctx).filter((group) => readsLines(ctx, group))

function readsLines(ctx: Context, group: Group): boolean {
  const { can } = ctx.workplaceOf(group)
  return !can.cards || can.transcript === 'lines'
}

/** Tells the groups that no longer follow the talk who has it: a card there that cannot be redrawn still says 认领. */
export function tellOthers(ctx: Context): void {
  const holder = ctx.conversation?.holder
  if (!holder) return
  const following = new Set(followers(ctx))
  for (const group of ctx.desk.groups) {
    const hasThread = ctx.threads.has(group.id) && readsLines(ctx, group)
    if (following.has(group) || !hasThread) continue
    noteLine(ctx, `${holderName(ctx, holder, group)} 接待中，本群无需处理`, [group])
  }
}

function isAwaitingFile(ctx: Context, { content, arrivedAt }: Message): boolean {
  if (!isMedia(content) || content.file !== undefined || content.lost !== undefined) return false
  return ctx.now - (arrivedAt ?? 0) < ctx.settings.mediaWaitMs
}
