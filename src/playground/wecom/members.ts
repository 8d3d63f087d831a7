import { buttonKeys } from './cards.ts'
import type { Author, Chat, ClickOutcome, Content, Line, Media, MediaType } from './model.ts'
import type { Request } from './requests.ts'
import type { Settings } from './commands.ts'

/** What the people's side needs of the rest of the stand-in. */
export interface MembersParts {
  settings: Settings
  now: () => number
  botName: () => string
  chat: (chatId: string) => Chat | undefined
  single: (userid: string) => Chat
  addLine: (chat: Chat, author: Author, content: Content, quotes?: Line) => Line
  /** The encrypted link that the bot gets for a picture or file. */
  link: (media: Media) => { url: string; aeskey: string }
  /** Opens a req_id for a callback. */
  open: (request: Request) => string
  /** Sends a callback; false when no bot is there to get it. */
  callback: (kind: CallbackKind, reqId: string, body: object) => boolean
}

export type CallbackKind = 'message' | 'enter_chat' | 'template_card_event'

/** One thing that a member did. */
export interface Deed {
  line: Line
  /** Whether a connected bot was told. */
  told: boolean
  msgid: string
}

export interface MentionOptions {
  /** The line that is quoted. */
  quote?: Line
  /** What stands between the bot's name and the text: a space, U+2005, … */
  space?: string
}

/** What members of the company do in their WeCom clients. */
export class Members {
  readonly #parts: MembersParts
  #next = 1

  constructor(parts: MembersParts) {
    this.#parts = parts
  }

  /** `@bot text` in a group, perhaps with a quote: the only words of a group that the bot hears. */
  mention(chatId: string, userid: string, text: string, options: MentionOptions = {}): Deed {
    const chat = this.#group(chatId)
    const content = `@${this.#parts.botName()}${options.space ?? ' '}${text}`
    const line = this.#put(chat, userid, { kind: 'text', text: content }, options.quote)
    return this.#tell(chat, userid, line, {
      msgtype: 'text',
      text: { content },
      ...this.#quoted(options.quote),
    })
  }

  /** `@bot text` together with pictures, as one message. */
  mentionWithPictures(
    chatId: string,
    userid: string,
    text: string,
    pictures: Omit<Media, 'type'>[],
    options: MentionOptions = {},
  ): Deed {
    const chat = this.#group(chatId)
    const words = `@${this.#parts.botName()}${options.space ?? ' '}${text}`
    const images = pictures.map((picture) => ({ ...picture, type: 'image' as const }))
    const line = this.#put(chat, userid, { kind: 'mixed', text: words, images }, options.quote)
    return this.#tell(chat, userid, line, {
      ...this.#mixed(words, images),
      ...this.#quoted(options.quote),
    })
  }

  /** Plain talk in a group, without the mention: members see it, the bot does not. */
  say(chatId: string, userid: string, text: string): Line {
    return this.#put(this.#group(chatId), userid, { kind: 'text', text })
  }

  /** A picture or file in a group: the bot does not see it, but somebody may quote it. */
  post(chatId: string, userid: string, media: Media): Line {
    return this.#put(this.#group(chatId), userid, { kind: 'media', media })
  }

  /** Words in the single chat with the bot. */
  write(userid: string, text: string, quote?: Line): Deed {
    const chat = this.#parts.single(userid)
    const line = this.#put(chat, userid, { kind: 'text', text }, quote)
    return this.#tell(chat, userid, line, {
      msgtype: 'text',
      text: { content: text },
      ...this.#quoted(quote),
    })
  }

  /** A picture, file, voice clip (the bot gets its words only) or video in the single chat. */
  send(userid: string, media: Media, spoken = ''): Deed {
    const chat = this.#parts.single(userid)
    const line = this.#put(chat, userid, { kind: 'media', media })
    return this.#tell(chat, userid, line, this.#mediaBody(media, spoken))
  }

  /** The first opening of the single chat on a day: an `enter_chat` event, not a message. */
  enter(userid: string): boolean {
    const chat = this.#parts.single(userid)
    const request = { kind: 'enter', chat, atMs: this.#parts.now(), used: false } as const
    const reqId = this.#parts.open({ ...request })
    return this.#parts.callback('enter_chat', reqId, {
      ...this.#head(chat, userid),
      msgtype: 'event',
      event: { eventtype: 'enter_chat' },
    })
  }

  /**
   * Presses a button of a card; resolves with what the member saw.
   * @throws when he does not see such a card or button
   */
  async click(userid: string, line: Line, key: string): Promise<ClickOutcome> {
    const { chat, shown, cardType } = this.#visibleCard(userid, line, key)
    const atMs = this.#parts.now()
    return new Promise((resolve) => {
      const settle = once(resolve)
      const { taskId } = shown
      const reqId = this.#parts.open({
        kind: 'click',
        chat,
        atMs,
        used: false,
        line,
        taskId,
        settle,
      })
      const isTold = this.#parts.callback('template_card_event', reqId, {
        ...this.#head(chat, userid),
        msgtype: 'event',
        event: {
          eventtype: 'template_card_event',
          template_card_event: { card_type: cardType, event_key: key, task_id: taskId },
        },
      })
      if (!isTold) settle({ kind: 'lost' })
      else
        setTimeout(
          () => settle({ kind: 'unanswered' }),
          this.#parts.settings.answerWindowMs,
        ).unref()
    })
  }

  #visibleCard(userid: string, line: Line, key: string) {
    const chat = this.#parts.chat(line.chatId)
    if (chat === undefined || line.content.kind !== 'card') throw new Error('not a card')
    const { shown } = line.content
    const card = shown.byUser.get(userid) ?? shown.card
    if (!buttonKeys(card).includes(key)) throw new Error('the card has no such button now')
    return { chat, shown, cardType: card.card_type }
  }

  #put(chat: Chat, userid: string, content: Content, quotes?: Line): Line {
    const member = chat.members.find((one) => one.userid === userid)
    if (member === undefined) throw new Error('not a member of this chat')
    return this.#parts.addLine(chat, { kind: 'member', ...member }, content, quotes)
  }

  #tell(chat: Chat, userid: string, line: Line, body: object): Deed {
    chat.activated = true
    const head = this.#head(chat, userid)
    const request = { kind: 'message', chat, atMs: this.#parts.now(), streams: new Map() } as const
    const reqId = this.#parts.open({ ...request })
    const told = this.#parts.callback('message', reqId, { ...head, ...body })
    return { line, told, msgid: head.msgid }
  }

  #head(chat: Chat, userid: string) {
    return {
      msgid: `m${this.#next++}-${this.#parts.now().toString(36)}`,
      create_time: Math.floor(this.#parts.now() / 1000),
      ...(chat.kind === 'group' && { chatid: chat.id }),
      chattype: chat.kind,
      from: { userid },
    }
  }

  #mediaBody(media: Media, spoken: string): { msgtype: MediaType } & Record<string, unknown> {
    if (media.type === 'voice') return { msgtype: 'voice', voice: { content: spoken } }
    return { msgtype: media.type, [media.type]: this.#parts.link(media) }
  }

  /** `quote` has the type and content of the quoted line, never its id. */
  #quoted(line: Line | undefined): { quote?: object } {
    return line === undefined ? {} : { quote: this.#quote(line.content) }
  }

  #quote(content: Content): object {
    if (content.kind === 'media') return this.#mediaBody(content.media, '')
    if (content.kind === 'mixed') return this.#mixed(content.text, content.images)
    return { msgtype: 'text', text: { content: this.#quotedText(content) } }
  }

  /** A card cannot be quoted: the quote of one is empty. */
  #quotedText(content: Exclude<Content, { kind: 'media' | 'mixed' }>): string {
    if (content.kind === 'card') return ''
    if (content.kind === 'text') return content.text
    const { quotedMarkdown } = this.#parts.settings
    if (quotedMarkdown === 'raw') return content.markdown
    if (quotedMarkdown === 'cut') return Array.from(content.markdown).slice(0, 20).join('')
    return content.markdown.replaceAll(/<[^>]*>|[*_`>]|\[|\]\([^)]*\)/g, '')
  }

  #mixed(text: string, images: readonly Media[]): object {
    const items = images.map((image) => ({ msgtype: 'image', image: this.#parts.link(image) }))
    return {
      msgtype: 'mixed',
      mixed: { msg_item: [{ msgtype: 'text', text: { content: text } }, ...items] },
    }
  }

  #group(chatId: string): Chat {
    const chat = this.#parts.chat(chatId)
    if (chat?.kind !== 'group') throw new Error('no such group')
    return chat
  }
}

function once<T>(settle: (value: T) => void): (value: T) => void {
  let isSettled = false
  return (value) => {
    if (!isSettled) settle(value)
    isSettled = true
  }
}
