import type { CardElement } from '#cards/elements.ts'
import type { Line } from '#src/domain/line.ts'
import { PARAM_BYTES } from './capabilities.ts'
import { cutBytes, escapeMarkdown, oneLine, plainWords } from './plain.ts'
import type { RobotMessage } from './wire.ts'

/** In JSON a byte of text may take two (quotes, backslashes, line breaks); the rest is the frame around it. */
const TEXT_BYTES = (PARAM_BYTES - 1000) / 2

/** Stands for words that the content review refused; they are in the console. */
export const MASKED = '［内容未通过钉钉审核，无法在群里显示］'

/** Lines of one thread as one plain message, each beginning with its marker. Long texts are cut, markers never. */
export function encodeLines(lines: readonly Line[], { masked = false } = {}): RobotMessage {
  const drawn = lines.map((line) => drawLine(masked ? { ...line, text: MASKED } : line))
  const share = Math.floor(TEXT_BYTES / Math.max(1, drawn.length)) - 1
  const whole = drawn.join('\n')
  const fits = Buffer.byteLength(whole) <= TEXT_BYTES
  return sampleText(fits ? whole : drawn.map((line) => cutBytes(line, share)).join('\n'))
}

/** Further rows of a text are indented: a row at the margin is always ours. */
function drawLine({ marker, who, text }: Line): string {
  const words = plainWords(text).replaceAll('\n', '\n　')
  return who === '' ? `${marker}${words}` : `${marker}${oneLine(who)}：${words}`
}

export const sampleText = (content: string): RobotMessage => ({
  msgKey: 'sampleText',
  msgParam: JSON.stringify({ content }),
})

export interface Note {
  title: string
  text: string
}

/**
 * Words of ours as Markdown: the title in bold, unless the body says the same, and the body's elements as text. Of too
 * many texts the last ones stay, which are the newest lines of a talk, below the title and the hints at the top.
 */
export function encodeNote(title: string, body: readonly CardElement[]): Note {
  const [first] = body
  const isRepeated = first?.type === 'text' && first.text === title
  const heading = title === '' || isRepeated ? [] : [`**${escapeMarkdown(oneLine(title))}**`]
  const rows = [...heading, ...body.flatMap(drawElement)]
  const whole = breakRows(rows)
  const fits = Buffer.byteLength(whole) <= TEXT_BYTES
  const text = fits ? whole : cutOldest(heading, body, isRepeated ? 1 : 0)
  const [start = ''] = (rows[0] ?? '').split('\n')
  const shown = cutBytes(oneLine(title === '' ? start : title), 150)
  // An empty title or text is refused.
  return { title: shown === '' ? '…' : shown, text: text.trim() === '' ? '…' : text }
}

/** Leaves the oldest texts out. The last one stays in any case, and is cut at its end when it is too long alone. */
function cutOldest(
  heading: readonly string[],
  body: readonly CardElement[],
  titles: number,
): string {
  const isHint = (one: CardElement): boolean => one.type === 'text' && one.tone === 'hint'
  const top = body.findIndex((one, i) => i >= titles && !isHint(one))
  const head = body.slice(0, top === -1 ? titles : top)
  const rest = body.slice(head.length)
  // Whoever made the note may have left lines out already.
  const before = head.map(omittedBy)
  const kept = [...heading, ...head.filter((_, i) => before[i] === 0).flatMap(drawElement)]
  const others = rest.filter(({ type }) => type !== 'text').flatMap(drawElement)
  const texts = rest.filter(({ type }) => type === 'text')
  const room = TEXT_BYTES - Buffer.byteLength(breakRows([...kept, omitted(99_999), ...others, '']))
  const shown = newest(texts, room)
  const left = texts.length - shown.size + before.reduce((sum, count) => sum + count, 0)
  const rows = rest.filter((one) => one.type !== 'text' || shown.has(one)).flatMap(drawElement)
  return cutBytes(breakRows([...kept, ...(left > 0 ? [omitted(left)] : []), ...rows]), TEXT_BYTES)
}

/** The last of them that fit into so many bytes, at least one. */
function newest(texts: readonly CardElement[], room: number): Set<CardElement> {
  let bytes = 0
  const tooMuch = texts.findLastIndex(
    (one) => (bytes += Buffer.byteLength(breakRows([...drawElement(one), '']))) > room,
  )
  return new Set(texts.slice(Math.min(tooMuch + 1, texts.length - 1)))
}

const omitted = (count: number): string => `（更早的 ${count} 条略）`

const omittedBy = (one: CardElement): number =>
  one.type === 'text' ? Number(/^（更早的 (\d+) 条略）$/.exec(one.text)?.[1] ?? 0) : 0

const breakRows = (rows: readonly string[]): string =>
  rows.flatMap((row) => row.split('\n')).join(LINE_BREAK)

/** A line break needs two blanks on both sides (消息类型, read 2026-08). */
const LINE_BREAK = '  \n  '

export const sampleMarkdown = (note: Note): RobotMessage => ({
  msgKey: 'sampleMarkdown',
  msgParam: JSON.stringify(note),
})

/** Every element's fallback in words. What can only be pressed is left out: each button has a text command. */
function drawElement(element: CardElement): string[] {
  switch (element.type) {
    case 'text':
      return [escapeMarkdown(element.text)]
    case 'fields':
      return element.fields.map(({ label, value }) => escapeMarkdown(`${label}：${value}`))
    case 'transcript':
      return element.lines.map(({ at, who, text, state }) =>
        escapeMarkdown(
          oneLine(`${at} ${who}：${text}${state === undefined ? '' : `（${state}）`}`),
        ),
      )
    case 'choice':
      return [
        escapeMarkdown(`${element.label} ${element.options.map((one) => one.label).join('、')}`),
      ]
    case 'actions':
    case 'input':
      return []
  }
}
