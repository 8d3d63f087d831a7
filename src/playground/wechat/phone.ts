import type { WireFields } from './callback.ts'
import type { InboundFault } from './inbound-faults.ts'
import {
  fileMessage,
  imageMessage,
  linkMessage,
  locationMessage,
  otherMessage,
  type Sends,
  textMessage,
  videoMessage,
  voiceMessage,
  type Written,
} from './messages.ts'
import type {
  Delivery,
  PhoneContent,
  PhoneLine,
  QuotaRule,
  Trigger,
  WechatChange,
} from './model.ts'
import { type OpenQuota, Quota } from './quota.ts'

/** What one message may do differently from the usual. */
export interface WriteOptions {
  /** Default: the account's next id. */
  msgId?: string
  /** Epoch seconds; default: now. */
  createTime?: number
  /** Faults of this callback, besides those that are switched on. */
  faults?: readonly InboundFault[]
  /** Further fields of the message, e.g. `bizmsgmenuid` or `MsgDataId`. */
  extra?: WireFields
}

/** What a phone needs of its account. */
export interface PhoneHost extends Sends {
  readonly appid: string
  readonly originalId: string
  readonly rules: Readonly<Record<Trigger, QuotaRule>>
  now(): number
  nextLineId(): number
  nextMsgId(): string
  post(phone: Phone, message: Posted): Promise<Delivery>
  changed(change: WechatChange): void
}

/** A message on its way out of the phone. */
export interface Posted {
  fields: WireFields
  /** Missing for events. */
  msgId?: string
  faults: readonly InboundFault[]
}

export interface PhoneOptions {
  openid: string
  name?: string
  /** Default true: the customer follows the account already. */
  follows?: boolean
  remark?: string
  unionid?: string
}

const TYPING_MS = 15_000
const INTERACTION_MS = 30_000

/** One customer's phone, open on the talk with one account. Everything that it sends resolves when the platform is done with it. */
export class Phone {
  readonly openid: string
  readonly name: string
  readonly unionid: string | undefined
  remark: string
  follows: boolean
  followedAtMs: number
  typingUntilMs = 0
  readonly lines: PhoneLine[] = []
  readonly #host: PhoneHost
  readonly #quota: Quota
  #activeAtMs = -Infinity

  constructor(host: PhoneHost, options: PhoneOptions) {
    this.#host = host
    this.#quota = new Quota(host.rules)
    this.openid = options.openid
    this.name = options.name ?? options.openid
    this.unionid = options.unionid
    this.remark = options.remark ?? ''
    this.follows = options.follows ?? true
    this.followedAtMs = host.now()
  }

  /** What the account has said, in order. By `custom/send` alone: every accepted send, so that doubles can be counted. */
  answers(via?: 'passive' | 'custom/send'): PhoneLine[] {
    return this.lines.filter(
      (line) => line.side === 'account' && (via === undefined || line.via === via),
    )
  }

  quota(): OpenQuota[] {
    return this.#quota.list(this.#host.now())
  }

  text(text: string, options?: WriteOptions): Promise<Delivery> {
    return this.write(textMessage(text), options)
  }

  image(bytes: Buffer, options?: WriteOptions): Promise<Delivery> {
    return this.write(imageMessage(this.#host, bytes), options)
  }

  /** @param format `amr`, or `speex` of old clients */
  voice(bytes: Buffer, format = 'amr', options?: WriteOptions): Promise<Delivery> {
    return this.write(voiceMessage(this.#host, bytes, format), options)
  }

  video(bytes: Buffer, options?: WriteOptions): Promise<Delivery> {
    return this.write(videoMessage(this.#host, bytes, 'video'), options)
  }

  shortvideo(bytes: Buffer, options?: WriteOptions): Promise<Delivery> {
    return this.write(videoMessage(this.#host, bytes, 'shortvideo'), options)
  }

  location(lat: number, long: number, label: string, options?: WriteOptions): Promise<Delivery> {
    return this.write(locationMessage(lat, long, label), options)
  }

  link(title: string, about: string, url: string, options?: WriteOptions): Promise<Delivery> {
    return this.write(linkMessage(title, about, url), options)
  }

  file(bytes: Buffer, name: string, options?: WriteOptions): Promise<Delivery> {
    return this.write(fileMessage(this.#host, bytes, name), options)
  }

  /** A message of any type, with the fields as given. */
  other(type: string, fields: WireFields, options?: WriteOptions): Promise<Delivery> {
    return this.write(otherMessage(type, fields), options)
  }

  /** Taps an item of a menu message that the account has sent. */
  choose(line: PhoneLine, itemId: string, options?: WriteOptions): Promise<Delivery> {
    const menu = line.content
    const item = menu.kind === 'menu' ? menu.items.find(({ id }) => id === itemId) : undefined
    if (item === undefined) throw new Error('the line has no such menu item')
    return this.text(item.text, { ...options, extra: { bizmsgmenuid: itemId } })
  }

  /** Follows the account, by the code with this scene when one is given. */
  subscribe(scene?: string, options?: WriteOptions): Promise<Delivery> {
    this.#follow(true)
    this.#quota.open('subscribe', this.#host.now())
    if (scene === undefined) return this.event('subscribe', { EventKey: '' }, options)
    const fields = { EventKey: `qrscene_${scene}`, Ticket: `ticket-${scene}` }
    return this.event('subscribe', fields, options)
  }

  unsubscribe(options?: WriteOptions): Promise<Delivery> {
    this.#follow(false)
    this.#quota.close()
    return this.event('unsubscribe', { EventKey: '' }, options)
  }

  /** Scans a code of the account, which it follows already. */
  scan(scene: string, options?: WriteOptions): Promise<Delivery> {
    this.#quota.open('scan', this.#host.now())
    return this.event('SCAN', { EventKey: scene, Ticket: `ticket-${scene}` }, options)
  }

  /** Taps an item of the account's menu that has a key. */
  click(key: string, options?: WriteOptions): Promise<Delivery> {
    this.#quota.open('menu', this.#host.now())
    return this.event('CLICK', { EventKey: key }, options)
  }

  /** Scans something through an item of the account's menu. */
  scanFromMenu(
    event: 'scancode_push' | 'scancode_waitmsg',
    key: string,
    result: string,
    options?: WriteOptions,
  ): Promise<Delivery> {
    this.#quota.open('menu', this.#host.now())
    const ScanCodeInfo = { ScanType: 'qrcode', ScanResult: result }
    return this.event(event, { EventKey: key, ScanCodeInfo }, options)
  }

  view(url: string, options?: WriteOptions): Promise<Delivery> {
    return this.event('VIEW', { EventKey: url, MenuId: 430_000_001 }, options)
  }

  /** Any event, with its fields as given; by itself it opens no quota. */
  event(event: string, fields: WireFields = {}, options: WriteOptions = {}): Promise<Delivery> {
    const key = typeof fields['EventKey'] === 'string' ? fields['EventKey'] : ''
    this.#show('customer', 'phone', { kind: 'event', event, key })
    const body = { MsgType: 'event', Event: event, ...fields, ...options.extra }
    const posted = { fields: { ...this.#head(options), ...body }, faults: options.faults ?? [] }
    return this.#host.post(this, posted)
  }

  write({ type, fields, content }: Written, options: WriteOptions = {}): Promise<Delivery> {
    const msgId = options.msgId ?? this.#host.nextMsgId()
    this.#quota.open('message', this.#host.now())
    this.#show('customer', 'phone', content, { msgId })
    const body = { MsgType: type, ...fields, MsgId: BigInt(msgId), ...options.extra }
    const posted = { fields: { ...this.#head(options), ...body }, faults: options.faults ?? [] }
    return this.#host.post(this, { ...posted, msgId })
  }

  /** Shows an answer of the account. */
  receive(content: PhoneContent, via: 'passive' | 'custom/send', kfAccount?: string): PhoneLine {
    this.typingUntilMs = 0
    return this.#show('account', via, content, kfAccount === undefined ? {} : { kfAccount })
  }

  /** The platform's own grey line. */
  tip(text: string): void {
    this.#show('platform', 'platform', { kind: 'tip', text })
  }

  /** Counts one message of the account, or says with which code it is refused. */
  admit(): 'ok' | 45015 | 45047 {
    if (!this.follows) return 45015
    const taken = this.#quota.take(this.#host.now())
    if (taken === 'ok') return 'ok'
    return taken === 'used-up' ? 45047 : 45015
  }

  /** Shows 对方正在输入 for 15 s, or says with which code that is refused. */
  showTyping(on: boolean): 'ok' | 45080 | 45081 {
    const now = this.#host.now()
    if (on && now - this.#activeAtMs > INTERACTION_MS) return 45080
    if (on && now < this.typingUntilMs) return 45081
    this.typingUntilMs = on ? now + TYPING_MS : 0
    const change = { appid: this.#host.appid, openid: this.openid, untilMs: this.typingUntilMs }
    this.#host.changed({ kind: 'typing', ...change })
    return 'ok'
  }

  #follow(follows: boolean): void {
    this.follows = follows
    if (follows) this.followedAtMs = this.#host.now()
    this.#host.changed({ kind: 'phone', appid: this.#host.appid, openid: this.openid })
  }

  /** The fields that every callback begins with. */
  #head(options: WriteOptions): WireFields {
    const now = this.#host.now()
    this.#activeAtMs = now
    return {
      ToUserName: this.#host.originalId,
      FromUserName: this.openid,
      CreateTime: options.createTime ?? Math.floor(now / 1000),
    }
  }

  #show(
    side: PhoneLine['side'],
    via: PhoneLine['via'],
    content: PhoneContent,
    more: { msgId?: string; kfAccount?: string } = {},
  ): PhoneLine {
    const { appid } = this.#host
    const atMs = this.#host.now()
    const line = { id: this.#host.nextLineId(), atMs, side, via, content, ...more }
    this.lines.push(line)
    this.#host.changed({ kind: 'line', appid, openid: this.openid, line })
    return line
  }
}
