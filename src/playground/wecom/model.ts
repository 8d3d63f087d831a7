import type { TemplateCard } from './cards.ts'

export interface Member {
  userid: string
  name: string
}

export type MediaType = 'image' | 'file' | 'voice' | 'video'

/** A picture or file as a person sees it: in clear. */
export interface Media {
  type: MediaType
  filename: string
  bytes: Buffer
}

export type Author = { kind: 'bot' } | { kind: 'member'; userid: string; name: string }

/** One card with what it shows now. `byUser` holds the state of those whom an update with `userids` singled out. */
export interface ShownCard {
  taskId: string
  /** Whom a plain update reaches: everybody. */
  card: TemplateCard
  byUser: Map<string, TemplateCard>
  /** 1 when sent, plus 1 for each update. */
  version: number
  /** What a real client would cut, fold or silently drop of the present card; empty for a clean one. */
  flaws: string[]
}

export type Content =
  | { kind: 'text'; text: string }
  | { kind: 'markdown'; markdown: string; finished: boolean }
  | { kind: 'card'; shown: ShownCard }
  | { kind: 'media'; media: Media }
  | { kind: 'mixed'; text: string; images: Media[] }

/** One line of a chat, as its members see it, in order. */
export interface Line {
  id: string
  chatId: string
  atMs: number
  author: Author
  content: Content
  /** The line that this one quotes. */
  quotes?: Line
}

export interface Chat {
  /** A group's chatid, or the userid of a single chat. */
  id: string
  kind: 'group' | 'single'
  name: string
  members: Member[]
  /** Whether somebody has written to the bot here, without which it may not push. */
  activated: boolean
  lines: Line[]
}

/** Something that a page would redraw. */
export type Change =
  | { kind: 'chat'; chatId: string }
  | { kind: 'line'; chatId: string; line: Line }
  | { kind: 'updated'; chatId: string; line: Line }
  | { kind: 'connection'; connected: boolean }

/** What the member who pressed a button saw. */
export type ClickOutcome =
  /** The card changed before his eyes. */
  | { kind: 'updated'; card: TemplateCard }
  /** The bot was connected, but no valid answer came within the window. */
  | { kind: 'unanswered' }
  /** The bot was not connected: the click is lost, the platform pushes it once only. */
  | { kind: 'lost' }
