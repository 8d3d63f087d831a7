import { randomBytes } from 'node:crypto'
import { cardFlaws, type TemplateCard } from './cards.ts'
import type { Author, Change, Chat, Content, Line, Member } from './model.ts'

/** All that members see: groups and single chats with their lines, in order, and who is told of changes. */
export class Rooms {
  readonly chats = new Map<string, Chat>()
  readonly #taskIds = new Set<string>()
  readonly #listeners = new Set<(change: Change) => void>()
  readonly #now: () => number
  #nextLine = 1

  constructor(now: () => number) {
    this.#now = now
  }

  /** Calls `listener` at every change until the returned function is called. */
  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  changed(change: Change): void {
    for (const listener of this.#listeners) listener(change)
  }

  /** A group that the bot is a member of. The bot is told nothing: there is no such event. */
  addGroup(
    name: string,
    members: Member[],
    id = `wr${randomBytes(15).toString('base64url')}`,
  ): Chat {
    const chat: Chat = {
      id,
      kind: 'group',
      name,
      members: [...members],
      activated: false,
      lines: [],
    }
    this.chats.set(id, chat)
    this.changed({ kind: 'chat', chatId: id })
    return chat
  }

  addMember(chatId: string, member: Member): void {
    this.group(chatId).members.push(member)
    this.changed({ kind: 'chat', chatId })
  }

  /** The single chat of a member with the bot, opened when it does not exist yet. */
  single(userid: string): Chat {
    const known = this.chats.get(userid)
    if (known !== undefined) return known
    const member = this.#person(userid)
    const chat: Chat = {
      id: userid,
      kind: 'single',
      name: member.name,
      members: [member],
      activated: false,
      lines: [],
    }
    this.chats.set(userid, chat)
    this.changed({ kind: 'chat', chatId: userid })
    return chat
  }

  /** @throws when there is no such group */
  group(chatId: string): Chat {
    const chat = this.chats.get(chatId)
    if (chat?.kind !== 'group') throw new Error('no such group')
    return chat
  }

  addLine(chat: Chat, author: Author, content: Content, quotes?: Line): Line {
    const line: Line = {
      id: `l${this.#nextLine++}`,
      chatId: chat.id,
      atMs: this.#now(),
      author,
      content,
      ...(quotes && { quotes }),
    }
    chat.lines.push(line)
    this.changed({ kind: 'line', chatId: chat.id, line })
    return line
  }

  /** A card put into a chat. `visible: false` counts its task_id as used and shows it to nobody. */
  addCard(chat: Chat, card: TemplateCard, taskId: string, visible: boolean): Line | undefined {
    this.#taskIds.add(taskId)
    if (!visible) return undefined
    const shown = {
      taskId,
      card,
      byUser: new Map<string, TemplateCard>(),
      version: 1,
      flaws: cardFlaws(card),
    }
    return this.addLine(chat, { kind: 'bot' }, { kind: 'card', shown })
  }

  isUsedTaskId(taskId: string): boolean {
    return this.#taskIds.has(taskId)
  }

  /** Replaces what a card shows, for everybody or for the named ones. */
  updateCard(line: Line, card: TemplateCard, userids: readonly string[] | undefined): void {
    if (line.content.kind !== 'card') return
    const { shown } = line.content
    shown.version += 1
    shown.flaws = cardFlaws(card)
    if (userids === undefined || userids.length === 0) {
      shown.card = card
      shown.byUser.clear()
    } else for (const userid of userids) shown.byUser.set(userid, card)
    this.changed({ kind: 'updated', chatId: line.chatId, line })
  }

  #person(userid: string): Member {
    for (const { members } of this.chats.values()) {
      const member = members.find((one) => one.userid === userid)
      if (member !== undefined) return member
    }
    return { userid, name: userid }
  }
}
