import type { AgentInput } from '#src/ports/workplace.ts'
import { makeMediaRef } from './ids.ts'
import { recordOf, scalarOf, unpack } from './loose.ts'
import type { BotMessage } from './wire.ts'

/** How deep words may lie in a quoted message. */
const MAX_DEPTH = 6

/**
 * What is quoted: our own card or line by its processQueryKey, a colleague's picture as a file to be sent. A quote that
 * cannot be read is still one, so that nobody takes the words for ones without address.
 */
export function quotedOf(message: BotMessage): Pick<AgentInput, 'quoted'> {
  // The fields are undocumented and were seen in all three places [sdk].
  const places = [message, message.text, message.content].map(recordOf)
  const find = (name: string): unknown =>
    places.map((place) => place[name]).find((value) => isPresent(value))
  const replied = recordOf(find('repliedMsg'))
  const platformId = scalarOf(find('originalProcessQueryKey'))
  if (!SIGNS.some((name) => isPresent(find(name)))) return {}
  const text = wordsOf(find('repliedMsg')) || wordsOf(find('quoteMessage'))
  const code = colleaguesPicture(replied, platformId, message.chatbotUserId)
  const quoted = {
    ...(platformId !== undefined && { platformId }),
    ...(text !== '' && { text }),
    ...(code !== undefined && { media: { kind: 'image' as const, ref: makeMediaRef(code) } }),
  }
  return { quoted }
}

const SIGNS = [
  'isReplyMsg',
  'repliedMsg',
  'originalMsgId',
  'originalProcessQueryKey',
  'quoteMessage',
]

const isPresent = (value: unknown): boolean =>
  ![undefined, null, false, 0, '', 'false', '0', 'null'].some((none) => none === value)

/** Ours are never sent back: what a customer sent may be among them. */
function colleaguesPicture(
  replied: Readonly<Record<string, unknown>>,
  platformId: string | undefined,
  bot: string | null | undefined,
): string | undefined {
  const sender = scalarOf(replied['senderId'])
  const isOurs = platformId !== undefined || sender === (bot ?? undefined)
  if (isOurs || replied['msgType'] !== 'picture') return undefined
  return scalarOf(recordOf(replied['content'])['downloadCode'])
}

/** The words of a quoted message, wherever they lie: text, content, richText, also packed as JSON. */
function wordsOf(value: unknown, depth = 0): string {
  const read = unpack(value)
  if (typeof read === 'string') return read
  if (depth > MAX_DEPTH) return ''
  if (Array.isArray(read)) return read.map((part) => wordsOf(part, depth + 1)).join('')
  const record = recordOf(read)
  for (const name of ['text', 'content', 'richText']) {
    const words = wordsOf(record[name], depth + 1)
    if (words !== '') return words
  }
  return ''
}
