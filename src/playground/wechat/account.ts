import { randomBytes, randomInt } from 'node:crypto'
import { type AesKey, readAesKey } from '#src/platform/tencent-crypto.ts'
import { signedQuery } from './callback.ts'
import { Dispatch, type Sender } from './dispatch.ts'
import type { InboundFaults } from './inbound-faults.ts'
import { MediaLibrary } from './media.ts'
import type {
  AccountOptions,
  CallbackFormat,
  CallbackMode,
  QuotaRule,
  Trigger,
  WechatChange,
} from './model.ts'
import { Phone, type PhoneHost, type PhoneOptions } from './phone.ts'
import { type Postman, withQuery } from './postman.ts'
import { TokenDesk } from './tokens.ts'

/** What an account has from the stand-in that it lives in. */
export interface AccountHost {
  readonly url: string
  readonly rules: Readonly<Record<Trigger, QuotaRule>>
  readonly legacyOverlapMs: number
  readonly postman: Postman
  readonly inbound: InboundFaults
  now(): number
  nextLineId(): number
  changed(change: WechatChange): void
}

/** One 公众号: its settings in 公众平台, its tokens, its media, the phones that talk with it. */
export class OfficialAccount implements Sender {
  readonly appid: string
  readonly secret: string
  readonly originalId: string
  readonly name: string
  readonly media = new MediaLibrary()
  readonly tokens: TokenDesk
  readonly phones = new Map<string, Phone>()
  token: string
  key: AesKey
  mode: CallbackMode
  format: CallbackFormat
  callbackUrl: string | undefined
  retriesCarryNewId = false
  readonly #host: AccountHost
  readonly #dispatch: Dispatch
  #msgId: bigint

  constructor(options: AccountOptions, host: AccountHost) {
    this.#host = host
    // Above 2^53 like the platform's, and higher at every start, so that no id comes twice.
    this.#msgId = BigInt(host.now()) * 20_000n
    this.appid = options.appid
    this.secret = options.secret
    this.originalId = options.originalId ?? `gh_${randomBytes(6).toString('hex')}`
    this.name = options.name ?? options.appid
    this.token = options.token
    this.key = readAesKey(options.encodingAesKey)
    this.mode = options.mode ?? 'safe'
    this.format = options.format ?? 'xml'
    this.callbackUrl = options.callbackUrl
    this.tokens = new TokenDesk(host.legacyOverlapMs)
    this.#dispatch = new Dispatch(this, host.postman, host.inbound)
  }

  /** A customer opens the talk with this account; the openid is made up when left out. */
  addPhone(options: Partial<PhoneOptions> = {}): Phone {
    const openid = options.openid ?? `o${randomBytes(20).toString('base64url')}`
    const phone = new Phone(this.#phoneHost(), { ...options, openid })
    this.phones.set(openid, phone)
    this.#host.changed({ kind: 'phone', appid: this.appid, openid })
    return phone
  }

  /** @throws {Error} when nobody has this openid */
  phone(openid: string): Phone {
    const phone = this.phones.get(openid)
    if (phone === undefined) throw new Error('no such phone')
    return phone
  }

  /** Sets another EncodingAESKey; callbacks under way keep the old one. */
  changeAesKey(encodingAesKey: string): void {
    this.key = readAesKey(encodingAesKey)
  }

  /** The button 提交 beside the server address: whether the server proves that it knows the token. */
  async checkCallbackUrl(): Promise<boolean> {
    if (this.callbackUrl === undefined) return false
    const echo = randomBytes(8).readBigUInt64BE().toString()
    const { query } = signedQuery(this.token, this.now())
    const url = withQuery(this.callbackUrl, `${query}&echostr=${echo}`)
    const answer = await this.#host.postman.get(url)
    return answer?.status === 200 && answer.body === echo
  }

  /** Lets go at once what waits to be overtaken. */
  releaseOvertaken(): void {
    this.#dispatch.release()
  }

  now(): number {
    return this.#host.now()
  }

  nextMsgId(): string {
    this.#msgId += BigInt(randomInt(1, 1000))
    return String(this.#msgId)
  }

  hasMedia(mediaId: string): boolean {
    return this.media.get(mediaId, this.now()) !== undefined
  }

  #phoneHost(): PhoneHost {
    const host = this.#host
    return {
      appid: this.appid,
      originalId: this.originalId,
      rules: host.rules,
      now: () => host.now(),
      nextLineId: () => host.nextLineId(),
      nextMsgId: () => this.nextMsgId(),
      changed: (change) => host.changed(change),
      keepMedia: (bytes, name) => this.media.keep(bytes, name, host.now()).id,
      pictureUrl: (mediaId) => `${host.url}/picture/${this.appid}/${mediaId}`,
      post: (phone, message) => this.#dispatch.post(phone, message),
    }
  }
}
