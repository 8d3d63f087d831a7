import type { AgentId, CardId, MessageId } from '#src/domain/ids.ts'

/**
 * A card as a tree of small tagged objects. Every string is plain text; whoever draws it escapes it for the workplace,
 * so that a customer's words are never markup there.
 */
export interface Card {
  id: CardId
  /** The holder's lease at drawing; comes back with every click. */
  lease: number
  /** One line for the chat list and notifications. */
  summary: string
  title: string
  /** Where the customer writes from, e.g. 旗舰店 · 公众号. */
  source: string
  /** `alert` somebody must act, `calm` in hand, `done` over. */
  tone: 'alert' | 'calm' | 'done'
  body: CardElement[]
}

export type CardElement =
  TextElement | FieldsElement | TranscriptElement | ActionsElement | ChoiceElement | InputElement

export interface TextElement {
  type: 'text'
  text: string
  /** `warning` stands out, `hint` steps back. */
  tone: 'plain' | 'warning' | 'hint'
}

export interface FieldsElement {
  type: 'fields'
  fields: { label: string; value: string }[]
}

/** The last lines of the talk, oldest first. */
export interface TranscriptElement {
  type: 'transcript'
  lines: TranscriptLine[]
}

export interface TranscriptLine {
  /** Clock time in the desk's zone, e.g. 14:03. */
  at: string
  who: string
  from: 'customer' | 'agent' | 'note'
  text: string
  /** Beside an agent's line: 待发送, 已提交, 发送失败… */
  state?: string
}

export type CardAction =
  'claim' | 'release' | 'close' | 'reply' | 'colleagues' | 'transfer' | 'retry' | 'show'

export interface Button {
  action: CardAction
  label: string
  style: 'primary' | 'plain' | 'danger'
  /** What the action needs beside the card: the colleague of a `transfer`, the message of a `retry`. */
  value?: AgentId | MessageId
}

export interface ActionsElement {
  type: 'actions'
  buttons: Button[]
}

/** A list of which one is taken, e.g. the colleague to hand over to. A workplace without lists draws buttons. */
export interface ChoiceElement {
  type: 'choice'
  action: 'transfer'
  label: string
  options: { value: AgentId; label: string }[]
}

/** A box to type an answer in. Left out by workplaces without one (capability `cardReply`). */
export interface InputElement {
  type: 'input'
  action: 'reply'
  label: string
  placeholder: string
  /** Who sees the box; everybody else does not. */
  visibleTo: AgentId[]
  /** Who saw it on an earlier drawing and must no longer. */
  hiddenFrom: AgentId[]
  /** Text put back after a failed send. */
  draft?: string
}

export const text = (words: string, tone: TextElement['tone'] = 'plain'): TextElement => ({
  type: 'text',
  text: words,
  tone,
})

export const fields = (...pairs: [label: string, value: string][]): FieldsElement => ({
  type: 'fields',
  fields: pairs.map(([label, value]) => ({ label, value })),
})

export const actions = (...buttons: Button[]): ActionsElement => ({ type: 'actions', buttons })

export const button = (
  action: CardAction,
  label: string,
  style: Button['style'] = 'primary',
): Button => ({ action, label, style })
