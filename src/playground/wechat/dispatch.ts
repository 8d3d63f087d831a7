import type { AesKey } from '#src/platform/tencent-crypto.ts'
import { type CallbackRequest, sealCallback, type Sealing } from './callback.ts'
import type { InboundFault, InboundFaults } from './inbound-faults.ts'
import type { CallbackMode, Delivery } from './model.ts'
import { type PassiveReply, readPassiveReply } from './passive.ts'
import type { Phone, Posted } from './phone.ts'
import type { Postman } from './postman.ts'

/** What sending needs of the account, read anew for each message: a person may change it at any time. */
export interface Sender {
  readonly appid: string
  readonly originalId: string
  readonly token: string
  readonly key: AesKey
  readonly mode: CallbackMode
  readonly format: Sealing['format']
  readonly callbackUrl: string | undefined
  /** Retries bring the same message under a new MsgId, as has been seen of the platform. */
  readonly retriesCarryNewId: boolean
  now(): number
  nextMsgId(): string
  hasMedia(mediaId: string): boolean
}

/** A message made ready: the requests of its tries, and how to read the answer. */
interface Parcel {
  url: string
  request: (tryNumber: number) => CallbackRequest
  read: (body: string) => PassiveReply
}

const FAULT_TIP = '该公众号提供的服务出现故障，请稍后再试'

/**
 * Sends the callbacks of one account. Those of one phone set out one after another, each when the one before has been
 * tried once; a retry, or a fault of the way in, can still be overtaken.
 */
export class Dispatch {
  readonly #sender: Sender
  readonly #postman: Postman
  readonly #faults: InboundFaults
  readonly #lastTried = new Map<string, Promise<void>>()
  #overtaken: { left: number; go: () => void }[] = []

  constructor(sender: Sender, postman: Postman, faults: InboundFaults) {
    this.#sender = sender
    this.#postman = postman
    this.#faults = faults
  }

  async post(phone: Phone, message: Posted): Promise<Delivery> {
    const faults = [...message.faults, ...this.#faults.strike()]
    const parcel = this.#pack(phone, message)
    const before = this.#lastTried.get(phone.openid)
    const turn = Promise.withResolvers<void>()
    if (!faults.some(holdsBack)) this.#lastTried.set(phone.openid, turn.promise)
    try {
      await before
      for (const fault of faults) await this.#holdBack(fault)
      const copies = faults.flatMap((fault) => this.#copies(phone, message, parcel, fault))
      const delivery = await this.#deliver(phone, parcel, turn.resolve)
      await Promise.all(copies)
      return message.msgId === undefined ? delivery : { ...delivery, msgId: message.msgId }
    } finally {
      turn.resolve()
    }
  }

  /** Lets go at once what waits to be overtaken. */
  release(): void {
    for (const { go } of this.#overtaken.splice(0)) go()
  }

  async #holdBack(fault: InboundFault): Promise<void> {
    if (fault.kind === 'late') await this.#postman.pause(fault.ms)
    else if (fault.kind === 'overtaken') {
      await new Promise<void>((go) => this.#overtaken.push({ left: fault.by, go }))
    }
  }

  #copies(
    phone: Phone,
    message: Posted,
    parcel: Parcel | undefined,
    fault: InboundFault,
  ): Promise<unknown>[] {
    if (fault.kind === 'repeat') {
      return Array.from({ length: fault.times }, () => this.#deliver(phone, parcel))
    }
    return fault.kind === 'new-id' ? [this.#sendAgain(phone, message, fault.afterMs)] : []
  }

  async #sendAgain(phone: Phone, message: Posted, afterMs: number): Promise<void> {
    const again = this.#pack(phone, this.#underNewId(message))
    if (await this.#postman.pause(afterMs)) await this.#deliver(phone, again)
  }

  #underNewId(message: Posted): Posted {
    const msgId = this.#sender.nextMsgId()
    return { ...message, msgId, fields: { ...message.fields, MsgId: BigInt(msgId) } }
  }

  /** Seals the message with the account's present settings; undefined while it has no address. */
  #pack(phone: Phone, message: Posted): Parcel | undefined {
    const { appid, originalId, token, key, mode, format, callbackUrl } = this.#sender
    if (callbackUrl === undefined) return undefined
    const { openid } = phone
    const seal = ({ fields }: Posted): CallbackRequest =>
      sealCallback(fields, { appid, openid, token, key, mode, format }, this.#sender.now())
    const first = seal(message)
    const hasMedia = (mediaId: string): boolean => this.#sender.hasMedia(mediaId)
    return {
      url: callbackUrl,
      // The same bytes at every try, unless retries carry new ids.
      request: (tryNumber) =>
        tryNumber > 0 && this.#sender.retriesCarryNewId && message.msgId !== undefined
          ? seal(this.#underNewId(message))
          : first,
      read: (body) =>
        readPassiveReply(body, { appid, originalId, token, key, mode, openid, hasMedia }),
    }
  }

  async #deliver(phone: Phone, parcel: Parcel | undefined, tried?: () => void): Promise<Delivery> {
    if (parcel === undefined) return { accepted: false, attempts: [] }
    const sending = this.#postman.deliver(parcel.url, parcel.request, parcel.read, tried)
    this.#overtake()
    const delivery = await sending
    if (phone.follows && !delivery.accepted) phone.tip(FAULT_TIP)
    if (phone.follows && delivery.reply !== undefined) phone.receive(delivery.reply, 'passive')
    return delivery
  }

  /** One more callback has set out: those that waited for it follow. */
  #overtake(): void {
    if (this.#overtaken.length === 0) return
    for (const waiting of this.#overtaken) waiting.left -= 1
    const ready = this.#overtaken.filter(({ left }) => left <= 0)
    this.#overtaken = this.#overtaken.filter(({ left }) => left > 0)
    for (const { go } of ready) go()
  }
}

function holdsBack({ kind }: InboundFault): boolean {
  return kind === 'late' || kind === 'overtaken'
}
