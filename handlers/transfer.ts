import type { Agent } from '#src/domain/desk.ts'
import type { AgentRef } from '#src/domain/refs.ts'
import type { Context } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { homeGroup, refusalWords } from './claim.ts'
import { noteLine, relayLines, tellOthers } from './lines.ts'
import { workplaceLabel } from './view.ts'

/** Handing a conversation over to a named colleague, who may sit in the other workplace. */
export const transfer = composer()

transfer.on('card:colleagues', (ctx) => {
  const { conversation, event } = ctx
  if (conversation?.holder?.agent !== event.agent.id)
    return ctx.whisper(refusalWords(ctx, 'not-yours'))
  return ctx.answer({ accepted: false, show: 'colleagues' })
})

transfer.on('card:transfer', (ctx) => {
  const colleague = ctx.colleagues().find(({ id }) => id === ctx.event.to)
  if (!colleague) return ctx.whisper('没有找到这位同事，请返回后重选')
  return handOver(ctx, ctx.event.agent, colleague, ctx.event.lease)
})

transfer.command('转', (ctx, next) => {
  const wanted = ctx.command.to
  const found = colleaguesCalled(ctx, wanted)
  const [only] = found
  if (!only && isSentence(ctx.event.text)) return next()
  if (only && found.length === 1) return handOver(ctx, ctx.event.agent, only)
  return ctx.whisper(
    found.length > 1
      ? `有 ${found.length} 位同事叫“${wanted}”，请写全名（${names(ctx, found)}）；没有发给顾客`
      : `没有叫“${wanted}”的同事，没有发给顾客。可转给：${names(ctx, others(ctx)) || '暂无'}`,
  )
})

/** 转 200 元给我 is talk: several words that are nobody's name, and no slash in front. */
const isSentence = (typed: string): boolean => /^[^/／\s]+\s+\S+\s+\S/u.test(typed.trim())

function handOver(ctx: Context, by: AgentRef, colleague: Agent, lease?: number): void {
  const group = homeGroup(ctx, colleague)
  if (!group) return ctx.whisper(`${colleague.name} 所在的群还没有绑定，无法转接`)
  const to = { agent: colleague.id, name: colleague.name, group, since: ctx.now }
  const moved = ctx.move({ do: 'transfer', by: by.id, to, ...(lease !== undefined && { lease }) })
  if (!moved.ok) return ctx.whisper(refusalWords(ctx, moved.refusal))
  ctx.mentions.add(colleague.id)
  ctx.leaveHere(by.id)
  ctx.speakHere(colleague.id)
  noteLine(ctx, `${ctx.nameOf(by)} 已转给 ${colleague.name}，请接着回复顾客（发“详情”看完整记录）`)
  tellOthers(ctx)
  relayLines(ctx)
  ctx.log('transferred')
  return ctx.answer({ hint: `已转给 ${colleague.name}`, accepted: true })
}

const others = (ctx: Context): Agent[] =>
  ctx.colleagues().filter(({ id }) => !('agent' in ctx.event) || id !== ctx.event.agent.id)

/** By the whole name, with or without the workplace; else by its beginning, if only one fits. */
function colleaguesCalled(ctx: Context, wanted: string): Agent[] {
  const exact = ctx
    .colleagues()
    .filter((agent) => [agent.name, agent.user, fullName(ctx, agent)].includes(wanted))
  return exact.length > 0 ? exact : others(ctx).filter(({ name }) => name.startsWith(wanted))
}

const names = (ctx: Context, agents: readonly Agent[]): string =>
  agents
    .slice(0, 10)
    .map((agent) => fullName(ctx, agent))
    .join('、')

const fullName = (ctx: Context, { name, workplace }: Agent): string =>
  `${name}·${workplaceLabel(ctx, workplace)}`
