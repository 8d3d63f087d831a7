import { createHash } from 'node:crypto'
import type { MediaKind } from '#src/domain/content.ts'
import { type CardId, makeAgentId, type WorkplaceId } from '#src/domain/ids.ts'
import type { AgentRef, ChatRef, MediaRef } from '#src/domain/refs.ts'
import type { AgentInput, CardClick } from '#src/ports/workplace.ts'
import { makeMediaRef } from './ids.ts'
import { type BotMessage, botMessage, cardAction, cardCallback } from './wire.ts'

export interface DecodeContext {
  workplace: WorkplaceId
  now: number
}

/** A message to the robot, decoded. */
export interface Decoded {
  input: AgentInput
  /** Where an answer can be posted without an API call, for a while. */
  session?: { webhook: string; expiresAt: number; staffId?: string }
  /** The month's quota is used up: the platform kept the words to itself. */
  withheld: boolean
}

/** undefined: it is not what topic /v1.0/im/bot/messages/get carries. */
export function decodeMessage(
  data: unknown,
  { workplace, now }: DecodeContext,
): Decoded | undefined {
  const parsed = botMessage.safeParse(data)
  if (!parsed.success) return undefined
  const message = parsed.data
  const chat = chatOf(message, workplace)
  const input: AgentInput = {
    key: message.msgId,
    at: message.createAt ?? now,
    agent: agentOf(message, workplace),
    chat,
    messageId: message.msgId,
    text: textOf(message),
    media: mediaOf(message),
    ...quotedOf(message),
    raw: withoutWebhook(data),
  }
  const { sessionWebhook: webhook, sessionWebhookExpiredTime: expiresAt, senderStaffId } = message
  return {
    input,
    withheld: Number(message.code ?? message.errCode) === 20001,
    ...(webhook &&
      expiresAt && {
        session: { webhook, expiresAt, ...(senderStaffId && { staffId: senderStaffId }) },
      }),
  }
}

/** Without senderStaffId nobody can be held to it: people of other companies, or the app is not published. */
function agentOf(
  { senderStaffId: user, senderNick: name }: BotMessage,
  workplace: WorkplaceId,
): AgentRef | undefined {
  if (!user) return undefined
  return { id: makeAgentId(workplace, user), workplace, user, ...(name && { name }) }
}

function chatOf(message: BotMessage, workplace: WorkplaceId): ChatRef {
  const { conversationType, conversationId, senderStaffId } = message
  if (conversationType !== '1') return { kind: 'group', workplace, id: conversationId }
  return { kind: 'direct', workplace, id: senderStaffId || conversationId }
}

/** In groups a blank is left where the mention was. */
function textOf({ text, content }: BotMessage): string {
  if (text?.content) return text.content.trim()
  const parts = content?.richText ?? []
  return parts
    .map((part) => (part.type && part.type !== 'text' ? '' : (part.text ?? '')))
    .join('')
    .trim()
}

const kinds: Readonly<Record<string, MediaKind>> = {
  picture: 'image',
  audio: 'voice',
  video: 'video',
  file: 'file',
}

function mediaOf({ msgtype, content }: BotMessage): MediaRef[] {
  const pictures = (content?.richText ?? []).flatMap(({ downloadCode }) =>
    downloadCode ? [{ kind: 'image' as const, ref: makeMediaRef(downloadCode) }] : [],
  )
  const kind = kinds[msgtype]
  if (!kind || !content?.downloadCode) return pictures
  const name = content.fileName ? { name: content.fileName } : {}
  return [{ kind, ref: makeMediaRef(content.downloadCode), ...name }]
}

/** What is quoted: our own card or line by its processQueryKey, a colleague's picture as a file to be sent. */
function quotedOf(message: BotMessage): Pick<AgentInput, 'quoted'> {
  const replied = message.text?.repliedMsg ?? message.content?.repliedMsg
  const platformId = message.originalProcessQueryKey
  if (!replied && !platformId) return {}
  const text = replied?.content?.text ?? replied?.content?.content
  const isOurs = Boolean(platformId) || replied?.senderId === message.chatbotUserId
  const code = replied?.msgType === 'picture' && !isOurs ? replied.content?.downloadCode : undefined
  const quoted = {
    ...(platformId && { platformId }),
    ...(text && { text }),
    ...(code && { media: { kind: 'image' as const, ref: makeMediaRef(code) } }),
  }
  return { quoted }
}

/** The webhook's address is a right to post. */
function withoutWebhook(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data
  return { ...data, sessionWebhook: undefined }
}

/** undefined: it is not what topic /v1.0/card/instances/callback carries. */
export function decodeClick(
  data: unknown,
  messageId: string,
  { workplace, now }: DecodeContext,
): CardClick | undefined {
  const parsed = cardCallback.safeParse(data)
  if (!parsed.success) return undefined
  const { outTrackId, userId, spaceId, content, value } = parsed.data
  const { action, params } = readAction(content ?? value ?? '')
  const form = recordOf(params['form'])
  const text = stringOf(form['text'])
  const chosen = stringOf(recordOf(form['to'])['value']) ?? stringOf(form['to'])
  const picked = chosen ?? stringOf(params['value'])
  const lease = Number(stringOf(params['lease']) ?? NaN)
  const click = {
    at: now,
    agent: { id: makeAgentId(workplace, userId), workplace, user: userId },
    chat: chatOfClick(stringOf(params['space']), spaceId || undefined, userId, workplace),
    card: outTrackId as CardId, // looked up before anything is done with it
    lease: Number.isSafeInteger(lease) ? lease : -1,
    action,
    ...(picked !== undefined && { value: picked }),
    ...(text !== undefined && { text }),
  }
  return { key: clickKey(click, messageId, stringOf(form['nonce'])), ...click, raw: data }
}

/**
 * A submission that comes twice (the answer was lost, the agent pressed again) is one: its form has a number of its own.
 * Other clicks may be done twice without harm and are told apart by their frame.
 */
function clickKey(
  click: Omit<CardClick, 'key'>,
  messageId: string,
  nonce: string | undefined,
): string {
  const start = `${click.card}/${click.agent.user}/${click.action}`
  if (click.action !== 'reply' || nonce === undefined) return `${start}/${messageId}`
  const words = createHash('sha256')
    .update(click.text ?? '')
    .digest('base64url')
    .slice(0, 22)
  return `${start}/${nonce}/${words}`
}

function readAction(content: string): { action: string; params: Record<string, unknown> } {
  const { cardPrivateData, params: beside } = cardAction.safeParse(parseJson(content)).data ?? {}
  const params = { ...beside, ...cardPrivateData?.params }
  return { action: stringOf(params['action']) ?? cardPrivateData?.actionIds?.[0] ?? '', params }
}

/**
 * Where the card hangs: groups and single chats both have `cid…` ids in `spaceId`, so the card itself says which it is
 * (its variable `space`); a card without that variable is taken for one in a group.
 */
function chatOfClick(
  space: string | undefined,
  spaceId: string | undefined,
  userId: string,
  workplace: WorkplaceId,
): ChatRef {
  const isDirect = space === userId || (space === undefined && spaceId === undefined)
  const id = spaceId ?? space
  return isDirect || id === undefined
    ? { kind: 'direct', workplace, id: userId }
    : { kind: 'group', workplace, id }
}

/** undefined when it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const stringOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {}
