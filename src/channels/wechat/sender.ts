import type { Outgoing } from '#src/ports/channel.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { WechatClient } from './client.ts'
import type { WechatOaConfig } from './config.ts'
import { encode } from './encode.ts'
import { withNext } from './errors.ts'
import type { Uploads } from './uploads.ts'
import { userAnswer } from './wire.ts'

/** How many sends are remembered for the one more try after 45047. */
const MAX_REMEMBERED = 1000

/** Sends messages of one 公众号 and looks twice at the refusals that can mean two things. */
export class Sender {
  readonly #config: WechatOaConfig
  readonly #client: WechatClient
  readonly #uploads: Uploads
  /** Sends that were told 45047 once already. */
  readonly #toldUsedUp = new Set<string>()

  constructor(config: WechatOaConfig, client: WechatClient, uploads: Uploads) {
    this.#config = config
    this.#client = client
    this.#uploads = uploads
  }

  /** @throws {PlatformError} */
  async send(message: Outgoing): Promise<void> {
    try {
      await this.#sendOnce(message).catch((error: unknown) => this.#withNewMedia(message, error))
    } catch (error) {
      throw await this.#lookedAtTwice(message, error)
    }
    this.#toldUsedUp.delete(message.idempotencyKey)
  }

  /** Shows 对方正在输入. @throws {PlatformError} */
  async typing(openid: string): Promise<void> {
    const body = JSON.stringify({ touser: openid, command: 'Typing' })
    const path = '/cgi-bin/message/custom/typing'
    await this.#client.call({ name: 'custom/typing', method: 'POST', path, body })
  }

  async #sendOnce({ to, content }: Outgoing): Promise<void> {
    const body = encode(to, content, await this.#uploads.of(content), this.#config)
    const path = this.#config.sendPath
    await this.#client.call({ name: 'custom/send', method: 'POST', path, body, shown: true })
  }

  /** A media id that the platform no longer knows: uploaded again from our archive, once. */
  async #withNewMedia(message: Outgoing, error: unknown): Promise<void> {
    if (!isCode(error, 'wechat.media_expired')) throw error
    this.#uploads.forget(message.content)
    await this.#sendOnce(message)
  }

  async #lookedAtTwice(message: Outgoing, error: unknown): Promise<unknown> {
    if (isCode(error, 'wechat.window_closed')) return await this.#windowOrLeft(message.to, error)
    if (isCode(error, 'wechat.quota_used')) return this.#usedUpOrEarly(message, error)
    return error
  }

  /** 45015 stands for "too late" and for "has left": the customer's record tells which. */
  async #windowOrLeft(openid: string, error: PlatformError): Promise<PlatformError> {
    const query = { openid, lang: 'zh_CN' }
    const path = '/cgi-bin/user/info'
    try {
      const answer = await this.#client.call({ name: 'user/info', method: 'GET', path, query })
      const user = userAnswer.safeParse(answer)
      const left = user.success && user.data.subscribe === 0
      return left ? withNext(error, { do: 'give-up', reason: 'not-following' }) : error
    } catch {
      return error // what it stands for more often
    }
  }

  /** 45047 has come on a first reply that was too quick: one more try, some seconds later. */
  #usedUpOrEarly({ idempotencyKey }: Outgoing, error: PlatformError): PlatformError {
    const afterMs = this.#config.quotaUsedRetryMs
    if (afterMs === 0 || this.#toldUsedUp.delete(idempotencyKey)) return error
    this.#toldUsedUp.add(idempotencyKey)
    for (const oldest of this.#toldUsedUp) {
      if (this.#toldUsedUp.size <= MAX_REMEMBERED) break
      this.#toldUsedUp.delete(oldest)
    }
    return withNext(error, { do: 'retry', afterMs })
  }
}

function isCode(error: unknown, code: string): error is PlatformError {
  return error instanceof PlatformError && error.code === code
}
