import { PlatformError } from '#src/ports/errors.ts'
import type { Delivered, Delivery } from '#src/ports/workplace.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import { drawCard } from './card.ts'
import type { Client } from './client.ts'
import { encodeLines, encodeNote } from './encode.ts'
import type { OutMessage } from './wire.ts'

type Part<Do extends Delivery['do']> = Extract<Delivery, { do: Do }>

/** A file that is on screen while its caption is not: a retry sends the caption alone. */
const REMEMBERED_FILES = 1000

/** Turns what the outbox asks for into commands of the bot. WeCom tells no id of what was posted. */
export class Deliveries {
  readonly #client: Client
  readonly #cardPushGroup: boolean
  readonly #filesShown = new Set<string>()

  constructor(client: Client, cardPushGroup: boolean) {
    this.#client = client
    this.#cardPushGroup = cardPushGroup
  }

  /** @throws {PlatformError} */
  async deliver(delivery: Delivery): Promise<Delivered> {
    switch (delivery.do) {
      case 'lines':
        await this.#client.push(delivery.chat, encodeLines(delivery.lines))
        break
      case 'media':
        await this.#media(delivery)
        break
      case 'post-card':
        await this.#card(delivery)
        break
      case 'note':
        await this.#answer(
          delivery.chat,
          delivery.answers,
          encodeNote(delivery.title, delivery.body),
        )
        break
      case 'update-card':
        throw impossible('an aibot card changes only as the answer to a click')
    }
    return {}
  }

  /** The file first, then the marked line, so that the line under it can be quoted. */
  async #media({ chat, file, caption }: Part<'media'>): Promise<void> {
    const shown = `${chat.id} ${caption.marker}`
    if (!this.#filesShown.has(shown)) {
      await this.#pushFile(chat, file)
      this.#remember(shown)
    }
    await this.#client.push(chat, encodeLines([caption]))
    this.#filesShown.delete(shown)
  }

  async #pushFile(chat: ChatRef, file: Part<'media'>['file']): Promise<void> {
    const { type, mediaId } = await this.#client.upload(file)
    try {
      await this.#client.push(chat, { msgtype: type, media_id: mediaId })
    } catch (error) {
      if (isCode(error, 'wecom.media_id_expired')) this.#client.forgetUpload(file)
      throw error
    }
  }

  #remember(shown: string): void {
    const [oldest] = this.#filesShown
    if (this.#filesShown.size >= REMEMBERED_FILES && oldest !== undefined)
      this.#filesShown.delete(oldest)
    this.#filesShown.add(shown)
  }

  async #card({ chat, card, answers }: Part<'post-card'>): Promise<void> {
    const message: OutMessage = { msgtype: 'template_card', template_card: drawCard(card) }
    const mayPush = this.#cardPushGroup || chat.kind === 'direct'
    if (mayPush) return this.#answer(chat, answers, message)
    if (answers === undefined) throw impossible('cards are not pushed into groups (cardPushGroup)')
    return this.#client.respond(answers, message)
  }

  /** As the answer to a message while that may be answered, otherwise as a push. */
  async #answer(chat: ChatRef, answers: string | undefined, message: OutMessage): Promise<void> {
    if (answers === undefined) return this.#client.push(chat, message)
    try {
      await this.#client.respond(answers, message)
    } catch (error) {
      if (!isCode(error, 'wecom.answer_too_late')) throw error
      await this.#client.push(chat, message)
    }
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof PlatformError && error.code === code

const impossible = (why: string): PlatformError =>
  new PlatformError('wecom.card_fixed', `WeCom: ${why}`, {
    delivered: 'no',
    next: { do: 'give-up', reason: 'wecom.card_fixed' },
  })
