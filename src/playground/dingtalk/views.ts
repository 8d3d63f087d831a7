import { mergedFor } from './card-data.ts'
import { type CardPart, drawCard } from './card-view.ts'
import type { Entry, EntryContent, Place, World } from './world.ts'

/** A card as one user's client shows it. */
export interface CardView {
  outTrackId: string
  /** undefined: the client says 内容加载失败 (no such template, or none that we can draw). */
  parts: CardPart[] | undefined
  /** Every variable as this user has it. */
  values: Record<string, string>
  updates: number
  updatedAt: number
}

export interface EntryView {
  id: string
  at: number
  from: { name: string; userId?: string; robot: boolean }
  content: EntryContent
  card?: CardView
  mentions: string[]
  atBot: boolean
  quotes?: { id: string; words: string }
  recalled: boolean
}

export interface PlaceView {
  kind: 'group' | 'chat'
  openConversationId: string
  title: string
  members: { userId: string; name: string }[]
  robots: string[]
  disbanded: boolean
  entries: EntryView[]
}

/** A group or a single chat as `viewer` sees it; without a viewer, public card data only. */
export function viewPlace(
  world: World,
  place: Place,
  viewer: string | undefined,
  last: number,
): PlaceView {
  const members = place.kind === 'group' ? [...place.members] : [place.userId]
  const robots = place.kind === 'group' ? [...place.robots] : [place.robotCode]
  return {
    kind: place.kind,
    openConversationId: place.openConversationId,
    title:
      place.kind === 'group' ? place.title : robots.map((code) => robotName(world, code)).join(),
    members: members.map((userId) => ({ userId, name: world.people.get(userId)?.name ?? userId })),
    robots,
    disbanded: place.kind === 'group' && place.disbanded,
    entries: place.entries.slice(-last).map((entry) => viewEntry(world, entry, viewer)),
  }
}

function viewEntry(world: World, entry: Entry, viewer: string | undefined): EntryView {
  const { id, at, content, mentions, atBot, recalled } = entry
  const view: EntryView = {
    id,
    at,
    from: viewAuthor(world, entry),
    content,
    mentions,
    atBot,
    recalled,
  }
  if (content.type === 'card') {
    const card = viewCard(world, content.outTrackId, viewer)
    if (card) view.card = card
  }
  const quoted = entry.quotes === undefined ? undefined : world.entries.get(entry.quotes)?.entry
  if (quoted) view.quotes = { id: quoted.id, words: wordsOf(quoted) }
  return view
}

function viewAuthor(world: World, { author }: Entry): EntryView['from'] {
  if (author.kind === 'robot') return { name: robotName(world, author.robotCode), robot: true }
  const name = world.people.get(author.userId)?.name ?? author.userId
  return { name, userId: author.userId, robot: false }
}

/** The card as this user's client has it; undefined when there is no such card. */
export function viewCard(
  world: World,
  outTrackId: string,
  viewer: string | undefined,
): CardView | undefined {
  const card = world.cards.get(outTrackId)
  if (!card) return undefined
  const template = world.templates.get(card.templateId)
  const values = mergedFor(card, template, viewer)
  return {
    outTrackId,
    parts: template?.description && drawCard(template.description, values),
    values: Object.fromEntries(values),
    updates: card.updates,
    updatedAt: card.updatedAt,
  }
}

/** What a client shows of a message in one line: in a quote, in the list of chats. */
export function wordsOf({ content, recalled }: Entry): string {
  if (recalled) return '[已撤回]'
  switch (content.type) {
    case 'text':
      return content.text
    case 'markdown':
      return content.title
    case 'richText':
      return content.parts.map((part) => ('text' in part ? part.text : '[图片]')).join('')
    case 'picture':
      return '[图片]'
    case 'file':
      return `[文件] ${content.fileName}`
    case 'audio':
      return '[语音]'
    case 'video':
      return '[视频]'
    case 'card':
      return '[卡片]'
    default:
      return `[${content.msgKey}]`
  }
}

function robotName(world: World, robotCode: string): string {
  return world.appOfRobot(robotCode)?.name ?? '机器人'
}
