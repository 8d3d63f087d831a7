import type {
  ActionsElement,
  Card,
  CardAction,
  CardElement,
  ChoiceElement,
  InputElement,
  TranscriptElement,
} from '#cards/elements.ts'
import type { AgentId } from '#src/domain/ids.ts'
import { TRANSCRIPT_LINES } from './capabilities.ts'
import { makeForm, textField, hiddenField, selectField, NO_FORM } from './form.ts'
import { cutBytes, oneLine, plainWords } from './plain.ts'
import type { CardValues } from './template/template.ts'

/** Buttons that the template has; each is shown while its label is not empty. */
const BUTTONS = ['claim', 'retry', 'colleagues', 'release', 'close', 'show'] as const
type DrawnButton = (typeof BUTTONS)[number]

export interface DrawOptions {
  /** The group or single chat that the card hangs in; comes back with clicks. */
  space: string
  formMaxBytes: number
  /** Stands for customers' words that the content review refused. */
  masked?: string
}

/** Every public variable of our template for this card, so that nothing of an older drawing is left. */
export function drawCard(card: Card, options: DrawOptions): CardValues {
  const { masked, space } = options
  return {
    title: line(card.title, 300),
    source: line(card.source, 150),
    tone: card.tone,
    lease: String(card.lease),
    space,
    fields: drawFields(card.body),
    ...drawTranscript(find(card.body, 'transcript'), masked),
    warning: drawTexts(card.body, ['warning']),
    note: drawTexts(card.body, ['hint', 'plain']),
    reply_open: find(card.body, 'input') ? 'true' : '',
    can_reply: '',
    reply_form: NO_FORM,
    ...drawTransfer(card.body, options.formMaxBytes),
    ...drawButtons(card.body),
    hint: '',
  }
}

/** The card without the variables that belong to single members: an update for all must not touch those. */
export function drawPublic(card: Card, options: DrawOptions): CardValues {
  const {
    can_reply: _canReply,
    reply_form: _replyForm,
    hint: _hint,
    ...shared
  } = drawCard(card, options)
  return shared
}

/** Lines of the talk that are on the card; undefined when the card shows none. */
export function drawsTranscript(card: Card): boolean {
  return find(card.body, 'transcript') !== undefined
}

/** Names of the variables that hold the talk. */
export const TRANSCRIPT_VARIABLES: readonly string[] = Array.from(
  { length: TRANSCRIPT_LINES },
  (_, i) => `line_${i + 1}`,
)

/** The box to type an answer in, if the card has one. */
export const replyBox = (card: Card): InputElement | undefined => find(card.body, 'input')

/**
 * The reply box as a form. The hidden number is new with every drawing, so that the same words sent twice are two
 * answers, and the same submission that comes twice is one.
 */
export function drawReplyForm(
  box: InputElement,
  { nonce, draft, maxBytes }: { nonce: string; draft?: string; maxBytes: number },
): string {
  const { label, placeholder } = box
  const withDraft = makeForm([
    textField('text', label, placeholder, draft),
    hiddenField('nonce', nonce),
  ])
  // A draft that was cut would be sent cut: rather none.
  if (draft === undefined || Buffer.byteLength(withDraft) <= maxBytes) return withDraft
  return makeForm([textField('text', label, placeholder), hiddenField('nonce', nonce)])
}

function drawFields(body: readonly CardElement[]): string {
  const rows = body.flatMap((element) => (element.type === 'fields' ? element.fields : []))
  return cutBytes(rows.map(({ label, value }) => oneLine(`${label}：${value}`)).join('\n'), 1000)
}

function drawTexts(body: readonly CardElement[], tones: readonly string[]): string {
  const texts = body.flatMap((element) =>
    element.type === 'text' && tones.includes(element.tone) ? [plainWords(element.text)] : [],
  )
  return cutBytes(texts.join('\n'), 1000)
}

/** The newest lines, from the first variable on; the rest are empty. */
function drawTranscript(transcript: TranscriptElement | undefined, masked?: string): CardValues {
  const lines = (transcript?.lines ?? []).slice(-TRANSCRIPT_LINES)
  return Object.fromEntries(
    TRANSCRIPT_VARIABLES.map((name, i) => {
      const said = lines[i]
      if (!said) return [name, '']
      const { at, who, from, state } = said
      const words = masked !== undefined && from === 'customer' ? masked : said.text
      const speaker = who === '' ? at : `${at} ${who}`
      return [name, line(`${speaker}：${words}${state === undefined ? '' : `（${state}）`}`, 1000)]
    }),
  )
}

function drawButtons(body: readonly CardElement[]): CardValues {
  const buttons = body.flatMap((element) => (element.type === 'actions' ? element.buttons : []))
  const first = (action: CardAction): ActionsElement['buttons'][number] | undefined =>
    buttons.find((button) => button.action === action)
  const label = (action: DrawnButton): [string, string] => [
    `label_${action}`,
    line(first(action)?.label ?? '', 60),
  ]
  return {
    ...Object.fromEntries(BUTTONS.map(label)),
    retry_value: first('retry')?.value ?? '',
  }
}

/** A list of colleagues, also when the card has a button for each. */
function drawTransfer(body: readonly CardElement[], maxBytes: number): CardValues {
  const choice = find(body, 'choice') ?? choiceOfButtons(body)
  if (!choice) return { show_transfer: '', transfer_form: NO_FORM }
  let { options } = choice
  const draw = (): string => makeForm([selectField('to', choice.label, options)])
  while (options.length > 1 && Buffer.byteLength(draw()) > maxBytes) options = options.slice(0, -1)
  return { show_transfer: 'true', transfer_form: draw() }
}

function choiceOfButtons(body: readonly CardElement[]): ChoiceElement | undefined {
  const options = body
    .flatMap((element) => (element.type === 'actions' ? element.buttons : []))
    .filter((button) => button.action === 'transfer' && button.value !== undefined)
    // The value of a transfer button is a colleague.
    .map((button) => ({ value: button.value as AgentId, label: button.label }))
  return options.length === 0
    ? undefined
    : { type: 'choice', action: 'transfer', label: '转接', options }
}

function find<Type extends CardElement['type']>(
  body: readonly CardElement[],
  type: Type,
): Extract<CardElement, { type: Type }> | undefined {
  return body.find(
    (element): element is Extract<CardElement, { type: Type }> => element.type === type,
  )
}

const line = (words: string, maxBytes: number): string => cutBytes(oneLine(words), maxBytes)
