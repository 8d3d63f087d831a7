import type { AgentRef, ChatRef } from '#src/domain/refs.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'

/** Who may act. A refusal is polite and shows the person's id, so that the owner can add it. */
export const admission = composer()

admission.on('stranger:text', (ctx) => {
  const { chat, messageId } = ctx.event
  const words = '没能识别你的身份，暂时不能使用。请管理员确认应用已发布，并把你加入应用的可见范围'
  ctx.note(chat, words, [{ type: 'text', text: words, tone: 'plain' }], messageId)
})

admission.on(['agent', 'card'], async (ctx, next) => {
  // A bind code is its own authority, and help harms nobody.
  if (ctx.command?.name === '绑定' || ctx.command?.name === '帮助') return next()
  const problem = refusal(ctx, ctx.event.agent, ctx.event.chat)
  if (problem === undefined) return next()
  ctx.log('not-admitted')
  return ctx.whisper(problem)
})

function refusal(ctx: Context, agent: AgentRef, chat: ChatRef): string | undefined {
  if (chat.kind === 'group' && !ctx.groupOf(chat))
    return '本群还没有绑定服务台。请管理员运行 jieli bind 获取验证码，再在群里发送：@机器人 绑定 验证码'
  if (ctx.settings.admission === 'listed')
    return ctx.settings.listed.has(agent.id)
      ? undefined
      : `你还不在客服名单里。请把你的编号 ${agent.user} 发给管理员添加`
  const seenIn = ctx.agentKnown(agent.id)?.groups ?? []
  const isMember = chat.kind === 'group' || ctx.desk.groups.some(({ id }) => seenIn.includes(id))
  return isMember
    ? undefined
    : `请先在已绑定的客服群里 @机器人 说一句话（你的编号：${agent.user}），再与我单聊`
}
