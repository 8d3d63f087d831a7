import type { MessageId } from '#src/domain/ids.ts'
import type { Context } from '#src/router/context.ts'

/** How far back a message is looked for whose result comes late. */
const REACH = 500

/** Results may come when twenty others have been said since: recalls what the last messages do not reach. */
export async function bringIntoSight(ctx: Context, wanted: readonly MessageId[]): Promise<void> {
  const { conversation } = ctx
  if (!conversation || wanted.every((id) => ctx.messages.some((known) => known.id === id))) return
  const after = Math.max(0, conversation.messages - REACH)
  ctx.recall(await ctx.read.messages(conversation.id, after, REACH))
}
