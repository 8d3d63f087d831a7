import type { Change, Effect } from '#src/domain/change.ts'
import type { Contact } from '#src/domain/contact.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import type { Agent, Desk, Group } from '#src/domain/desk.ts'
import type { AgentId, CardId, ConversationId, DeskId, GroupId, LaneKey } from '#src/domain/ids.ts'
import { type Deadline, type EmittedEvent, type LogEntry } from '#src/domain/change.ts'
import type { Message } from '#src/domain/message.ts'
import type { Thread } from '#src/domain/thread.ts'
import type { Snapshot } from '#src/ports/store.ts'
import type { Lookups } from '#src/router/lookups.ts'

interface LaneState {
  contact?: Contact
  /** The latest last. */
  conversations: Conversation[]
  threads: Map<ConversationId, Map<GroupId, Thread>>
  messages: Map<ConversationId, Message[]>
}

/** A row of the outbox: what is to be done, and whose lane wants it. */
export interface Queued {
  lane: LaneKey
  effect: Effect
}

/** Everything a store keeps, in memory: a Change is applied as the real one does it. */
export class Memory {
  readonly lanes = new Map<LaneKey, LaneState>()
  readonly groups = new Map<GroupId, Group>()
  readonly agents = new Map<AgentId, Agent>()
  readonly codes = new Map<string, { desk: DeskId; expiresAt: number; used: boolean }>()
  readonly deadlines = new Map<string, Deadline>()
  readonly outbox: Queued[] = []
  readonly emitted: EmittedEvent[] = []
  readonly log: LogEntry[] = []
  readonly #shown = new Map<CardId, number>()

  snapshot(lane: LaneKey): Snapshot {
    const state = this.#lane(lane)
    const conversation = state.conversations.at(-1)
    const id = conversation?.id
    return {
      lane,
      version: 0,
      ...(state.contact && { contact: state.contact }),
      ...(conversation && { conversation }),
      threads: id ? [...(state.threads.get(id)?.values() ?? [])].map((t) => this.#asShown(t)) : [],
      messages: id ? (state.messages.get(id) ?? []).slice(-20) : [],
    }
  }

  messagesOf(lane: LaneKey): Message[] {
    const state = this.#lane(lane)
    const id = state.conversations.at(-1)?.id
    return id ? (state.messages.get(id) ?? []) : []
  }

  desk(id: DeskId): Desk {
    const groups = [...this.groups.values()].filter(({ desk }) => desk === id)
    const bound = new Set(groups.map((group) => group.id))
    const agents = [...this.agents.values()].filter(({ groups: g }) => g.some((x) => bound.has(x)))
    return { id, groups, agents }
  }

  readonly lookups: Lookups = {
    desk: (id) => this.desk(id),
    group: (id) => this.groups.get(id),
    agent: (id) => this.agents.get(id),
    openConversations: async (_desk, limit) => this.#open().slice(0, limit),
    heldBy: async (agent) =>
      this.#open().filter(({ conversation }) => conversation.holder?.agent === agent),
    bindCode: async (code) => this.codes.get(code),
    laneOfMarker: async (marker) =>
      [...this.lanes].find(([, { conversations }]) =>
        conversations.some((one) => one.marker === marker),
      )?.[0],
    messages: async (conversation, after, limit) =>
      [...this.lanes.values()]
        .flatMap(({ messages }) => messages.get(conversation) ?? [])
        .filter(({ number }) => number > after)
        .slice(0, limit),
    messagesById: async (ids) =>
      [...this.lanes.values()]
        .flatMap(({ messages }) => [...messages.values()].flat())
        .filter(({ id }) => ids.includes(id)),
  }

  apply(lane: LaneKey, change: Change): void {
    const state = this.#lane(lane)
    if (change.contact) state.contact = change.contact
    if (change.conversation) putById(state.conversations, change.conversation)
    const id = state.conversations.at(-1)?.id
    for (const thread of change.threads)
      entry(state.threads, id!, () => new Map()).set(thread.group, thread)
    for (const message of change.messages)
      putById(
        entry(state.messages, id!, () => []),
        message,
      )
    for (const effect of change.effects) this.#queue({ lane, effect })
    for (const name of change.cancelled) this.deadlines.delete(name)
    for (const deadline of change.deadlines) this.deadlines.set(deadline.name, deadline)
    this.emitted.push(...change.emitted)
    this.log.push(...change.log)
    if (change.desk) this.#applyDesk(change.desk)
  }

  #applyDesk({ bind, bindCode, unbind, current = [] }: NonNullable<Change['desk']>): void {
    if (unbind) this.groups.delete(unbind)
    if (bind) this.groups.set(bind.id, bind)
    if (bindCode !== undefined) this.codes.get(bindCode)!.used = true
    for (const { agent, lane } of current) {
      const { current: _, ...known } = this.agents.get(agent)!
      this.agents.set(agent, { ...known, ...(lane !== undefined && { current: lane }) })
    }
  }

  #queue(row: Queued): void {
    const key = row.effect.coalesceKey
    const older = this.outbox.findIndex(
      ({ effect }) => key !== undefined && effect.coalesceKey === key,
    )
    if (older >= 0) this.outbox.splice(older, 1)
    this.outbox.push(row)
  }

  /** As a store does when a drawing or a post has arrived. */
  delivered({ lane, effect }: Queued): void {
    if (effect.do === 'post-card' || effect.do === 'update-card') {
      const { id } = effect.card
      this.#shown.set(id, Math.max(this.#shown.get(id) ?? 0, effect.shows))
    }
    const group = effect.group && this.groups.get(effect.group)
    if (group && effect.do !== 'update-card')
      this.groups.set(group.id, { ...group, posted: group.posted + 1 })
    const relays = effect.do !== 'reply' && effect.do !== 'typing' && effect.do !== 'fetch-media'
    if (!relays) return
    for (const message of this.messagesOf(lane))
      if (effect.messages.includes(message.id) && message.relay) message.relay = 'relayed'
  }

  #asShown(thread: Thread): Thread {
    if (!thread.card) return thread
    return {
      ...thread,
      card: { ...thread.card, shown: this.#shown.get(thread.card.id) ?? thread.card.shown },
    }
  }

  #open(): { lane: LaneKey; conversation: Conversation; contact: Contact }[] {
    return [...this.lanes].flatMap(([lane, { contact, conversations }]) => {
      const conversation = conversations.at(-1)
      return contact && conversation && conversation.status !== 'closed'
        ? [{ lane, conversation, contact }]
        : []
    })
  }

  #lane(lane: LaneKey): LaneState {
    return entry(this.lanes, lane, () => ({
      conversations: [],
      threads: new Map(),
      messages: new Map(),
    }))
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

function putById<T extends { id: string }>(list: T[], one: T): void {
  const index = list.findIndex(({ id }) => id === one.id)
  if (index >= 0) list[index] = one
  else list.push(one)
}
