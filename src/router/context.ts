import type { Card, CardElement } from '#cards/elements.ts'
import {
  type Change,
  type Deadline,
  type DeskChange,
  type Effect,
  type EffectBody,
  type EmittedEvent,
  type LogEntry,
  priority,
} from '../domain/change.ts'
import type { Contact } from '../domain/contact.ts'
import type { Content } from '../domain/content.ts'
import { type Conversation, type Move, type Moved, move } from '../domain/conversation.ts'
import type { Agent, Desk, Group } from '../domain/desk.ts'
import type { AgentId, EffectId, GroupId, MessageId } from '../domain/ids.ts'
import { makeGroupId } from '../domain/ids.ts'
import { type Command, parseCommand } from '../domain/commands.ts'
import { lineMarker } from '../domain/marker.ts'
import type { Message } from '../domain/message.ts'
import { type Outbound, outbound } from '../domain/outbound.ts'
import { windowEnd } from '../domain/quota.ts'
import type { AgentRef, ChatRef, MediaRef } from '../domain/refs.ts'
import type {
  AccountSettings,
  DeskSettings,
  Settings,
  WorkplaceSettings,
} from '../domain/settings.ts'
import type { Thread } from '../domain/thread.ts'
import type { Line } from '../domain/line.ts'
import type { BotEvent } from './events.ts'
import type { Lookups } from './lookups.ts'

/** What a handler is given besides the event. */
export interface ContextInput<E extends BotEvent> {
  event: E
  now: number
  desk: Desk
  settings: Settings
  deskSettings: DeskSettings
  contact: Contact | undefined
  conversation: Conversation | undefined
  threads: readonly Thread[]
  messages: readonly Message[]
  read: Lookups
  /** 26 characters, unique. */
  newId: () => string
  /** 0 ≤ x < 1 */
  random: () => number
}

/** What the clicker of a card is told; the card is drawn when the handlers are done. */
export interface Answer {
  hint?: string
  /** Whether a text typed into the card was taken over. */
  accepted: boolean
  /** Draw something else than the conversation, e.g. the list of colleagues. */
  show?: 'colleagues'
}

/**
 * One event and all that is decided about it. A handler looks at the snapshot and adds to the Change; nothing here
 * does I/O but `read`.
 */
export class Context<E extends BotEvent = BotEvent> {
  readonly event: E
  readonly now: number
  readonly desk: Desk
  readonly settings: Settings
  readonly deskSettings: DeskSettings
  readonly read: Lookups
  contact: Contact | undefined
  readonly threads: Map<GroupId, Thread>
  readonly messages: Message[]
  answered: Answer | undefined
  /** Groups whose card has to be drawn anew when the handlers are done; `all` of the conversation. */
  readonly stale = new Set<GroupId | 'all'>()
  /** The customer wrote, or the conversation came back to the queue: a card that has scrolled away is posted anew. */
  news = false
  /** It came back to the queue: where a card cannot be redrawn, the old one still shows the holder's buttons. */
  requeued = false
  /** A customer has come back: the card further up would be missed. */
  reopened = false
  /** Who should notice: mentioned on the card where the workplace can. */
  readonly mentions = new Set<AgentId>()
  /** The card that answers a click; drawn by the handlers when all is decided. */
  answerCard: Card | undefined
  /** What an `agent:text` orders, when the whole of it is an order. */
  readonly command: Command | undefined
  #conversation: Conversation | undefined
  readonly #input: Omit<ContextInput<BotEvent>, 'event'>
  readonly #change: Change = {
    threads: [],
    messages: [],
    effects: [],
    deadlines: [],
    cancelled: [],
    emitted: [],
    log: [],
  }
  readonly #touched = new Map<MessageId, Message>()
  readonly #touchedThreads = new Set<GroupId>()

  constructor(input: ContextInput<E>) {
    this.#input = input
    this.event = input.event
    this.command = input.event.name === 'agent:text' ? parseCommand(input.event.text) : undefined
    this.now = input.now
    this.desk = input.desk
    this.settings = input.settings
    this.deskSettings = input.deskSettings
    this.read = input.read
    this.contact = input.contact
    this.#conversation = input.conversation
    this.threads = new Map(input.threads.map((thread) => [thread.group, thread]))
    this.messages = [...input.messages]
  }

  get conversation(): Conversation | undefined {
    return this.#conversation
  }

  newId<Made extends string>(): Made {
    // The caller says which kind of id it makes.
    return this.#input.newId() as Made
  }

  random(): number {
    return this.#input.random()
  }

  // --- state ---

  saveContact(contact: Contact): void {
    this.contact = contact
    this.#change.contact = contact
  }

  saveConversation(conversation: Conversation): void {
    if (conversation.id !== this.#conversation?.id) this.#beginAnew()
    this.#conversation = conversation
    this.#change.conversation = conversation
  }

  saveThread(thread: Thread): void {
    this.threads.set(thread.group, thread)
    this.#touchedThreads.add(thread.group)
  }

  /** Adds a message to the conversation, or replaces the one with the same id. */
  saveMessage(message: Message): void {
    this.#touched.set(message.id, message)
    const index = this.messages.findIndex(({ id }) => id === message.id)
    if (index >= 0) this.messages[index] = message
    else this.messages.push(message)
  }

  /** Adds older messages of this conversation to those in sight. */
  recall(older: readonly Message[]): void {
    const known = new Set(this.messages.map(({ id }) => id))
    this.messages.push(...older.filter(({ id }) => !known.has(id)))
    this.messages.sort((a, b) => a.number - b.number)
  }

  changeDesk(change: DeskChange): void {
    const current = [...(this.#change.desk?.current ?? []), ...(change.current ?? [])]
    this.#change.desk = { ...this.#change.desk, ...change, ...(current.length > 0 && { current }) }
  }

  /** From now on an agent's single chat with the bot speaks to this customer. */
  speakHere(agent: AgentId): void {
    this.changeDesk({ current: [{ agent, lane: this.event.lane }] })
  }

  /** An agent's single chat speaks to this customer no longer; to another one it goes on. */
  leaveHere(agent: AgentId): void {
    if (this.agentKnown(agent)?.current === this.event.lane)
      this.changeDesk({ current: [{ agent, lane: undefined }] })
  }

  /** Makes a move of the conversation table and has every card redrawn, or says why not. */
  move(step: Move): Moved {
    if (!this.#conversation) return { ok: false, refusal: 'closed' }
    const moved = move(this.#conversation, step, this.now)
    if (!moved.ok) return moved
    this.saveConversation(moved.conversation)
    this.redraw('all')
    return moved
  }

  // --- who and where ---

  /** The group that a chat is bound as; undefined for a single chat or a group nobody has bound to this desk. */
  groupOf(chat: ChatRef): Group | undefined {
    if (chat.kind !== 'group') return undefined
    const id = makeGroupId(chat.workplace, chat.id)
    return this.desk.groups.find((group) => group.id === id)
  }

  speaker(agent: AgentRef): Speaker {
    return { id: agent.id, name: this.nameOf(agent) }
  }

  agentKnown(id: AgentId): Agent | undefined {
    return this.desk.agents.find((agent) => agent.id === id)
  }

  /** Who may be given a conversation: everybody who may act here. */
  colleagues(): readonly Agent[] {
    const { admission, listed } = this.settings
    return admission === 'group'
      ? this.desk.agents
      : this.desk.agents.filter(({ id }) => listed.has(id))
  }

  /** As other people read it. */
  nameOf(agent: AgentRef): string {
    return this.agentKnown(agent.id)?.name ?? agent.name ?? agent.user
  }

  workplaceOf(group: Group): WorkplaceSettings {
    const found = this.settings.workplaces.get(group.workplace)
    if (!found) throw new Error(`workplace ${group.workplace} is not configured`)
    return found
  }

  account(): AccountSettings {
    const id = this.contact?.account
    const found = id && this.settings.accounts.get(id)
    if (!found) throw new Error(`account ${id ?? '(none)'} is not configured`)
    return found
  }

  // --- what is to be sent ---

  /** Words or a file of an agent for the customer: through the door, or refused with the reason. */
  toCustomer(said: { by: Speaker; lease?: number; content: Content }): Outbound {
    const passed = this.#atTheDoor(said)
    if (!passed.ok) return passed
    const { trigger, triggerOpenedAt } = passed
    const common = { ...spoken(said.by, this.now), trigger, triggerOpenedAt }
    for (const content of passed.parts) this.sendReply(this.addMessage({ ...common, content }))
    return passed
  }

  /** The same for a message that is on record already: a file that has been fetched, a failed answer sent again. */
  sendAgain(message: Message, by: AgentId, lease?: number): Outbound {
    const passed = this.#atTheDoor({
      by: { id: by, name: message.who },
      content: message.content,
      ...(lease !== undefined && { lease }),
    })
    if (passed.ok) {
      const { reason: _reason, ...rest } = message
      const queued: Message = {
        ...rest,
        reply: 'queued',
        trigger: passed.trigger,
        triggerOpenedAt: passed.triggerOpenedAt,
      }
      this.saveMessage(queued)
      this.sendReply(queued)
    }
    return passed
  }

  #atTheDoor(said: { by: Speaker; lease?: number; content: Content }): Outbound {
    const { contact } = this
    if (!contact) return { ok: false, refusal: 'closed' }
    const { by, ...rest } = said
    const { carrier } = this.account()
    const passed = outbound({ ...rest, by: by.id }, this.#conversation, contact, carrier, this.now)
    if (passed.ok) this.saveContact({ ...contact, quota: passed.quota })
    return passed
  }

  /** Queues an answer that has passed the door. */
  sendReply(message: Message): void {
    const { contact } = this
    if (!contact) return
    const until = windowEnd(contact.quota, this.account().carrier.quota, message.trigger)
    this.effect(
      { do: 'reply', to: contact.externalId, content: message.content },
      {
        target: `customer/${this.event.lane}`,
        priority: priority.reply,
        credential: contact.account,
        notify: 'all',
        messages: [message.id],
        expiresAt: until ?? this.now + 60_000,
      },
    )
  }

  /** Lets the customer see that somebody is at it. */
  showTyping(): void {
    const { contact } = this
    if (!contact || !this.account().carrier.typing) return
    this.effect(
      { do: 'typing', to: contact.externalId },
      {
        target: `typing/${this.event.lane}`,
        priority: priority.card,
        credential: contact.account,
        notify: 'failures',
        messages: [],
        expiresAt: this.now + 15_000,
      },
    )
  }

  addMessage(fresh: Omit<Message, 'id' | 'number'>): Message {
    const conversation = this.#conversation
    if (!conversation) throw new Error('a message needs a conversation')
    const number = conversation.messages + 1
    const message: Message = { ...fresh, id: this.newId<MessageId>(), number }
    this.saveConversation({ ...conversation, messages: number, lastAt: this.now })
    this.saveMessage(message)
    return message
  }

  /** The next numbered line of a thread. */
  line(group: Group, said: Omit<Line, 'marker'>, messages: MessageId[] = []): void {
    const line = this.#number(group, said)
    this.effect(
      { do: 'line', chat: chatOf(group), line },
      { ...this.threadRow(group, 'lines'), priority: this.#linePriority(said), messages },
    )
  }

  /** A file into a thread, with the numbered line that goes with it. */
  mediaLine(group: Group, said: Omit<Line, 'marker'>, message: Message): void {
    const { content } = message
    if (!('file' in content) || !content.file) return this.line(group, said, [message.id])
    const caption = this.#number(group, said)
    return this.effect(
      { do: 'media', chat: chatOf(group), file: content.file, caption },
      {
        ...this.threadRow(group, 'lines'),
        priority: this.#linePriority(said),
        messages: [message.id],
      },
    )
  }

  #linePriority({ from }: Omit<Line, 'marker'>): number {
    if (from === 'note') return priority.confirmation
    return this.#conversation?.status === 'waiting' ? priority.waitingLine : priority.line
  }

  #number(group: Group, said: Omit<Line, 'marker'>): Line {
    const thread = this.thread(group.id)
    const next = { ...thread, lines: thread.lines + 1 }
    this.saveThread(next)
    return { ...said, marker: lineMarker(this.#conversation?.marker ?? '', next.lines) }
  }

  thread(group: GroupId): Thread {
    return this.threads.get(group) ?? { group, lines: 0, lined: 0, linedAhead: [] }
  }

  /** Words of ours outside any thread: into a group, or to one person. `answers` is the message they answer. */
  note(chat: ChatRef, title: string, body: CardElement[], answers?: string): void {
    const group = this.groupOf(chat)
    this.effect(
      { do: 'note', chat, title, body, ...(answers !== undefined && { answers }) },
      {
        target: `chat/${chat.workplace}/${chat.id}`,
        priority: priority.confirmation,
        credential: chat.workplace,
        notify: 'failures',
        messages: [],
        expiresAt: this.now + 10 * 60_000,
        ...(group && { group: group.id }),
      },
    )
  }

  /** Answers the person who wrote or clicked, and nobody else where the workplace can. */
  whisper(words: string): void {
    const { event } = this
    if (event.name.startsWith('card:')) {
      this.answer({ hint: words, accepted: this.answered?.accepted ?? false })
    } else if ('chat' in event && 'messageId' in event) {
      this.note(event.chat, words, [{ type: 'text', text: words, tone: 'plain' }], event.messageId)
    }
  }

  /** What the clicker is shown; the card itself is drawn with the state after all handlers. */
  answer(answer: Answer): void {
    this.answered = answer
  }

  redraw(which: GroupId | 'all'): void {
    this.stale.add(which)
  }

  fetchMedia(message: Message, media: MediaRef, from: 'channel' | 'workplace'): void {
    const credential = from === 'channel' ? this.contact?.account : eventWorkplace(this.event)
    if (!credential) return
    this.effect(
      { do: 'fetch-media', media, from },
      {
        target: `media/${message.id}`,
        priority: priority.reply,
        credential,
        notify: 'all',
        messages: [message.id],
        expiresAt: this.now + 10 * 60_000,
      },
    )
  }

  effect(body: EffectBody, row: Omit<Effect, 'id' | 'notBefore' | keyof EffectBody>): void {
    const core = { id: this.newId<EffectId>(), notBefore: this.now, ...row }
    this.#change.effects.push({ ...core, ...body })
  }

  /** The row of something that goes into a thread; lines and card are apart so that neither holds the other. */
  threadRow(group: Group, part: 'lines' | 'card'): ThreadRow {
    return {
      target: `${part}/${this.#conversation?.id ?? ''}/${group.id}`,
      credential: group.workplace,
      group: group.id,
      notify: 'failures',
      expiresAt: this.now + this.settings.groupExpiryMs,
    }
  }

  // --- later and elsewhere ---

  remindAt(deadline: Deadline): void {
    this.#change.deadlines.push(deadline)
  }

  cancelReminder(name: string): void {
    this.#change.cancelled.push(name)
  }

  emit(event: EmittedEvent): void {
    this.#change.emitted.push(event)
  }

  log(name: string, detail?: LogEntry['detail']): void {
    const conversation = this.#conversation?.id
    this.#change.log.push({
      at: this.now,
      name,
      desk: this.desk.id,
      ...(conversation && { conversation }),
      ...('agent' in this.event && { agent: this.event.agent.id }),
      ...(detail && { detail }),
    })
  }

  /** Everything decided, for one commit. */
  change(): Change {
    const threads = [...this.#touchedThreads].flatMap((group) => this.threads.get(group) ?? [])
    return { ...this.#change, threads, messages: [...this.#touched.values()] }
  }

  /** A new conversation has its own threads and messages. */
  #beginAnew(): void {
    this.threads.clear()
    this.messages.length = 0
  }
}

/** An agent with the name that people read. */
export interface Speaker {
  id: AgentId
  name: string
}

const spoken = (
  by: Speaker,
  now: number,
): Pick<Message, 'from' | 'who' | 'agent' | 'at' | 'reply'> => ({
  from: 'agent',
  who: by.name,
  agent: by.id,
  at: now,
  reply: 'queued',
})

type ThreadRow = Pick<Effect, 'target' | 'credential' | 'group' | 'notify' | 'expiresAt'>

export const chatOf = (group: Group): ChatRef => ({
  kind: 'group',
  workplace: group.workplace,
  id: group.chat,
})

function eventWorkplace(event: BotEvent): AgentRef['workplace'] | undefined {
  return 'agent' in event ? event.agent.workplace : undefined
}
