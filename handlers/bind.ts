import type { Group } from '#src/domain/desk.ts'
import { makeGroupId } from '#src/domain/ids.ts'
import type { Message } from '#src/domain/message.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { noteLine, relayLines } from './lines.ts'

/** More than any desk has open at once: one that is left out would wait until its customer writes again. */
const ALL = 100_000

/** 绑定: a group joins a desk with a code that the owner was given, and sees at once what is open there. */
export const bind = composer()

bind.command('绑定', async (ctx) => {
  const { chat } = ctx.event
  if (chat.kind !== 'group') return ctx.whisper('请在客服群里 @机器人 发送绑定指令')
  const problem = await codeProblem(ctx, ctx.command.code)
  if (problem) return ctx.whisper(problem)
  const group: Group = {
    id: makeGroupId(chat.workplace, chat.id),
    desk: ctx.desk.id,
    workplace: chat.workplace,
    chat: chat.id,
    boundAt: ctx.now,
    posted: ctx.read.group(makeGroupId(chat.workplace, chat.id))?.posted ?? 0,
  }
  ctx.changeDesk({ bind: group, bindCode: ctx.command.code })
  for (const { lane } of await ctx.read.openConversations(ctx.desk.id, ALL))
    ctx.emit({ lane, name: 'thread:open', body: { group: group.id } })
  ctx.log('group-bound')
  return ctx.whisper(
    `已绑定到服务台“${ctx.deskSettings.name}”。顾客来消息时会发到本群；发“帮助”查看用法`,
  )
})

bind.command('解绑', (ctx) => {
  const group = ctx.groupOf(ctx.event.chat)
  if (!group) return ctx.whisper('本群没有绑定服务台')
  ctx.changeDesk({ unbind: group.id })
  ctx.log('group-unbound')
  return ctx.whisper('已解绑，本群不再收到顾客消息')
})

bind.on('thread:open', async (ctx) => {
  if (!ctx.conversation) return
  // What no group has seen yet may be older than the last messages in sight.
  ctx.recall(await ctx.read.messages(ctx.conversation.id, 0, 500))
  ctx.saveThread({ ...ctx.thread(ctx.event.group), lined: settledBefore(ctx.messages) })
  ctx.news = true
  relayLines(ctx)
  ctx.redraw(ctx.event.group)
})

bind.on('thread:parked', (ctx) => {
  if (ctx.conversation)
    noteLine(ctx, '有一条消息处理出错，已暂存未丢失；请管理员运行 jieli parked 查看并重放')
})

/** A group that joins late is spared what has been answered: it begins with what nobody has seen or answered yet. */
function settledBefore(messages: readonly Message[]): number {
  const answered = messages.findLast(({ from }) => from === 'agent')?.number ?? 0
  const unseen = messages.find(({ relay }) => relay === 'waiting' || relay === 'parked')?.number
  return Math.min(answered, (unseen ?? Infinity) - 1)
}

async function codeProblem(ctx: Context, code: string): Promise<string | undefined> {
  const known = await ctx.read.bindCode(code)
  const again = '请管理员运行 jieli bind 重新获取'
  if (!known || known.desk !== ctx.desk.id) return `验证码不对，${again}`
  if (known.used) return `验证码已用过，${again}`
  return known.expiresAt < ctx.now ? `验证码已过期（10 分钟内有效），${again}` : undefined
}
