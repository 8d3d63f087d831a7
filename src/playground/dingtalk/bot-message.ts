import { createHash } from 'node:crypto'
import type { App, Entry, EntryContent, Person, Place, World } from './world.ts'

export interface BotMessageParts {
  app: App
  place: Place
  person: Person
  entry: Entry
  sessionWebhook: string
  sessionWebhookExpiredTime: number
}

/** The `data` of topic /v1.0/im/bot/messages/get (dingtalk.md 3.1). */
export function botMessage(world: World, parts: BotMessageParts): Record<string, unknown> {
  const { app, place, person, entry } = parts
  const chatbotUserId = encrypted(app.robotCode)
  const head = {
    msgId: entry.id,
    createAt: entry.at,
    conversationId: place.openConversationId,
    conversationType: place.kind === 'group' ? '2' : '1',
    ...(place.kind === 'group' && { conversationTitle: place.title, isInAtList: true }),
    ...(place.kind === 'group' && { atUsers: [{ dingtalkId: chatbotUserId }] }),
    senderId: encrypted(person.userId),
    ...(!person.external && { senderStaffId: person.userId, senderCorpId: world.corpId }),
    senderNick: person.name,
    senderUnionId: person.unionId,
    senderPlatform: 'Mac',
    isAdmin: false,
    chatbotUserId,
    chatbotCorpId: world.corpId,
    robotCode: app.robotCode,
    sessionWebhook: parts.sessionWebhook,
    sessionWebhookExpiredTime: parts.sessionWebhookExpiredTime,
  }
  return { ...head, ...contentOf(entry.content, place), ...quoteOf(world, entry) }
}

/** The platform's ids of people and robots in chats are opaque. */
function encrypted(id: string): string {
  return `$:LWCP_v1:$${createHash('sha256').update(id).digest('base64').slice(0, 24)}`
}

function contentOf(content: EntryContent, place: Place): Record<string, unknown> {
  switch (content.type) {
    case 'text':
      // What is left of the mention is a space.
      return {
        msgtype: 'text',
        text: { content: place.kind === 'group' ? ` ${content.text} ` : content.text },
      }
    case 'richText': {
      const richText = content.parts.map((part) =>
        'text' in part ? part : { type: 'picture', downloadCode: part.fileId },
      )
      return { msgtype: 'richText', content: { richText } }
    }
    case 'picture':
      return {
        msgtype: 'picture',
        content: { downloadCode: content.fileId, pictureDownloadCode: content.fileId },
      }
    case 'file':
      return {
        msgtype: 'file',
        content: {
          downloadCode: content.fileId,
          fileName: content.fileName,
          spaceId: '1',
          fileId: '2',
        },
      }
    case 'audio': {
      const { durationMs: duration, fileId: downloadCode, recognition } = content
      return { msgtype: 'audio', content: { duration, downloadCode, recognition } }
    }
    case 'video':
      return {
        msgtype: 'video',
        content: {
          duration: Math.round(content.durationMs / 1000),
          downloadCode: content.fileId,
          videoType: 'mp4',
        },
      }
    default:
      return { msgtype: 'unknownMsgType' }
  }
}

/** What a message carries about the one it quotes (undocumented, seen in connectors). */
function quoteOf(world: World, entry: Entry): Record<string, unknown> {
  const quoted = entry.quotes === undefined ? undefined : world.entries.get(entry.quotes)?.entry
  if (!quoted) return {}
  const fromRobot = quoted.author.kind === 'robot'
  const author = quoted.author.kind === 'robot' ? quoted.author.robotCode : quoted.author.userId
  const repliedMsg = {
    ...repliedContent(quoted.content),
    msgId: `msg${quoted.id}`,
    senderId: encrypted(author),
    createdAt: quoted.at,
  }
  const quote = { isReplyMsg: true, repliedMsg }
  return {
    originalMsgId: `msg${quoted.id}`,
    ...(fromRobot && { originalProcessQueryKey: quoted.id }),
    ...merged(entry, quote),
  }
}

function merged(entry: Entry, quote: object): Record<string, unknown> {
  const { content } = entry
  if (content.type === 'text') return { text: { content: ` ${content.text} `, ...quote } }
  // For pictures and rich text the same object sits under `content`.
  if (content.type === 'richText') {
    const richText = content.parts.map((part) =>
      'text' in part ? part : { type: 'picture', downloadCode: part.fileId },
    )
    return { content: { richText, ...quote } }
  }
  if (content.type === 'picture') return { content: { downloadCode: content.fileId, ...quote } }
  return {}
}

function repliedContent(content: EntryContent): Record<string, unknown> {
  switch (content.type) {
    case 'text':
      return { msgType: 'text', content: { text: content.text } }
    case 'markdown':
      return { msgType: 'markdown', content: { text: content.text } }
    case 'card':
      // Its content does not come.
      return { msgType: 'interactiveCard' }
    case 'picture':
      return { msgType: 'picture', content: { downloadCode: content.fileId } }
    default:
      return { msgType: 'unknownMsgType' }
  }
}
