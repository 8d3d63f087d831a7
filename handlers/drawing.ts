import { colleaguesCard, conversationCard, stubCard } from '#cards/conversation.ts'
import type { Card } from '#cards/elements.ts'
import { priority } from '#src/domain/change.ts'
import type { Contact } from '#src/domain/contact.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import type { Group } from '#src/domain/desk.ts'
import type { CardId } from '#src/domain/ids.ts'
import { makeCardId, planCard, shownBy } from '#src/domain/thread.ts'
import { type Context, chatOf } from '#src/router/context.ts'
import { composer } from './bot.ts'
import { relayLines } from './lines.ts'
import { conversationView, shownMessages } from './view.ts'

/** Drawing: when all is decided, every card that no longer tells the truth is drawn once, and a click gets its answer. */
export const drawing = composer()

drawing.use(async (ctx, next) => {
  await next()
  const { conversation, contact } = ctx
  if (!conversation || !contact) return
  touchCard(ctx)
  // What has been said since may push a customer's words off the card.
  if (ctx.stale.size > 0 && conversation.status !== 'closed') relayLines(ctx)
  for (const group of ctx.desk.groups)
    if (ctx.stale.has('all') || ctx.stale.has(group.id))
      drawThread(ctx, conversation, contact, group)
  answerClick(ctx, conversation, contact)
})

/** The holder may have begun to type in the card that they clicked. */
function touchCard(ctx: Context): void {
  const { event, conversation } = ctx
  if (!('card' in event) || conversation?.holder?.agent !== event.agent.id) return
  const group = ctx.groupOf(event.chat)
  const thread = group && ctx.thread(group.id)
  if (thread?.card?.id !== event.card) return
  ctx.saveThread({ ...thread, card: { ...thread.card, touchedAt: ctx.now } })
}

function drawThread(
  ctx: Context,
  conversation: Conversation,
  contact: Contact,
  group: Group,
): void {
  const thread = ctx.thread(group.id)
  const plan = planCard({
    thread,
    conversation,
    can: ctx.workplaceOf(group).can,
    posted: group.posted,
    news: ctx.news,
    now: ctx.now,
    policy: ctx.settings.repost,
  })
  const calls =
    conversation.holder?.group === group.id && ctx.mentions.has(conversation.holder.agent)
  const draw = { ctx, conversation, contact, group }
  if (mustBeSeen(ctx, group)) return post(draw)
  if (plan === 'nothing') return undefined
  if (plan === 'update' && !(calls && ctx.workplaceOf(group).can.mention)) return update(draw)
  post(draw)
}

/**
 * Whether people would miss it further up: a customer is back, or a card that cannot be redrawn shows the holder's
 * buttons though nobody holds it any more (unless it was the one clicked).
 */
function mustBeSeen(ctx: Context, group: Group): boolean {
  const { can } = ctx.workplaceOf(group)
  if (!can.cards || !can.cardPushGroup) return false
  if (ctx.reopened) return true
  if (!ctx.requeued || can.cardUpdateLater) return false
  return !('card' in ctx.event) || ctx.thread(group.id).card?.id !== ctx.event.card
}

interface Drawing {
  ctx: Context
  conversation: Conversation
  contact: Contact
  group: Group
}

/** A new card at the end of the group; what was there before becomes a stub. */
function post({ ctx, conversation, contact, group }: Drawing, answers?: string): void {
  const thread = ctx.thread(group.id)
  const old = thread.card
  const revision = (old?.revision ?? 0) + 1
  const id = makeCardId(conversation.id, group.id, revision)
  const card = conversationCard(conversationView(ctx, conversation, contact, group, id))
  ctx.saveThread({
    ...thread,
    card: {
      id,
      revision,
      postedAt: ctx.now,
      postedAfter: group.posted + 1,
      shown: old?.shown ?? 0,
      touchedAt: 0,
    },
  })
  const mention = ctx.workplaceOf(group).can.mention ? [...ctx.mentions] : []
  ctx.effect(
    {
      do: 'post-card',
      chat: chatOf(group),
      card,
      mention,
      shows: shows(ctx, group),
      ...(answers !== undefined && { answers }),
    },
    { ...cardRow(ctx, group), messages: carried(ctx, group) },
  )
  if (old && !old.lost && ctx.workplaceOf(group).can.cardUpdateLater)
    redraw(ctx, group, stubCard(conversationView(ctx, conversation, contact, group, old.id)), 0, [])
}

/** Posts the card again because somebody asked for it in words. */
export function postCard(ctx: Context, group: Group, answers: string): void {
  const { conversation, contact } = ctx
  if (conversation && contact) post({ ctx, conversation, contact, group }, answers)
}

function update({ ctx, conversation, contact, group }: Drawing): void {
  const id = ctx.thread(group.id).card?.id
  if (id === undefined) return
  const card = conversationCard(conversationView(ctx, conversation, contact, group, id))
  redraw(ctx, group, card, shows(ctx, group), carried(ctx, group))
}

function redraw(
  ctx: Context,
  group: Group,
  card: Card,
  shows: number,
  messages: ReturnType<typeof carried>,
): void {
  ctx.effect(
    { do: 'update-card', chat: chatOf(group), card, shows },
    { ...cardRow(ctx, group), ...(ctx.settings.coalesce && { coalesceKey: card.id }), messages },
  )
}

const cardRow = (ctx: Context, group: Group) => ({
  ...ctx.threadRow(group, 'card'),
  priority: ctx.conversation?.status === 'waiting' ? priority.waitingCard : priority.card,
})

const shows = (ctx: Context, group: Group): number =>
  shownBy(ctx.thread(group.id), ctx.messages, ctx.workplaceOf(group).can)

/** The customer's messages that this drawing puts on a screen for the first time. */
function carried(ctx: Context, group: Group) {
  if (ctx.workplaceOf(group).can.transcript !== 'card') return []
  return shownMessages(ctx, group)
    .filter(({ relay }) => relay === 'waiting')
    .map(({ id }) => id)
}

/** The clicked card as it should look now. A stub stays a stub where it could be drawn as one. */
function answerClick(ctx: Context, conversation: Conversation, contact: Contact): void {
  const { event } = ctx
  if (!('card' in event)) return
  const group = ctx.groupOf(event.chat)
  if (!group) return
  ctx.answerCard = clickedCard(ctx, conversation, contact, group, event.card)
}

function clickedCard(
  ctx: Context,
  conversation: Conversation,
  contact: Contact,
  group: Group,
  id: CardId,
): Card {
  const view = conversationView(ctx, conversation, contact, group, id)
  const current = ctx.thread(group.id).card?.id
  if (current !== id && ctx.workplaceOf(group).can.cardUpdateLater) return stubCard(view)
  return ctx.answered?.show === 'colleagues' ? colleaguesCard(view) : conversationCard(view)
}
