import { z } from 'zod'
import { type Answer, OK, refused } from './answers.ts'
import { readCard } from './cards.ts'
import { conversationLimit, type SlidingLimit } from './limits.ts'
import type { MediaStore } from './media.ts'
import type { Chat, MediaType } from './model.ts'
import { MESSAGE_WINDOW_MS, type Request, type Requests } from './requests.ts'
import type { Rooms } from './rooms.ts'

/** What may be switched while the stand-in runs. */
export interface Settings {
  /** A card pushed into a group is shown; answered 0 and shown to nobody; or refused. Vendor sources disagree. */
  cardPushGroup: 'shown' | 'hidden' | 'refused'
  /** Whether the limits per conversation, per upload and per log-in are held. */
  limits: boolean
  /** A task_id sent before is refused, as seen in the field, or accepted. */
  usedTaskId: 'refused' | 'accepted'
  /** The text of a quoted push: as sent, without its marks, or cut to 20 characters. Not yet seen live. */
  quotedMarkdown: 'raw' | 'plain' | 'cut'
  /** How long a click or a welcome may be answered, in ms. */
  answerWindowMs: number
}

const STREAM_MS = 6 * 60_000
const MAX_MARKDOWN_BYTES = 20_480

const sendBody = z.object({
  chatid: z.string().min(1),
  chat_type: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
  msgtype: z.string(),
})
const updateBody = z.object({
  response_type: z.literal('update_template_card'),
  userids: z.array(z.string()).optional(),
  template_card: z.unknown(),
})
const markdownBody = z.object({ markdown: z.object({ content: z.string().min(1) }) })
const textBody = z.object({ text: z.object({ content: z.string().min(1) }) })
const cardBody = z.object({ template_card: z.unknown() })
const streamBody = z.object({
  stream: z.object({
    id: z.string().min(1),
    finish: z.boolean().default(false),
    content: z.string().default(''),
  }),
})
const typeOnly = z.object({ msgtype: z.string() })

/** The commands of a logged-in bot (101463, read 2026-09), each a function from a body to its answer. */
export class Commands {
  readonly #rooms: Rooms
  readonly #media: MediaStore
  readonly #requests: Requests
  readonly #settings: Settings
  readonly #now: () => number
  readonly #limits = new Map<string, SlidingLimit>()

  constructor(
    rooms: Rooms,
    media: MediaStore,
    requests: Requests,
    settings: Settings,
    now: () => number,
  ) {
    this.#rooms = rooms
    this.#media = media
    this.#requests = requests
    this.#settings = settings
    this.#now = now
  }

  run(cmd: string, reqId: string, body: unknown): Answer {
    switch (cmd) {
      case 'aibot_send_msg':
        return this.#send(body)
      case 'aibot_respond_msg':
        return this.#respond(reqId, body)
      case 'aibot_respond_welcome_msg':
        return this.#welcome(reqId, body)
      case 'aibot_respond_update_msg':
        return this.#update(reqId, body)
      case 'aibot_upload_media_init':
        return this.#media.init(body)
      case 'aibot_upload_media_chunk':
        return this.#media.chunk(body)
      case 'aibot_upload_media_finish':
        return this.#media.finish(body)
      default:
        return refused('badRequest', 'unknown cmd')
    }
  }

  /** A push: only where somebody has written to the bot, chatid in its exact case, never `text`. */
  #send(body: unknown): Answer {
    const parsed = sendBody.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'aibot_send_msg')
    const { chatid, chat_type: chatType = 0, msgtype } = parsed.data
    const chat = this.#rooms.chats.get(chatid)
    if (chat === undefined || !chat.activated) return refused('badChat')
    if (chatType !== 0 && (chatType === 2) !== (chat.kind === 'group')) return refused('badChat')
    const toGroup = chat.kind === 'group'
    if (msgtype === 'template_card' && toGroup && this.#settings.cardPushGroup === 'refused')
      return refused('badMessageType', 'template_card to a group')
    const visible = !toGroup || this.#settings.cardPushGroup === 'shown'
    return this.#put(chat, msgtype, body, visible)
  }

  /** An answer to a message, for a day; a stream for 6 minutes; a stream or a card, not both. */
  #respond(reqId: string, body: unknown): Answer {
    const request = this.#requests.get(reqId)
    if (request?.kind !== 'message') return refused('badReqId')
    if (request.atMs + MESSAGE_WINDOW_MS < this.#now()) return refused('badReqId')
    const parsed = typeOnly.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'msgtype')
    const { msgtype } = parsed.data
    if (msgtype === 'stream') return this.#stream(request, body)
    if (msgtype !== 'template_card') return this.#put(request.chat, msgtype, body, true)
    if (request.answered !== undefined) return refused('badReqId', 'a stream or a card, not both')
    const answer = this.#put(request.chat, msgtype, body, true)
    if (answer.errcode === 0) request.answered = 'card'
    return answer
  }

  #welcome(reqId: string, body: unknown): Answer {
    const request = this.#requests.get(reqId)
    if (request?.kind !== 'enter' || request.used || this.#isLate(request))
      return refused('badReqId')
    const parsed = typeOnly.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'msgtype')
    const { msgtype } = parsed.data
    if (msgtype !== 'text' && msgtype !== 'template_card') return refused('badMessageType', msgtype)
    const answer =
      msgtype === 'text'
        ? this.#text(request.chat, body)
        : this.#put(request.chat, msgtype, body, true)
    if (answer.errcode === 0) request.used = true
    return answer
  }

  /** The answer to a click: once, within the window, with the clicked card's task_id. */
  #update(reqId: string, body: unknown): Answer {
    const request = this.#requests.get(reqId)
    if (request?.kind !== 'click' || request.used || this.#isLate(request))
      return refused('badReqId')
    const parsed = updateBody.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'aibot_respond_update_msg')
    const read = readCard(parsed.data.template_card)
    if ('wrong' in read) return refused('badRequest', read.wrong)
    if (read.card.task_id !== request.taskId) return refused('badReqId', 'another task_id')
    request.used = true
    this.#rooms.updateCard(request.line, read.card, parsed.data.userids)
    this.#requests.settleClick(reqId, read.card)
    return OK
  }

  #put(chat: Chat, msgtype: string, body: unknown, visible: boolean): Answer {
    switch (msgtype) {
      case 'markdown':
        return this.#markdown(chat, body)
      case 'template_card':
        return this.#card(chat, body, visible)
      case 'image':
      case 'file':
      case 'voice':
      case 'video':
        return this.#mediaMessage(chat, msgtype, body)
      default:
        return refused('badMessageType', msgtype)
    }
  }

  #markdown(chat: Chat, body: unknown): Answer {
    const parsed = markdownBody.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'markdown.content')
    const { content } = parsed.data.markdown
    if (Buffer.byteLength(content) > MAX_MARKDOWN_BYTES) return refused('contentTooLong')
    if (!this.#withinLimit(chat)) return refused('tooOften')
    this.#rooms.addLine(
      chat,
      { kind: 'bot' },
      { kind: 'markdown', markdown: content, finished: true },
    )
    return OK
  }

  #text(chat: Chat, body: unknown): Answer {
    const parsed = textBody.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'text.content')
    if (!this.#withinLimit(chat)) return refused('tooOften')
    this.#rooms.addLine(chat, { kind: 'bot' }, { kind: 'text', text: parsed.data.text.content })
    return OK
  }

  #card(chat: Chat, body: unknown, visible: boolean): Answer {
    const parsed = cardBody.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'template_card')
    const read = readCard(parsed.data.template_card)
    if ('wrong' in read) return refused('badRequest', read.wrong)
    const taskId = read.card.task_id ?? ''
    const isUsed = taskId !== '' && this.#rooms.isUsedTaskId(taskId)
    if (isUsed && this.#settings.usedTaskId === 'refused') return refused('usedTaskId')
    if (!this.#withinLimit(chat)) return refused('tooOften')
    this.#rooms.addCard(chat, read.card, taskId, visible)
    return OK
  }

  #mediaMessage(chat: Chat, type: MediaType, body: unknown): Answer {
    const parsed = z.object({ [type]: z.object({ media_id: z.string() }) }).safeParse(body)
    const media = parsed.success
      ? this.#media.uploaded(parsed.data[type]?.media_id ?? '', type)
      : undefined
    if (media === undefined) return refused('badMedia')
    if (!this.#withinLimit(chat)) return refused('tooOften')
    this.#rooms.addLine(chat, { kind: 'bot' }, { kind: 'media', media })
    return OK
  }

  /** The whole text so far, again and again under one id; only the first frame counts against the limit. */
  #stream(request: Request & { kind: 'message' }, body: unknown): Answer {
    const parsed = streamBody.safeParse(body)
    if (!parsed.success) return refused('badRequest', 'stream')
    if (request.answered === 'card') return refused('badReqId', 'a stream or a card, not both')
    const { id, finish, content } = parsed.data.stream
    if (Buffer.byteLength(content) > MAX_MARKDOWN_BYTES) return refused('contentTooLong')
    const open = request.streams.get(id)
    const words = { kind: 'markdown', markdown: content, finished: finish } as const
    if (open === undefined) {
      if (!this.#withinLimit(request.chat)) return refused('tooOften')
      request.answered = 'stream'
      const line = this.#rooms.addLine(request.chat, { kind: 'bot' }, words)
      request.streams.set(id, { line, startedMs: this.#now() })
      return OK
    }
    const isFinished = open.line.content.kind === 'markdown' && open.line.content.finished
    if (isFinished || open.startedMs + STREAM_MS < this.#now()) return refused('streamOver')
    open.line.content = words
    this.#rooms.changed({ kind: 'updated', chatId: request.chat.id, line: open.line })
    return OK
  }

  #isLate(request: Request): boolean {
    return request.atMs + this.#settings.answerWindowMs < this.#now()
  }

  #withinLimit(chat: Chat): boolean {
    if (!this.#settings.limits) return true
    let limit = this.#limits.get(chat.id)
    if (limit === undefined) {
      limit = conversationLimit()
      this.#limits.set(chat.id, limit)
    }
    return limit.take(this.#now())
  }
}
