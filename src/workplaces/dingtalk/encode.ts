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

/** Words of ours as Markdown: the title in bold, unless the body says the same, and the body's elements as text. */
export function encodeNote(title: string, body: readonly CardElement[]): Note {
  const [first] = body
  const isRepeated = first?.type === 'text' && first.text === title
  const heading = title === '' || isRepeated ? [] : [`**${escapeMarkdown(oneLine(title))}**`]
  const rows = [...heading, ...body.flatMap(drawElement)].flatMap((row) => row.split('\n'))
  const text = cutBytes(rows.join(LINE_BREAK), TEXT_BYTES)
  const shown = cutBytes(oneLine(title === '' ? (rows[0] ?? '') : title), 150)
  // An empty title or text is refused.
  return { title: shown === '' ? '…' : shown, text: text.trim() === '' ? '…' : text }
}

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
