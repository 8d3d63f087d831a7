import type { Contact } from '#src/domain/contact.ts'
import type { Content } from '#src/domain/content.ts'
import { type Conversation, mayReopen } from '#src/domain/conversation.ts'
import { harmless } from '#src/domain/escape.ts'
import type { AccountId, ConversationId } from '#src/domain/ids.ts'
import { makeMarker } from '#src/domain/marker.ts'
import { openQuota } from '#src/domain/quota.ts'
import type { Context } from '#src/router/context.ts'
import { type BotEvent, messageEvents } from '#src/router/events.ts'
import { composer } from './bot.ts'
import { followers, noteLine, relayLines } from './lines.ts'

/** What customers write and do: messages go to the desk, everything else is remembered. */
export const inbound = composer()

inbound.on('customer', async (ctx, next) => {
  knowContact(ctx, ctx.event)
  await next()
})

inbound.on([...messageEvents], async (ctx) => {
  await openConversation(ctx)
  const message = ctx.addMessage({
    from: 'customer',
    who: ctx.contact?.alias ?? '',
    content: contentOf(ctx.event),
    at: ctx.event.at,
    arrivedAt: ctx.event.receivedAt,
    relay: 'waiting',
  })
  oweAnswer(ctx)
  if ('media' in ctx.event) {
    ctx.fetchMedia(message, ctx.event.media, 'channel')
    ctx.remindAt({
      name: `media/${message.id}`,
      dueAt: ctx.now + ctx.settings.mediaWaitMs,
      event: { lane: ctx.event.lane, name: 'tick:media', body: { message: message.id } },
    })
  }
  ctx.news = true
  relayLines(ctx)
  redrawFollowers(ctx)
  ctx.log('message-in', { kind: message.content.kind })
})

inbound.on('customer:unsubscribe', (ctx) => {
  if (!ctx.contact) return
  ctx.saveContact({ ...ctx.contact, following: false })
  ctx.log('unsubscribed')
  if (!isOpen(ctx.conversation)) return
  noteLine(ctx, '顾客已取消关注，回复将无法送达')
  ctx.redraw('all')
})

inbound.on(['customer:subscribe', 'customer:scan', 'customer:menu'], (ctx) => {
  ctx.log(ctx.event.name)
  if (isOpen(ctx.conversation)) ctx.redraw('all')
})

inbound.on('customer:notice', (ctx) => {
  ctx.log('notice', { notice: ctx.event.notice })
})

function knowContact(
  ctx: Context,
  event: BotEvent & { account: AccountId; externalId: string },
): void {
  const known = ctx.contact ?? newContact(ctx, event)
  const { opens, refs } = event as { opens?: string; refs?: Record<string, string> }
  const quota = opens === undefined ? known.quota : openQuota(known.quota, opens, event.at)
  const following = known.following || event.name !== 'customer:unsubscribe'
  ctx.saveContact({ ...known, quota, following, refs: { ...known.refs, ...refs } })
}

function newContact(ctx: Context, event: { account: AccountId; externalId: string }): Contact {
  const { account, externalId } = event
  const alias = `客户-${makeMarker(() => ctx.random()).slice(0, 4)}`
  return { account, externalId, alias, following: true, refs: {}, quota: {} }
}

/** The open conversation, the closed one opened again, or a new one. */
async function openConversation(ctx: Context): Promise<void> {
  const { conversation, deskSettings, contact, now } = ctx
  if (isOpen(conversation)) return moveToDesk(ctx, conversation)
  if (conversation && mayReopen(conversation, now, deskSettings.reopenWithinMs)) {
    ctx.move({ do: 'reopen' })
    ctx.reopened = true
    ctx.log('reopened')
    return
  }
  if (!contact) return
  ctx.saveConversation({
    id: ctx.newId<ConversationId>(),
    marker: await freeMarker(ctx),
    account: contact.account,
    desk: ctx.desk.id,
    status: 'waiting',
    // Goes on from the last one's, so that no card of it passes for one of this.
    lease: (ctx.conversation?.lease ?? -1) + 1,
    formerHolders: [],
    openedAt: now,
    lastAt: now,
    messages: 0,
  })
  ctx.redraw('all')
  ctx.log('opened')
}

/** The account has been given to another desk since, or its desk another name. */
function moveToDesk(ctx: Context, conversation: Conversation): void {
  if (conversation.desk !== ctx.desk.id)
    ctx.saveConversation({ ...conversation, desk: ctx.desk.id })
}

async function freeMarker(ctx: Context): Promise<string> {
  for (;;) {
    const marker = makeMarker(() => ctx.random())
    if ((await ctx.read.laneOfMarker(marker)) === undefined) return marker
  }
}

function oweAnswer(ctx: Context): void {
  const { conversation, event } = ctx
  if (!conversation || conversation.owedSince !== undefined) return
  ctx.saveConversation({ ...conversation, owedSince: event.late ? ctx.now : event.at })
}

/** While it is held, the other groups' cards only change with its state. */
function redrawFollowers(ctx: Context): void {
  for (const { id } of followers(ctx)) ctx.redraw(id)
}

export const isOpen = (conversation: Conversation | undefined): conversation is Conversation =>
  conversation !== undefined && conversation.status !== 'closed'

function contentOf(event: BotEvent<(typeof messageEvents)[number]>): Content {
  switch (event.name) {
    case 'customer:text':
      return { kind: 'text', text: event.text }
    case 'customer:image':
    case 'customer:video':
    case 'customer:file':
      return { kind: event.media.kind }
    case 'customer:voice':
      return {
        kind: 'voice',
        ...(event.transcript && { transcript: harmless(event.transcript) }),
        ...(event.durationMs !== undefined && { durationMs: event.durationMs }),
      }
    case 'customer:location':
    case 'customer:link':
    case 'customer:miniprogram':
      return event.content
    case 'customer:unsupported':
      return { kind: 'unsupported', type: event.type }
  }
}
