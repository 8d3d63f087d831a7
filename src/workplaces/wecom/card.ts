import type { Button, Card, CardElement, TranscriptLine } from '#cards/elements.ts'
import { brief as shorten, cut } from '#src/domain/escape.ts'
import { CARD_BUTTONS, CARD_CHARS, CARD_FIELDS } from './capabilities.ts'
import { makeButtonKey } from './ids.ts'
import type { TemplateCard } from './wire.ts'

/**
 * Draws a card as `button_interaction`, cut to what clients show (101032). Its texts are plain, not Markdown. What it
 * has no place for is left out: the talk stands in the marked lines, and a reply box there is none.
 * @param taskId the clicked card's, when this is the answer to a click: another one is refused
 */
export function drawCard(card: Card, taskId: string = card.id): TemplateCard {
  const rows = card.body.flatMap((element) => (element.type === 'fields' ? element.fields : []))
  const words = subTitle(card.body)
  return {
    card_type: 'button_interaction',
    task_id: taskId,
    source: { desc: brief(card.source, CARD_CHARS.source), desc_color: COLOURS[card.tone] },
    main_title: { title: drawTitle(card.title) },
    ...(words !== '' && { sub_title_text: words }),
    ...(rows.length > 0 && {
      horizontal_content_list: rows.slice(0, CARD_FIELDS).map(({ label, value }) => ({
        keyname: brief(label, CARD_CHARS.fieldName),
        value: brief(value, CARD_CHARS.fieldValue),
      })),
    }),
    button_list: drawButtons(card),
  }
}

/** Says one thing in place of a card that cannot be drawn; its only button asks for the state again. */
export function drawNotice(words: string, taskId: string): TemplateCard {
  const title = brief(words, CARD_CHARS.title)
  return {
    card_type: 'button_interaction',
    task_id: taskId,
    main_title: { title },
    ...(title !== words && { sub_title_text: brief(words, CARD_CHARS.subTitle) }),
    button_list: [
      {
        text: REFRESH.label,
        style: STYLES.plain,
        key: makeButtonKey({ action: 'show', lease: 0 }),
      },
    ],
  }
}

const COLOURS = { alert: 2, calm: 3, done: 0 } as const
const STYLES = { primary: 1, plain: 4, danger: 3 } as const

/** One line; a name that is too long is cut before the marker at its end is. */
function drawTitle(title: string): string {
  const found = /^(.*\S)\s*(〔#[^〕]+〕)$/s.exec(title)
  if (found?.[1] === undefined || found[2] === undefined) return brief(title, CARD_CHARS.title)
  return `${brief(found[1], CARD_CHARS.title - length(found[2]) - 1)} ${found[2]}`
}

/** Our own words, after as many of the last lines of the talk as still fit beside them. */
function subTitle(body: readonly CardElement[]): string {
  const ours = body.flatMap((element) => (element.type === 'text' ? [element.text] : []))
  const words = cut(ours.join('\n'), CARD_CHARS.subTitle)
  let room = CARD_CHARS.subTitle - length(words) - 1
  const shown = words === '' ? [] : [words]
  for (const { who, text } of body.flatMap(linesOf).toReversed()) {
    const line = brief(`${who}：${text}`, LINE_CHARS)
    room -= length(line) + 1
    if (room < 0) break
    shown.unshift(line)
  }
  return shown.join('\n')
}

/** One line of at most `max` characters, never an empty one: the platform refuses those. */
const brief = (words: string, max: number): string => shorten(words, max) || '—'

const LINE_CHARS = 50

const linesOf = (element: CardElement): TranscriptLine[] =>
  element.type === 'transcript' ? element.lines : []

const length = (text: string): number => Array.from(text).length

/** A choice becomes one button for each option; whatever happens, one button is left that draws the present state. */
function drawButtons(card: Card): TemplateCard['button_list'] {
  const choices = card.body.flatMap((element) =>
    element.type === 'choice'
      ? element.options.map(({ value, label }) => ({
          action: element.action,
          label,
          style: 'plain' as const,
          value,
        }))
      : [],
  )
  const fixed = card.body.flatMap((element) => (element.type === 'actions' ? element.buttons : []))
  const buttons: Button[] = [
    ...choices.slice(0, Math.max(0, CARD_BUTTONS - fixed.length)),
    ...fixed,
  ]
  const drawn = unique(buttons).slice(0, CARD_BUTTONS)
  return (drawn.length > 0 ? drawn : [REFRESH]).map(({ action, label, style, value }) => ({
    text: brief(label, CARD_CHARS.button),
    style: STYLES[style],
    key: makeButtonKey({ action, lease: card.lease, ...(value !== undefined && { value }) }),
  }))
}

/** A card of this kind must have a button. */
const REFRESH: Button = { action: 'show', label: '查看最新', style: 'plain' }

/** Keys must differ within a card (101032). */
function unique(buttons: readonly Button[]): Button[] {
  const seen = new Map<string, Button>()
  for (const button of buttons) seen.set(`${button.action}:${button.value ?? ''}`, button)
  return [...seen.values()]
}
