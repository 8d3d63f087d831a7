import type { ChatRef } from '#src/domain/refs.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { Delivered, Delivery } from '#src/ports/workplace.ts'
import type { Api } from './api.ts'
import type { CardDesk } from './card-desk.ts'
import { refusedBecause } from './errors.ts'
import { encodeLines, encodeNote, sampleMarkdown } from './encode.ts'
import type { MediaMessages } from './media.ts'
import { Recent } from './recent.ts'
import type { RobotMessage } from './wire.ts'

/** Where somebody wrote: an answer can be posted there without an API call until `expiresAt`. */
export interface Session {
  webhook: string
  expiresAt: number
  staffId?: string
}

export interface DeliveriesParts {
  api: Api
  cards: CardDesk
  media: MediaMessages
  clock: Clock
  onMasked: () => void
}

type Of<Do extends Delivery['do']> = Extract<Delivery, { do: Do }>

/** An address must live this much longer to be used. */
const SESSION_MARGIN_MS = 30_000

/** What the outbox asks for, as calls. */
export class Deliveries {
  readonly #parts: DeliveriesParts
  readonly #sessions = new Recent<string, Session>(2000)
  /** Files that are posted and whose caption is not: a second try posts only that. */
  readonly #captionless = new Recent<string, Delivered>(500)

  constructor(parts: DeliveriesParts) {
    this.#parts = parts
  }

  /** Remembers where a message came from, for the answer to it. */
  opened(messageId: string, session: Session): void {
    this.#sessions.set(messageId, session)
  }

  /** @throws {PlatformError} */
  deliver(delivery: Delivery): Promise<Delivered> {
    switch (delivery.do) {
      case 'lines':
        return this.#lines(delivery)
      case 'media':
        return this.#media(delivery)
      case 'post-card':
        return this.#parts.cards.post(delivery)
      case 'update-card':
        return this.#parts.cards.update(delivery)
      case 'note':
        return this.#note(delivery)
    }
  }

  async #lines({ chat, lines }: Pick<Of<'lines'>, 'chat' | 'lines'>): Promise<Delivered> {
    try {
      return await this.#send(chat, encodeLines(lines))
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== 'dingtalk.content_unsafe') throw error
      this.#parts.onMasked()
      return this.#send(chat, encodeLines(lines, { masked: true }))
    }
  }

  /** The file first, then its marked line. A quote of either is recognised: of the file by id, of the line by marker. */
  async #media(delivery: Of<'media'>): Promise<Delivered> {
    const { chat, file, caption } = delivery
    const key = `${chat.id} ${caption.marker} ${file.hash}`
    const posted = this.#captionless.get(key) ?? (await this.#postFile(delivery))
    if (!posted) throw refusedBecause('media', 'a format that no chat shows', 'type-unsupported')
    this.#captionless.set(key, posted)
    await this.#lines({ chat, lines: [caption] })
    this.#captionless.delete(key)
    return posted
  }

  async #postFile({ chat, file }: Of<'media'>): Promise<Delivered | undefined> {
    const message = await this.#parts.media.make(file)
    return message && this.#send(chat, message)
  }

  async #note({ chat, title, body, answers }: Of<'note'>): Promise<Delivered> {
    const note = encodeNote(title, body)
    const session = answers === undefined ? undefined : this.#sessions.get(answers)
    if (session && (await this.#answered(session, note, chat))) return {}
    return this.#send(chat, sampleMarkdown(note))
  }

  /** False when the address certainly did not take it, and the API has to. */
  async #answered(
    { webhook, expiresAt, staffId }: Session,
    note: { title: string; text: string },
    chat: ChatRef,
  ): Promise<boolean> {
    const { api, clock } = this.#parts
    if (clock.now() > expiresAt - SESSION_MARGIN_MS) return false
    try {
      await api.answerAt(webhook, note, chat.kind === 'group' ? staffId : undefined)
      return true
    } catch (error) {
      if (error instanceof PlatformError && error.delivered === 'no') return false
      throw error
    }
  }

  async #send(chat: ChatRef, message: RobotMessage): Promise<Delivered> {
    const { api } = this.#parts
    const key =
      chat.kind === 'group'
        ? await api.sendToGroup(chat.id, message)
        : await api.sendToPerson(chat.id, message)
    return key === undefined ? {} : { platformId: key }
  }
}
