import { randomUUID } from 'node:crypto'
import type { TemplateDescription } from '#src/workplaces/dingtalk/template/description.ts'

export interface App {
  clientId: string
  clientSecret: string
  /** Equals the clientId for robots of apps. */
  robotCode: string
  name: string
}

export interface Person {
  userId: string
  unionId: string
  name: string
  /** Belongs to another company: messages carry no senderStaffId. */
  external: boolean
}

export interface Group {
  kind: 'group'
  openConversationId: string
  title: string
  members: Set<string>
  robots: Set<string>
  disbanded: boolean
  entries: Entry[]
}

/** A person's single chat with a robot. */
export interface Chat {
  kind: 'chat'
  openConversationId: string
  userId: string
  robotCode: string
  entries: Entry[]
}

export type Place = Group | Chat

export type Author = { kind: 'person'; userId: string } | { kind: 'robot'; robotCode: string }

export type EntryContent =
  | { type: 'text'; text: string }
  | { type: 'markdown'; title: string; text: string }
  | { type: 'richText'; parts: ({ text: string } | { fileId: string })[] }
  | { type: 'picture'; fileId: string | undefined; url: string | undefined }
  | { type: 'file'; fileId: string; fileName: string }
  | { type: 'audio'; fileId: string; durationMs: number; recognition: string }
  | { type: 'video'; fileId: string; durationMs: number }
  | { type: 'card'; outTrackId: string }
  /** A kind of robot message that is shown by its name and its parameters only. */
  | { type: 'other'; msgKey: string; params: Record<string, unknown> }

/** One message or card in a group or chat, in the order of arrival. */
export interface Entry {
  /** A robot's processQueryKey, a card's carrierId, a person's msgId. */
  id: string
  at: number
  author: Author
  content: EntryContent
  /** userIds that it mentions. */
  mentions: string[]
  /** The robot is mentioned. */
  atBot: boolean
  quotes: string | undefined
  recalled: boolean
}

export interface Template {
  id: string
  published: boolean
  /** Without a description nothing is drawn and no variable is checked. */
  description: TemplateDescription | undefined
}

export interface Card {
  outTrackId: string
  clientId: string
  templateId: string
  callbackType: string
  publicData: Map<string, string>
  privateData: Map<string, Map<string, string>>
  /** What an answer's `cardData` showed to one clicker only, until the next update of that variable. */
  shownTo: Map<string, Map<string, string>>
  places: { place: Place; carrierId: string }[]
  updates: number
  updatedAt: number
  /** Clicks that wait for their answer. */
  openClicks: number
}

export interface StoredFile {
  id: string
  bytes: Buffer
  type: string
  name: string
}

export interface Toast {
  at: number
  userId: string
  outTrackId: string
  text: string
}

export type WorldChange =
  | { what: 'entry' | 'card' | 'place'; openConversationId: string }
  | { what: 'toast'; userId: string }
  | { what: 'connections' }

/** Everything that the stand-in knows, and who wants to hear of changes. */
export class World {
  readonly apps = new Map<string, App>()
  readonly people = new Map<string, Person>()
  readonly places = new Map<string, Place>()
  readonly templates = new Map<string, Template>()
  readonly cards = new Map<string, Card>()
  readonly files = new Map<string, StoredFile>()
  readonly entries = new Map<string, { entry: Entry; place: Place }>()
  readonly toasts: Toast[] = []
  /** Things done to us that the real platform would swallow or punish; a clean run has none. */
  readonly problems: string[] = []
  readonly corpId = 'ding1a2b3c4d5e6f'
  readonly now: () => number
  readonly #listeners = new Set<(change: WorldChange) => void>()

  constructor(now: () => number) {
    this.now = now
  }

  onChange(listener: (change: WorldChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  changed(change: WorldChange): void {
    for (const listener of this.#listeners) listener(change)
  }

  problem(words: string): void {
    if (this.problems.length < 1000) this.problems.push(words)
  }

  newId(prefix: string): string {
    return prefix + randomUUID().replaceAll('-', '')
  }

  post(place: Place, entry: Omit<Entry, 'at' | 'recalled'>): Entry {
    const posted = { ...entry, at: this.now(), recalled: false }
    place.entries.push(posted)
    this.entries.set(posted.id, { entry: posted, place })
    this.changed({ what: 'entry', openConversationId: place.openConversationId })
    return posted
  }

  toast(userId: string, outTrackId: string, text: string): void {
    this.toasts.push({ at: this.now(), userId, outTrackId, text })
    if (this.toasts.length > 200) this.toasts.shift()
    this.changed({ what: 'toast', userId })
  }

  group(openConversationId: string): Group | undefined {
    const place = this.places.get(openConversationId)
    return place?.kind === 'group' ? place : undefined
  }

  /** A person's chat with a robot, made at first use. */
  chat(userId: string, robotCode: string): Chat {
    const openConversationId = `cid1to1.${robotCode}.${userId}==`
    const known = this.places.get(openConversationId)
    if (known?.kind === 'chat') return known
    const chat: Chat = { kind: 'chat', openConversationId, userId, robotCode, entries: [] }
    this.places.set(openConversationId, chat)
    return chat
  }

  keepFile(bytes: Buffer, type: string, name: string, prefix = 'file'): StoredFile {
    const file = { id: this.newId(prefix), bytes, type, name }
    this.files.set(file.id, file)
    return file
  }

  /** @throws {Error} when there is no such person: a mistake of the caller, not of the platform */
  person(userId: string): Person {
    const person = this.people.get(userId)
    if (!person) throw new Error(`nobody here is called ${userId}`)
    return person
  }

  appOfRobot(robotCode: string): App | undefined {
    for (const app of this.apps.values()) if (app.robotCode === robotCode) return app
    return undefined
  }
}
