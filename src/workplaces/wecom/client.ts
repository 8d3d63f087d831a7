import type { MediaFile } from '#src/domain/content.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import type { Clock } from '#src/ports/clock.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { MediaReader } from '#src/ports/media.ts'
import { refusal } from './errors.ts'
import { userKey } from './ids.ts'
import { type Ack, unknownOutcome } from './session.ts'
import type { BotSocket } from './socket.ts'
import { chunkBodies, initBody, planUpload } from './upload.ts'
import {
  type MediaType,
  type OutMessage,
  type TemplateCard,
  uploadFinishAnswer,
  uploadInitAnswer,
} from './wire.ts'

export interface ClientParts {
  socket: Pick<BotSocket, 'call'>
  media: MediaReader
  clock: Clock
  imageMaxBytes: number
}

export interface Uploaded {
  type: MediaType
  mediaId: string
}

/** A media_id lives 3 days (101463); an hour is left for its way. */
const MEDIA_ID_MS = 71 * 60 * 60_000
const REMEMBERED_UPLOADS = 500
const REMEMBERED_USERS = 10_000
const USED_TASK_ID = 42014

/** The commands of the bot (101463, read 2026-09). Every method throws PlatformError unless WeCom answered 0. */
export class Client {
  readonly #parts: ClientParts
  readonly #uploads = new Map<string, Uploaded & { until: number }>()
  readonly #users = new Map<string, string>()

  constructor(parts: ClientParts) {
    this.#parts = parts
  }

  /** Remembers the form in which the bot reports a user: single chats are addressed by it. */
  knowUser(reported: string): void {
    const key = userKey(reported)
    // The one heard last stands last.
    this.#users.delete(key)
    const [oldest] = this.#users.keys()
    if (this.#users.size >= REMEMBERED_USERS && oldest !== undefined) this.#users.delete(oldest)
    this.#users.set(key, reported)
  }

  /** A push into a group or single chat where somebody has written to the bot. */
  async push(chat: ChatRef, message: OutMessage): Promise<void> {
    const chatType = chat.kind === 'group' ? 2 : 1
    const id = chat.kind === 'group' ? chat.id : (this.#users.get(chat.id) ?? chat.id)
    const body = { chatid: id, chat_type: chatType, ...wireMessage(message) }
    await this.#send('aibot_send_msg', body)
  }

  /** An answer to a message, for 24 h after it. */
  async respond(reqId: string, message: OutMessage): Promise<void> {
    await this.#send('aibot_respond_msg', wireMessage(message), reqId)
  }

  /** Redraws the clicked card for everybody; only within 5 s of the click whose req_id this is. */
  async updateCard(reqId: string, card: TemplateCard): Promise<void> {
    const body = { response_type: 'update_template_card', template_card: card }
    await this.#call('aibot_respond_update_msg', body, reqId)
  }

  /**
   * Uploads a file, unless its media_id is still good. Nothing is shown to anybody by this, so that a failure is
   * always `delivered: 'no'`.
   */
  async upload(file: MediaFile): Promise<Uploaded> {
    const known = this.#uploads.get(file.hash)
    if (known !== undefined && known.until > this.#parts.clock.now()) return known
    const plan = planUpload(file, this.#parts.imageMaxBytes)
    try {
      const uploaded = { type: plan.type, mediaId: await this.#uploadBytes(file, plan) }
      this.#remember(file, uploaded)
      return uploaded
    } catch (error) {
      throw error instanceof PlatformError && error.delivered === 'unknown' ? unsent(error) : error
    }
  }

  forgetUpload(file: MediaFile): void {
    this.#uploads.delete(file.hash)
  }

  async #uploadBytes(file: MediaFile, plan: ReturnType<typeof planUpload>): Promise<string> {
    const bytes = await this.#parts.media.read(file.hash)
    const init = await this.#call('aibot_upload_media_init', initBody(plan, bytes))
    const { upload_id: uploadId } = readBody(uploadInitAnswer, init, 'aibot_upload_media_init')
    for (const chunk of chunkBodies(uploadId, bytes))
      await this.#call('aibot_upload_media_chunk', chunk)
    const finish = await this.#call('aibot_upload_media_finish', { upload_id: uploadId })
    return readBody(uploadFinishAnswer, finish, 'aibot_upload_media_finish').media_id
  }

  #remember(file: MediaFile, uploaded: Uploaded): void {
    const [oldest] = this.#uploads.keys()
    if (this.#uploads.size >= REMEMBERED_UPLOADS && oldest !== undefined)
      this.#uploads.delete(oldest)
    this.#uploads.set(file.hash, { ...uploaded, until: this.#parts.clock.now() + MEDIA_ID_MS })
  }

  /** A card whose task_id is known already has arrived at an earlier try. */
  async #send(cmd: string, body: Record<string, unknown>, reqId?: string): Promise<void> {
    const ack = await this.#parts.socket.call(cmd, body, reqId)
    if (ack.errcode === USED_TASK_ID && body['msgtype'] === 'template_card') return
    if (ack.errcode !== 0) throw refusal(cmd, ack.errcode)
  }

  async #call(cmd: string, body: Record<string, unknown>, reqId?: string): Promise<Ack> {
    const ack = await this.#parts.socket.call(cmd, body, reqId)
    if (ack.errcode !== 0) throw refusal(cmd, ack.errcode)
    return ack
  }
}

function wireMessage(message: OutMessage): Record<string, unknown> {
  if (!('media_id' in message)) return { ...message }
  const { msgtype, media_id: mediaId } = message
  return { msgtype, [msgtype]: { media_id: mediaId } }
}

function readBody<T>(
  shape: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  ack: Ack,
  cmd: string,
): T {
  const parsed = shape.safeParse(ack.body)
  if (!parsed.success) throw unknownOutcome(cmd, 'an answer without its id')
  return parsed.data
}

const unsent = (error: PlatformError): PlatformError =>
  new PlatformError('wecom.upload_failed', error.message, {
    delivered: 'no',
    next: { do: 'retry' },
    cause: error,
  })
