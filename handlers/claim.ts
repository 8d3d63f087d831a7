import { reasonWords } from '#cards/reasons.ts'
import type { Holder } from '#src/domain/conversation.ts'
import type { Agent } from '#src/domain/desk.ts'
import type { GroupId } from '#src/domain/ids.ts'
import type { AgentRef } from '#src/domain/refs.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { noteLine, relayLines, tellOthers } from './lines.ts'
import { holderName } from './view.ts'

/** Claiming and giving back: the first to claim holds the conversation; a later one is told who does. */
export const claim = composer()

claim.on('card:claim', (ctx) => {
  take(ctx, ctx.event.agent, ctx.event.lease)
})
claim.command('认领', (ctx) => {
  take(ctx, ctx.event.agent)
})

claim.on('card:release', (ctx) => {
  giveBack(ctx, ctx.event.agent, ctx.event.lease)
})
claim.command('释放', (ctx) => {
  giveBack(ctx, ctx.event.agent)
})

function take(ctx: Context, agent: AgentRef, lease?: number): void {
  const holder = holderFrom(ctx, agent)
  if (!holder) return ctx.whisper('本服务台还没有绑定群，请先在群里绑定')
  const moved = ctx.move({ do: 'claim', by: holder, ...(lease !== undefined && { lease }) })
  if (!moved.ok) return ctx.whisper(refusalWords(ctx, moved.refusal))
  ctx.speakHere(agent.id)
  ctx.showTyping()
  noteLine(ctx, `${holder.name} 已认领，引用本行并 @机器人 即可回复顾客`)
  tellOthers(ctx)
  ctx.log('claimed')
  return ctx.answer({ hint: '已认领，请回复顾客', accepted: true })
}

function giveBack(ctx: Context, agent: AgentRef, lease?: number): void {
  const moved = ctx.move({ do: 'release', by: agent.id, ...(lease !== undefined && { lease }) })
  if (!moved.ok) return ctx.whisper(refusalWords(ctx, moved.refusal))
  ctx.leaveHere(agent.id)
  backToQueue(ctx, `${ctx.nameOf(agent)} 已释放，等待认领`)
  ctx.log('released')
  return ctx.answer({ hint: '已释放', accepted: true })
}

/** After a release: every group sees it again, also what it missed while another one held it. */
export function backToQueue(ctx: Context, words: string): void {
  ctx.news = true
  ctx.requeued = true
  noteLine(ctx, words)
  relayLines(ctx)
}

export function refusalWords(ctx: Context, refusal: string): string {
  const holder = ctx.conversation?.holder
  const isOthers = refusal === 'held-by-other' || refusal === 'not-yours'
  if (isOthers && holder && 'agent' in ctx.event)
    return `${holderName(ctx, holder, ctx.event.agent)} 已在接待这位顾客`
  return reasonWords(refusal)
}

function holderFrom(ctx: Context, agent: AgentRef): Holder | undefined {
  const group = homeGroup(ctx, agent)
  return group && { agent: agent.id, name: ctx.nameOf(agent), group, since: ctx.now }
}

/** The group whose thread an agent works in: where they act now, else where they were seen, else one of their workplace. */
export function homeGroup(ctx: Context, agent: AgentRef | Agent): GroupId | undefined {
  const here = 'chat' in ctx.event && 'agent' in ctx.event && ctx.event.agent.id === agent.id
  const acting = here && 'chat' in ctx.event ? ctx.groupOf(ctx.event.chat)?.id : undefined
  if (acting) return acting
  const ofDesk = ctx.desk.groups.filter(({ workplace }) => workplace === agent.workplace)
  const seenIn = ctx.agentKnown(agent.id)?.groups ?? []
  return (ofDesk.find(({ id }) => seenIn.includes(id)) ?? ofDesk[0])?.id
}
