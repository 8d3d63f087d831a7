import type { MessageId } from '#src/domain/ids.ts'
import type { Context } from '#src/router/context.ts'

/** Results may come when twenty others have been said since: recalls what the last messages do not reach. */
export async function bringIntoSight(ctx: Context, wanted: readonly MessageId[]): Promise<void> {
  if (!ctx.conversation) return
  const unseen = wanted.filter((id) => !ctx.messages.some((known) => known.id === id))
  if (unseen.length > 0) ctx.recall(await ctx.read.messagesById(unseen))
}
