import type { MediaKind } from '#src/domain/content.ts'
import { makeAgentId, type WorkplaceId } from '#src/domain/ids.ts'
import type { AgentRef, ChatRef, MediaRef } from '#src/domain/refs.ts'
import type { AgentInput } from '#src/ports/workplace.ts'
import { makeMediaRef } from './ids.ts'
import { quotedOf } from './quote.ts'
import { type BotMessage, botMessage } from './wire.ts'

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
function textOf({ msgtype, text, content }: BotMessage): string {
  const words = text?.content || (msgtype === 'text' && content?.content)
  if (words) return words.trim()
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

/** The webhook's address is a right to post. */
function withoutWebhook(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data
  return { ...data, sessionWebhook: undefined }
}
