import { makeAgentId, type WorkplaceId } from '#src/domain/ids.ts'
import type { MediaKind } from '#src/domain/content.ts'
import type { AgentRef, ChatRef, MediaRef } from '#src/domain/refs.ts'
import type { AgentInput, CardClick } from '#src/ports/workplace.ts'
import { makeMediaHandle, parseButtonKey, userKey } from './ids.ts'
import type { InFrame } from './session.ts'
import {
  type ClickCallback,
  clickCallback,
  type MessageCallback,
  messageCallback,
  type Quote,
  quote,
  sender,
  type SealedLink,
} from './wire.ts'

export interface DecodeContext {
  workplace: WorkplaceId
  /** The bot's display names, the longest first. */
  botNames: readonly string[]
  /** Epoch milliseconds of receipt. */
  now: number
}

/** A message callback as words and files of an agent; undefined for what is none. */
export function decodeMessage(frame: InFrame, context: DecodeContext): AgentInput | undefined {
  const parsed = messageCallback.safeParse(frame.body)
  const chat = parsed.success ? chatOf(parsed.data, context) : undefined
  if (!parsed.success || chat === undefined) return undefined
  const message = parsed.data
  return {
    key: message.msgid,
    at: timeOf(message, context),
    agent: agentOf(message, context),
    chat,
    // What an answer needs is the req_id; the platform knows its messages by nothing else later.
    messageId: frame.reqId,
    text: withoutMention(wordsOf(message), context.botNames, chat.kind),
    media: mediaOf(message, context),
    ...(isPresent(message.quote) && { quoted: quoted(quote.parse(message.quote), context) }),
    raw: frame.body,
  }
}

/** A click on one of our cards; undefined for every other event and for a foreign card. */
export function decodeClick(frame: InFrame, context: DecodeContext): CardClick | undefined {
  const parsed = clickCallback.safeParse(frame.body)
  if (!parsed.success) return undefined
  const chat = chatOf(parsed.data, context)
  const agent = agentOf(parsed.data, context)
  const button = readButton(parsed.data.event.event_key)
  if (chat === undefined || agent === undefined || button === undefined) return undefined
  return {
    key: parsed.data.msgid,
    at: timeOf(parsed.data, context),
    agent,
    chat,
    // Whether there is such a card, the core finds out.
    card: parsed.data.event.task_id as CardClick['card'],
    ...button,
    raw: frame.body,
  }
}

/** A click on a card whose button is none of ours; undefined for every other event. */
export function decodeStrayClick(frame: InFrame): { key: string; card: string } | undefined {
  const parsed = clickCallback.safeParse(frame.body)
  if (!parsed.success || readButton(parsed.data.event.event_key) !== undefined) return undefined
  return { key: parsed.data.msgid, card: parsed.data.event.task_id }
}

/** Who wrote or clicked, in the form the bot reports: `from.userid` as it came. */
export function reportedUser({ body }: InFrame): string | undefined {
  const parsed = sender.safeParse(body)
  return parsed.success && parsed.data.from.userid !== '' ? parsed.data.from.userid : undefined
}

type Head = Pick<MessageCallback | ClickCallback, 'chatid' | 'chattype' | 'create_time' | 'from'>

/** The chatid byte for byte, in a single chat the user's. */
function chatOf({ chatid, chattype, from }: Head, context: DecodeContext): ChatRef | undefined {
  const isGroup = (chattype ?? (chatid === undefined ? 'single' : 'group')) === 'group'
  const id = isGroup ? chatid : userKey(from.userid)
  if (id === undefined || id === '') return undefined
  return { kind: isGroup ? 'group' : 'direct', workplace: context.workplace, id }
}

function agentOf({ from }: Head, { workplace }: DecodeContext): AgentRef | undefined {
  if (from.userid === '') return undefined
  const user = userKey(from.userid)
  return { id: makeAgentId(workplace, user), workplace, user }
}

const timeOf = ({ create_time: seconds }: Head, { now }: DecodeContext): number =>
  seconds === undefined || seconds <= 0 ? now : seconds * 1000

function wordsOf({ msgtype, text, voice, mixed }: MessageCallback): string {
  if (msgtype === 'voice') return voice?.content ?? ''
  if (msgtype === 'mixed') return mixedWords(mixed)
  return text?.content ?? ''
}

function mixedWords(mixed: MessageCallback['mixed']): string {
  return (mixed?.msg_item ?? []).flatMap((item) => item.text?.content ?? []).join('\n')
}

function mediaOf(message: MessageCallback, { now }: DecodeContext): MediaRef[] {
  if (message.msgtype === 'mixed') {
    const links = (message.mixed?.msg_item ?? []).flatMap((item) => item.image ?? [])
    return links.map((link) => mediaRef('image', link, now))
  }
  return (['image', 'file', 'video'] as const).flatMap((kind) => {
    const link = message.msgtype === kind ? message[kind] : undefined
    return link === undefined ? [] : [mediaRef(kind, link, now)]
  })
}

function mediaRef(kind: MediaKind, { url, aeskey }: SealedLink, at: number): MediaRef {
  const key = aeskey === undefined ? {} : { aesKey: aeskey }
  return { kind, ref: makeMediaHandle({ url, ...key, at }) }
}

/** A field that is not null, whatever is in it. */
const isPresent = (value: unknown): boolean => value !== undefined && value !== null

/** `quote` has no id: the core finds the thread by the marker in its words. An empty one is a quoted card. */
function quoted(quote: Quote, { now }: DecodeContext): NonNullable<AgentInput['quoted']> {
  const parts = [
    quote.text?.content,
    quote.markdown?.content,
    mixedWords(quote.mixed),
    quote.content,
  ]
  const text = parts.filter((part) => part !== undefined && part !== '').join('\n')
  const media = quotedMedia(quote, now)
  return { ...(text !== '' && { text }), ...(media && { media }) }
}

function quotedMedia(quote: Quote, now: number): MediaRef | undefined {
  if (quote.msgtype === 'mixed') {
    const picture = quote.mixed?.msg_item.find((item) => item.image !== undefined)?.image
    return picture && mediaRef('image', picture, now)
  }
  for (const kind of ['image', 'file', 'video', 'voice'] as const) {
    const link = quote.msgtype === kind ? quote[kind] : undefined
    if (link !== undefined && 'url' in link) return mediaRef(kind, link, now)
  }
  return undefined
}

/**
 * Takes the mention of the bot out of a text, so that no customer ever reads its name: known names wherever they stand.
 * A group message always mentions the bot; where no known name is found it has been renamed, and what is mentioned
 * first is taken for it (up to a U+2005, else one word).
 */
export function withoutMention(
  text: string,
  botNames: readonly string[],
  chat: ChatRef['kind'],
): string {
  const name = botNames.find((one) => text.includes(`@${one}`))
  if (name === undefined)
    return chat === 'group' ? text.replace(UNKNOWN_MENTION, '').trim() : text.trim()
  const mention = RegExp.escape(`@${name}`)
  return text
    .replace(new RegExp(`^\\s*${mention}[\\s,，:：]*`), '')
    .replaceAll(new RegExp(`${mention}\\s?`, 'g'), '')
    .trim()
}

const UNKNOWN_MENTION = /^\s*@(?:[^\u2005]{1,64}\u2005|\S+)\s*/

function readButton(key: string): Pick<CardClick, 'action' | 'lease' | 'value'> | undefined {
  try {
    return parseButtonKey(key)
  } catch {
    // A card of another program that was logged in as this bot.
    return undefined
  }
}
