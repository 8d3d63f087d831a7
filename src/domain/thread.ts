import type { ConversationId, CardId, GroupId } from './ids.ts'
import type { Conversation } from './conversation.ts'
import { isMedia } from './content.ts'
import type { Message } from './message.ts'

/** What one group sees of a conversation. */
export interface Thread {
  group: GroupId
  /** Number of the last line. */
  lines: number
  /** Up to this message it is settled which ones get a line of their own; `linedAhead` are settled ones beyond a gap. */
  lined: number
  linedAhead: number[]
  /** The card that is redrawn now; older ones are stubs whose clicks still count. */
  card?: ThreadCard
}

export interface ThreadCard {
  id: CardId
  /** 1 for the first card of the thread, one more with each re-posting. */
  revision: number
  postedAt: number
  /** How many posts of ours the group had when the card was posted. */
  postedAfter: number
  /** Number of the last message that a delivered drawing of the card showed. Kept by the store when a drawing arrives. */
  shown: number
  /** The holder's last click or reply on it. */
  touchedAt: number
  /** It could not be posted, or is no longer there: the next drawing is a new card. */
  lost?: true
}

/** What a workplace's cards can do, as far as a thread needs it (WorkplaceCapabilities has it). */
export interface CardAbilities {
  cards: boolean
  cardPushGroup: boolean
  cardUpdateLater: boolean
  transcript: 'card' | 'lines'
  transcriptLines: number
  transcriptLineChars: number
}

/** When a card that has scrolled away is posted anew. */
export interface RepostPolicy {
  /** Newer posts of ours in the group. */
  afterPosts: number
  afterMs: number
  /** Not this soon after the holder's last click: a draft in the card would be lost. */
  notWithinMs: number
}

/** Whether a group follows the talk: all while it waits, the holder's while it is held. */
export function follows(
  group: GroupId,
  conversation: Conversation,
  mirror: 'holder' | 'all',
): boolean {
  return (
    mirror === 'all' || conversation.holder === undefined || conversation.holder.group === group
  )
}

export interface CardSituation {
  thread: Thread
  conversation: Conversation
  can: CardAbilities
  /** Posts of ours that the group has had so far. */
  posted: number
  /** The customer wrote, or the conversation came back to the queue: people should notice. */
  news: boolean
  now: number
  policy: RepostPolicy
}

/** What becomes of a thread's card after an event. */
export function planCard(situation: CardSituation): 'post' | 'update' | 'repost' | 'nothing' {
  const { thread, conversation, can, news } = situation
  if (!can.cards) return 'nothing'
  if (!thread.card || thread.card.lost)
    return can.cardPushGroup && conversation.status !== 'closed' ? 'post' : 'nothing'
  if (news && can.cardPushGroup && hasScrolledAway(situation)) return 'repost'
  return can.cardUpdateLater ? 'update' : 'nothing'
}

function hasScrolledAway({
  thread,
  conversation,
  can,
  posted,
  now,
  policy,
}: CardSituation): boolean {
  const card = thread.card
  if (!card) return false
  // Where a card cannot be redrawn, only a waiting conversation needs a fresh one: its buttons.
  if (!can.cardUpdateLater && conversation.status !== 'waiting') return false
  if (conversation.status === 'held' && now - card.touchedAt < policy.notWithinMs) return false
  return posted - card.postedAfter >= policy.afterPosts || now - card.postedAt >= policy.afterMs
}

/**
 * Which customer's messages get a line of their own now, oldest first, and the thread that remembers it.
 * Where the card carries the talk these are the ones it cannot show whole: long texts, files, and those that a burst
 * pushes off it before any drawing of them arrived. A file that is still being fetched holds those behind it, unless
 * its time is up (`unfetched` says so).
 */
export function dueLines(
  thread: Thread,
  messages: readonly Message[],
  can: CardAbilities,
  unfetched: (message: Message) => boolean,
): { due: Message[]; thread: Thread } {
  const due: Message[] = []
  const seen = new Set(thread.linedAhead)
  const last = messages.at(-1)?.number ?? 0
  for (const message of messages) {
    if (message.number <= thread.lined || seen.has(message.number)) continue
    if (unfetched(message)) break
    const wanted = wantsLine(message, thread, can, last)
    if (wanted === 'yes') due.push(message)
    if (wanted !== 'later') seen.add(message.number)
  }
  return { due, thread: remember(thread, messages, seen) }
}

function wantsLine(
  message: Message,
  thread: Thread,
  can: CardAbilities,
  last: number,
): 'yes' | 'no' | 'later' {
  if (message.from !== 'customer') return 'no'
  if (can.transcript === 'lines' || !can.cards || needsLine(message, can)) return 'yes'
  if (message.number <= (thread.card?.shown ?? 0)) return 'no'
  return message.number <= last - can.transcriptLines ? 'yes' : 'later'
}

/**
 * Up to which message a drawing made now may count as shown: not past one that has neither a line nor a place on it,
 * because an agent's answer or an awaited picture came between.
 */
export function shownBy(thread: Thread, messages: readonly Message[], can: CardAbilities): number {
  const last = messages.at(-1)?.number ?? 0
  const before = thread.card?.shown ?? 0
  const hidden = messages.find(
    ({ number, from }) =>
      from === 'customer' &&
      number > Math.max(before, thread.lined) &&
      number <= last - can.transcriptLines &&
      !thread.linedAhead.includes(number),
  )
  return hidden ? hidden.number - 1 : last
}

/** Moves the watermark over all that is settled; what is settled beyond a gap is kept by number. */
function remember(thread: Thread, messages: readonly Message[], seen: ReadonlySet<number>): Thread {
  let { lined } = thread
  for (const { number } of messages) {
    if (number <= lined) continue
    if (!seen.has(number)) break
    lined = number
  }
  return { ...thread, lined, linedAhead: [...seen].filter((number) => number > lined) }
}

function needsLine({ content }: Message, can: CardAbilities): boolean {
  if (isMedia(content)) return content.file !== undefined
  return content.kind === 'text' && Array.from(content.text).length > can.transcriptLineChars
}

/** A card id: unique per bot, at most 100 of `[0-9A-Za-z-]`. */
export function makeCardId(conversation: ConversationId, group: GroupId, revision: number): CardId {
  return `${conversation}-${shortHash(group)}-r${revision}` as CardId
}

/** FNV-1a, 32 bits, base 36: tells the groups of one conversation apart. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(36)
}
