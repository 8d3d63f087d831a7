import { readFileSync } from 'node:fs'
import type { SeededWorld } from '#src/playground/seed.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'

/** One customer of the crowd, with what the platform was told is safe with us. */
export interface Talker {
  name: string
  phone: Phone
  /** Words whose callback we have acknowledged, in order. */
  acknowledged: string[]
  /** The same for pictures; no two have the same bytes. */
  pictures: Buffer[]
}

/** An answer that an agent gave and that our side has taken over. */
export interface Given {
  customer: string
  words: string
}

export interface CrowdOptions {
  customers: number
  /** Milliseconds between two messages of one customer, about. */
  everyMs: number
  random: () => number
}

/** Every so many messages one is a picture. */
const PICTURE_EVERY = 7
const PICTURE = readFileSync(new URL('../../src/playground/samples/picture.jpg', import.meta.url))

const NAMES = '甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Customers who write and agents who answer, without a break, whether or not anybody listens. */
export class Crowd {
  readonly talkers: Talker[]
  readonly given: Given[] = []
  readonly #world: SeededWorld
  readonly #options: CrowdOptions
  #over = false
  #work: Promise<unknown>[] = []

  constructor(world: SeededWorld, options: CrowdOptions) {
    this.#world = world
    this.#options = options
    const account = world.wechat.account(world.appid)
    this.talkers = Array.from({ length: options.customers }, (_, i) => ({
      name: NAMES[i]!,
      phone: account.addPhone(),
      acknowledged: [],
      pictures: [],
    }))
  }

  /** Everybody says one thing, so that there is somebody to claim. */
  async greet(): Promise<void> {
    for (const talker of this.talkers) await this.#say(talker, 1)
  }

  start(markerOf: (talker: Talker) => string): void {
    for (const [i, talker] of this.talkers.entries()) {
      this.#work.push(this.#talk(talker))
      const marker = markerOf(talker)
      if (i % 3 === 0) this.#work.push(this.#answerInDing(talker, marker))
      if (i % 3 === 1) this.#work.push(this.#answerInWecom(talker, marker))
    }
  }

  /** Says no more; resolves when all that was said has been acknowledged. */
  async hush(): Promise<void> {
    this.#over = true
    await Promise.all(this.#work)
  }

  async #talk(talker: Talker): Promise<void> {
    for (let number = 2; !this.#over; number++) {
      if (number % PICTURE_EVERY === 0) await this.#show(talker, number)
      else await this.#say(talker, number)
      await pause(this.#options.everyMs * (0.5 + this.#options.random()))
    }
  }

  /** One after the other: the platform's retries would otherwise overtake. */
  async #say(talker: Talker, number: number): Promise<void> {
    const words = `${talker.name}${number}。`
    const { accepted } = await talker.phone.text(words)
    if (accepted) talker.acknowledged.push(words)
  }

  async #show(talker: Talker, number: number): Promise<void> {
    const picture = Buffer.concat([PICTURE, Buffer.from(`${talker.name}${number}`)])
    const { accepted } = await talker.phone.image(picture)
    if (accepted) talker.pictures.push(picture)
  }

  async #answerInDing(talker: Talker, marker: string): Promise<void> {
    for (let number = 1; !this.#over; number++) {
      const words = `答${talker.name}${number}。`
      const { members, groups, dingtalk } = this.#world
      const written = dingtalk.people.writeInGroup(members.dingtalk[0]!, groups.dingtalk, {
        text: `#${marker} ${words}`,
      })
      if (await written.acknowledged) this.given.push({ customer: talker.name, words })
      await pause(4 * this.#options.everyMs * (0.5 + this.#options.random()))
    }
  }

  /** WeCom tells a bot once, and does not learn whether it has heard. */
  async #answerInWecom(talker: Talker, marker: string): Promise<void> {
    for (let number = 1; !this.#over; number++) {
      const words = `答${talker.name}${number}。`
      const { members, groups, wecom } = this.#world
      wecom.members.mention(groups.wecom, members.wecom[0]!, `#${marker} ${words}`)
      await pause(4 * this.#options.everyMs * (0.5 + this.#options.random()))
    }
  }
}
