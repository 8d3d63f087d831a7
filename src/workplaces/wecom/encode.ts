import type { Card, CardElement } from '#cards/elements.ts'
import type { Line } from '#src/domain/line.ts'
import { MARKDOWN_BYTES } from './capabilities.ts'
import { cutBytes, escapeMarkdown } from './markdown.ts'
import type { OutMessage } from './wire.ts'

/** Lines of one thread as one Markdown message, each beginning with its marker. Too long texts are cut, markers never. */
export function encodeLines(lines: readonly Line[]): OutMessage {
  const drawn = lines.map(drawLine)
  const whole = drawn.join('\n\n')
  if (Buffer.byteLength(whole) <= MARKDOWN_BYTES) return markdown(whole)
  const share = Math.floor(MARKDOWN_BYTES / drawn.length) - 2
  return markdown(drawn.map((line) => cutBytes(line, share)).join('\n\n'))
}

function drawLine({ marker, who, from, text }: Line): string {
  const words = escapeMarkdown(text)
  if (who === '') return `${marker}${words}`
  const name = escapeMarkdown(who.replaceAll('\n', ' '))
  const speaker = from === 'customer' ? `**${name}**` : name
  return `${marker}${speaker}：${words.includes('\n') ? '\n' : ''}${words}`
}

/** Words of ours: a title in bold, unless the body says the same, and the body's elements as text. */
export function encodeNote(title: string, body: readonly CardElement[]): OutMessage {
  const [first] = body
  const isRepeated = first?.type === 'text' && first.text === title
  const heading = title === '' || isRepeated ? [] : [`**${escapeMarkdown(title)}**`]
  return markdown(cutBytes([...heading, ...body.flatMap(drawElement)].join('\n'), MARKDOWN_BYTES))
}

/** The state of a card in words, for when the card itself can no longer be changed. */
export function encodeState(card: Card): OutMessage {
  const state = card.body.filter(({ type }) => type === 'fields' || type === 'text')
  return encodeNote(card.title, state)
}

/** Every element's fallback in words. What can only be pressed is left out: each button has a text command. */
function drawElement(element: CardElement): string[] {
  switch (element.type) {
    case 'text':
      return [escapeMarkdown(element.text)]
    case 'fields':
      return element.fields.map(({ label, value }) => escapeMarkdown(`${label}：${value}`))
    case 'transcript':
      return element.lines.map(({ at, who, text, state }) =>
        escapeMarkdown(`${at} ${who}：${text}${state === undefined ? '' : `（${state}）`}`),
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

const markdown = (content: string): OutMessage => ({
  msgtype: 'markdown',
  // A blank message is refused.
  markdown: { content: content.trim() === '' ? '…' : content },
})
