import type { SeededWorld } from '#src/playground/seed.ts'
import { DingGroup } from '#test/support/ding-group.ts'
import { answersTo } from '#test/support/product.ts'
import { WecomGroup } from '#test/support/wecom-group.ts'
import type { Crowd, Talker } from './crowd.ts'

/** What was seen of one customer's talk, and everything about it that must not be. */
export interface Testimony {
  /** Posts of ours in the WeCom group that repeated a number, over all conversations. */
  doubles: number
  problems: string[]
}

/** A post of ours in a group: its numbered lines of one conversation. */
interface Post {
  lines: { number: number; words: string }[]
}

export interface Expected {
  /** How often a call under way may have been cut off. */
  cuts: number
  /** Whether every message is due in both groups, or, as while somebody holds it, in one of them at least. */
  everywhere: boolean
}

/** Looks at the phones and at both groups, and tells what breaks design.md's promises 1 to 3. */
export function testify(
  world: SeededWorld,
  crowd: Crowd,
  { cuts, everywhere }: Expected,
): Testimony {
  const ding = new DingGroup(world)
  const wecom = new WecomGroup(world)
  const problems: string[] = []
  let doubles = 0
  for (const talker of crowd.talkers) {
    const say = (what: string): void => void problems.push(`${talker.name}: ${what}`)
    const seen = {
      WeCom: inWecom(postsOf(wecom.texts(), talker), talker, cuts, say),
      DingTalk: inDing(ding, talker, cuts, say),
    }
    doubles += seen.WeCom.doubles
    const shown = picturesOf(world)
    nothingIsMissing(talker, seen, shown, everywhere, say)
    onPhone(talker, say)
  }
  return { doubles, problems }
}

type Say = (what: string) => void
type Place = 'WeCom' | 'DingTalk'

/** What one group has of a customer, and how many posts came twice. */
interface Seen {
  words: ReadonlySet<string>
  doubles: number
}

/** At least once each, first sightings in the order of their numbers, no more repeated posts than cuts. */
function inWecom(posts: readonly Post[], talker: Talker, cuts: number, say: Say): Seen {
  const { first, repeated } = readPosts(posts, (what) => say(`in WeCom, ${what}`))
  const said = [...first.values()]
  const order = said.filter((words) => talker.acknowledged.includes(words))
  if (!isInOrder(order, talker.acknowledged)) say(`not in order in WeCom: ${order.join(' ')}`)
  if (repeated > cuts) say(`${repeated} repeated posts in WeCom, after ${cuts} cuts`)
  return { words: new Set(said), doubles: repeated }
}

/** On drawings and in lines together all; on each drawing once and in order; lines repeated no more often than cut. */
function inDing(ding: DingGroup, talker: Talker, cuts: number, say: Say): Seen {
  const posts = postsOf(ding.texts(), talker)
  const { first, repeated } = readPosts(posts, (what) => say(`in DingTalk, ${what}`))
  if (repeated > cuts) say(`${repeated} repeated posts in DingTalk, after ${cuts} cuts`)
  const seen = new Set(first.values())
  for (const { lines } of ding.drawings()) {
    const shown = lines.flatMap((line) => wordsIn(line, talker))
    for (const words of shown) seen.add(words)
    if (!isInOrder(shown, talker.acknowledged)) say(`a drawing shows ${shown.join(' ')}`)
  }
  return { words: seen, doubles: repeated }
}

function nothingIsMissing(
  { acknowledged, pictures }: Talker,
  seen: Record<Place, Seen>,
  shown: Record<Place, Buffer[]>,
  everywhere: boolean,
  say: Say,
): void {
  const places: readonly (readonly Place[])[] = everywhere
    ? [['WeCom'], ['DingTalk']]
    : [['WeCom', 'DingTalk']]
  for (const either of places) {
    const lost = acknowledged.filter(
      (words) => !either.some((place) => seen[place].words.has(words)),
    )
    if (lost.length > 0) say(`not in ${either.join(' or ')}: ${lost.join(' ')}`)
    const unseen = pictures.filter(
      (one) => !either.some((place) => shown[place].some((bytes) => one.equals(bytes))),
    )
    if (unseen.length > 0) say(`${unseen.length} pictures are not in ${either.join(' or ')}`)
  }
}

function onPhone({ phone }: Talker, say: Say): void {
  const answers = answersTo(phone)
  const twice = answers.filter((words, i) => answers.indexOf(words) !== i)
  if (twice.length > 0) say(`reached the customer twice: ${twice.join(' ')}`)
}

/** The pictures in both groups. */
function picturesOf({ wecom, dingtalk, groups }: SeededWorld): Record<Place, Buffer[]> {
  return {
    WeCom: wecom.rooms
      .group(groups.wecom)
      .lines.flatMap(({ content }) => (content.kind === 'media' ? [content.media.bytes] : [])),
    DingTalk: dingtalk
      .group(groups.dingtalk, undefined, 100_000)
      .entries.flatMap(({ content }) =>
        content.type === 'picture' ? (dingtalk.file(content.fileId ?? '')?.bytes ?? []) : [],
      ),
  }
}

/** What each number says first, and how many posts have a number that was there before. */
function readPosts(posts: readonly Post[], say: Say) {
  const first = new Map<number, string>()
  let repeated = 0
  for (const { lines } of posts) {
    if (lines.some(({ number }) => first.has(number))) repeated++
    for (const { number, words } of lines) {
      const known = first.get(number)
      if (known === undefined) first.set(number, words)
      else if (known !== words) say(`number ${number} is ${known} and ${words}`)
    }
  }
  const numbers = [...first.keys()]
  if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1]!))
    say(`numbers out of order: ${numbers.join(' ')}`)
  const said = [...first.values()]
  const again = said.filter((words, i) => said.indexOf(words) !== i)
  if (again.length > 0) say(`under two numbers: ${again.join(' ')}`)
  return { first, repeated }
}

function postsOf(texts: readonly string[], talker: Talker): Post[] {
  return texts.flatMap((text) => {
    const lines = text.split('\n').flatMap((row) => {
      const number = /^〔#[0-9A-Z]{6}·(\d+)〕/.exec(row)?.[1]
      const [words] = wordsIn(row, talker)
      return number === undefined || words === undefined ? [] : [{ number: Number(number), words }]
    })
    return lines.length > 0 ? [{ lines }] : []
  })
}

/** The customer's own words in a line, not an agent's answer to them. */
const wordsIn = (line: string, { name }: Talker): string[] =>
  line.match(new RegExp(`(?<!答)${name}\\d+。`, 'g')) ?? []

/** Whether `some` are, in this order and without a repetition, among `all`. */
function isInOrder(some: readonly string[], all: readonly string[]): boolean {
  let at = -1
  return some.every((words) => {
    const next = all.indexOf(words)
    const isLater = next > at
    at = next
    return isLater
  })
}
