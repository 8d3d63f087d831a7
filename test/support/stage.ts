import type { Button, Card, CardElement } from '#cards/elements.ts'
import { bot } from '#handlers/index.ts'
import type { Content, MediaFile } from '#src/domain/content.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import {
  type AgentId,
  type CardId,
  type EventId,
  type LaneKey,
  type MessageId,
  contactLane,
  deskLane,
  makeAgentId,
  makeGroupId,
  mediaHash,
} from '#src/domain/ids.ts'
import type { Message } from '#src/domain/message.ts'
import type { AgentRef, ChatRef } from '#src/domain/refs.ts'
import type { Settings } from '#src/domain/settings.ts'
import type { BotEvent, EventName, EventTable } from '#src/router/events.ts'
import { type Answer, Context } from '#src/router/context.ts'
import { Memory, type Queued } from './lane.ts'
import { DESK, DINGTALK, SHOP, START, WECOM, type ShopOptions, shopSettings } from './shop.ts'

/** How a send to a customer ends. */
export type Ending =
  | { name: 'delivery:sent' }
  | { name: 'delivery:failed'; reason: string }
  | { name: 'delivery:unknown' }

/** What a click came to. */
export interface Clicked {
  answer: Answer | undefined
  card: Card | undefined
}

const sentAlways = (): Ending => ({ name: 'delivery:sent' })

/** The whole bot with everything around it in memory: two groups, agents in both, customers, and a clock. */
export class Stage {
  now = START
  /** How the next sends to customers end; undefined: nobody has said yet. */
  ending: () => Ending | undefined = sentAlways
  readonly memory = new Memory()
  readonly settings: Settings
  readonly phone: Content[] = []
  /** What stands in each chat, in the order of its arrival. */
  readonly #chats = new Map<string, string[]>()
  readonly #cards = new Map<CardId, { card: Card; chat: ChatRef }>()
  #ids = 0
  #random = 0

  constructor(options: ShopOptions = {}) {
    this.settings = shopSettings(options)
  }

  // --- people ---

  readonly customer = {
    says: (text: string, over: Partial<{ who: string; at: number; late: boolean }> = {}) =>
      this.#fromCustomer('customer:text', { text, opens: 'message' }, over),
    sends: (kind: 'image' | 'file' | 'voice' | 'video') =>
      this.#fromCustomer(`customer:${kind}`, { media: { kind, ref: 'ref' }, opens: 'message' }),
    does: (name: 'customer:unsubscribe' | 'customer:subscribe') => this.#fromCustomer(name, {}),
  }

  /** Somebody of the staff, by user id, in their workplace's group unless they say otherwise. */
  agent(user: string, workplace = DINGTALK, name = user): Staff {
    return new Staff(this, { id: makeAgentId(workplace, user), workplace, user, name })
  }

  // --- what can be looked at ---

  /** Everything that stands in a chat, in words, oldest first. */
  chat(id: string): string[] {
    return this.#chats.get(id) ?? []
  }

  card(group: string): Card {
    const last = [...this.#cards.values()].findLast(({ chat }) => chat.id === group)
    if (!last) throw new Error(`no card in ${group}`)
    return last.card
  }

  cards(group: string): Card[] {
    return [...this.#cards.values()].flatMap(({ card, chat }) => (chat.id === group ? [card] : []))
  }

  conversation(who = 'anna'): Conversation {
    const { conversation } = this.memory.snapshot(laneOf(who))
    if (!conversation) throw new Error(`${who} has no conversation`)
    return conversation
  }

  messages(who = 'anna'): Message[] {
    return this.memory.messagesOf(laneOf(who))
  }

  get texts(): string[] {
    return this.phone.map((content) => (content.kind === 'text' ? content.text : content.kind))
  }

  logged(name: string): number {
    return this.memory.log.filter((entry) => entry.name === name).length
  }

  // --- the loop ---

  bindBoth(): void {
    for (const [workplace, chat] of [
      [DINGTALK, 'dt'],
      [WECOM, 'wc'],
    ] as const) {
      const id = makeGroupId(workplace, chat)
      this.memory.groups.set(id, { id, desk: DESK, workplace, chat, boundAt: 0, posted: 0 })
    }
  }

  async play<N extends EventName>(
    lane: LaneKey,
    name: N,
    fields: EventTable[N] & { at?: number; late?: boolean },
  ): Promise<Clicked> {
    const core = { id: this.id() as EventId, lane, name, at: this.now, receivedAt: this.now }
    // The type above has seen to it that these are the fields of this name.
    const context = this.#context({ ...core, ...fields } as BotEvent)
    await bot.handle(context)
    this.memory.apply(lane, context.change())
    const result = { answer: context.answered, card: context.answerCard }
    for (const one of this.memory.emitted.splice(0))
      // A handler made it for this very name.
      await this.play(one.lane, one.name as EventName, one.body as never)
    await this.send()
    return result
  }

  /** Sends all that is queued and can end now. */
  async send(): Promise<void> {
    for (const row of this.memory.outbox.slice()) {
      const index = this.memory.outbox.indexOf(row)
      if (index >= 0 && row.effect.do !== 'fetch-media' && this.#mayEnd(row)) {
        this.memory.outbox.splice(index, 1)
        await this.#deliver(row)
      }
    }
  }

  /** Moves the clock, firing what comes due on the way. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms
    for (;;) {
      const due = [...this.memory.deadlines.values()].filter(({ dueAt }) => dueAt <= until)
      const [next] = due.sort((a, b) => a.dueAt - b.dueAt)
      if (!next) break
      this.memory.deadlines.delete(next.name)
      this.now = Math.max(this.now, next.dueAt)
      const { lane, name, body } = next.event
      // A handler made it for this very name.
      await this.play(lane, name as EventName, { ...body, dueAt: next.dueAt })
    }
    this.now = until
  }

  /** The oldest file that is being fetched arrives, or does not. */
  async fetched(outcome: Partial<MediaFile> | { reason: string } = {}): Promise<void> {
    const at = this.memory.outbox.findIndex(({ effect }) => effect.do === 'fetch-media')
    const row = this.memory.outbox[at]
    if (!row || row.effect.do !== 'fetch-media') throw new Error('nothing is being fetched')
    this.memory.outbox.splice(at, 1)
    const message = row.effect.messages[0]!
    const { kind } = row.effect.media
    const file = { hash: mediaHash('00'), kind, type: 'image/png', bytes: 10 }
    if ('reason' in outcome)
      await this.play(row.lane, 'media:failed', { message, reason: outcome.reason })
    else await this.play(row.lane, 'media:ready', { message, file: { ...file, ...outcome } })
  }

  id(): string {
    return `ID${++this.#ids}`
  }

  #context(event: BotEvent): Context {
    const { contact, conversation, threads, messages } = this.memory.snapshot(event.lane)
    return new Context({
      event,
      now: this.now,
      desk: this.memory.desk(DESK),
      settings: this.settings,
      deskSettings: this.settings.desks.get(DESK)!,
      contact,
      conversation,
      threads,
      messages,
      read: this.memory.lookups,
      newId: () => this.id(),
      random: () => (this.#random = (this.#random * 7 + 0.1234) % 1),
    })
  }

  #mayEnd({ effect }: Queued): boolean {
    return effect.do !== 'reply' || this.ending() !== undefined
  }

  async #deliver(row: Queued): Promise<void> {
    const { lane, effect } = row
    if (effect.do === 'reply') {
      const end = this.ending()!
      if (end.name !== 'delivery:failed') this.phone.push(effect.content)
      await this.play(lane, end.name, {
        effect: effect.id,
        what: 'reply',
        messages: effect.messages,
        ...end,
      })
      return
    }
    this.memory.delivered(row)
    if (!('chat' in effect)) return
    const chat = this.#chats.get(effect.chat.id) ?? []
    this.#chats.set(effect.chat.id, chat)
    switch (effect.do) {
      case 'line':
        chat.push(withoutMarker(effect.line))
        break
      case 'media':
        chat.push(`[${effect.file.kind}] ${withoutMarker(effect.caption)}`)
        break
      case 'note':
        chat.push(
          ['note', effect.title, ...wordsOf(effect.body).filter((w) => w !== effect.title)].join(
            ' | ',
          ),
        )
        break
      case 'post-card':
        chat.push(`card${effect.mention.length > 0 ? ` @${effect.mention.join(',')}` : ''}`)
        this.#cards.set(effect.card.id, { card: effect.card, chat: effect.chat })
        break
      case 'update-card':
        if (!this.#cards.has(effect.card.id)) throw new Error('a card that was never posted')
        this.#cards.get(effect.card.id)!.card = effect.card
    }
  }

  #fromCustomer(
    name: EventName,
    fields: object,
    { who = 'anna', ...over }: Partial<{ who: string; at: number; late: boolean }> = {},
  ): Promise<Clicked> {
    const core = { account: SHOP, externalId: who }
    // Each caller above gives the fields of its name.
    return this.play(laneOf(who), name, { ...core, ...fields, ...over })
  }
}

/** A member of staff at their phone. */
export class Staff {
  readonly ref: AgentRef
  readonly #stage: Stage

  constructor(stage: Stage, ref: AgentRef) {
    this.#stage = stage
    this.ref = ref
  }

  get id(): AgentId {
    return this.ref.id
  }

  get group(): ChatRef {
    return {
      kind: 'group',
      workplace: this.ref.workplace,
      id: this.ref.workplace === WECOM ? 'wc' : 'dt',
    }
  }

  get direct(): ChatRef {
    return { kind: 'direct', workplace: this.ref.workplace, id: this.ref.user }
  }

  /** Words about a customer's conversation, as when they quote its line; `about: 'nobody'` names none. */
  async types(
    text: string,
    {
      about = 'anna',
      chat = this.group,
      unknownMarker,
    }: { about?: string; chat?: ChatRef; unknownMarker?: string } = {},
  ): Promise<void> {
    this.#seen(chat)
    const lane = about === 'nobody' ? deskLane(DESK) : laneOf(about)
    const said = { agent: this.ref, chat, messageId: this.#stage.id(), text }
    await this.#stage.play(lane, 'agent:text', {
      ...said,
      ...(unknownMarker !== undefined && { unknownMarker }),
    })
  }

  async sendsFile(text = '', chat: ChatRef = this.direct): Promise<void> {
    this.#seen(chat)
    const media = [{ kind: 'image' as const, ref: 'agent-ref' }]
    const said = { agent: this.ref, chat, messageId: this.#stage.id(), text, media }
    await this.#stage.play(laneOf('anna'), 'agent:media', said)
  }

  /** Presses a button of the card in their group, as they see it now unless an older lease is given. */
  async clicks(
    action: 'claim' | 'release' | 'close' | 'reply' | 'colleagues' | 'transfer' | 'retry' | 'show',
    over: { lease?: number; card?: CardId; text?: string; to?: AgentId; message?: MessageId } = {},
  ): Promise<Clicked> {
    this.#seen(this.group)
    const shown = this.#stage.card(this.group.id)
    const base = { agent: this.ref, chat: this.group, card: shown.id, lease: shown.lease }
    // A click of each kind carries what that kind has.
    const clicked = await this.#stage.play(laneOf('anna'), `card:${action}`, {
      ...base,
      ...over,
    })
    return clicked
  }

  #seen(chat: ChatRef): void {
    const known = this.#stage.memory.agents.get(this.id)
    const here = chat.kind === 'group' ? [makeGroupId(chat.workplace, chat.id)] : []
    const { id, workplace, user, name = user } = this.ref
    const groups = [...new Set([...(known?.groups ?? []), ...here])]
    this.#stage.memory.agents.set(id, {
      ...known,
      id,
      workplace,
      user,
      name,
      groups,
      seenAt: this.#stage.now,
    })
  }
}

export const laneOf = (who: string): LaneKey => contactLane(SHOP, who)

/** A stage with both groups bound. */
export function stage(options: ShopOptions = {}): Stage {
  const made = new Stage(options)
  made.bindBoth()
  return made
}

/** A card in words, one element a line; buttons as [认领]. */
export function cardWords(card: Card | undefined): string[] {
  return card ? [card.title, ...wordsOf(card.body)] : []
}

export const buttonsOf = (card: Card | undefined): Button[] =>
  (card?.body ?? []).flatMap((one) => (one.type === 'actions' ? one.buttons : []))

function wordsOf(body: readonly CardElement[]): string[] {
  return body.flatMap((one) => {
    switch (one.type) {
      case 'text':
        return [one.text]
      case 'fields':
        return one.fields.map(({ label, value }) => `${label}：${value}`)
      case 'transcript':
        return one.lines.map(
          ({ who, text, state }) => `${who}：${text}${state ? `（${state}）` : ''}`,
        )
      case 'actions':
        return [one.buttons.map(({ label }) => `[${label}]`).join(' ')]
      case 'choice':
        return [`${one.label} ${one.options.map(({ label }) => label).join('、')}`]
      case 'input':
        return [`<${one.label}>`]
    }
  })
}

const withoutMarker = ({ who, text }: { who: string; text: string }): string =>
  who === '' ? `· ${text}` : `${who}：${text}`
