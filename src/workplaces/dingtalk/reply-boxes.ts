import type { Card, InputElement } from '#cards/elements.ts'
import type { CardId, WorkplaceId } from '#src/domain/ids.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { CardClick } from '#src/ports/workplace.ts'
import { drawReplyForm, replyBox } from './card.ts'
import { usersOf } from './ids.ts'
import { Recent } from './recent.ts'
import type { CardValues } from './template/template.ts'

export interface ReplyBox {
  form: string
  draft: string
}

export interface ReplyBoxesParts {
  workplace: WorkplaceId
  formMaxBytes: number
  clock: Clock
}

/**
 * The boxes that members type in. One that a member has is not sent again unless its draft changes, for that might
 * lose what is being typed.
 */
export class ReplyBoxes {
  readonly #parts: ReplyBoxesParts
  /** The draft of the box that a member has on a card. */
  readonly #drafts = new Recent<string, string>(20_000)
  #lastNonce = 0

  constructor(parts: ReplyBoxesParts) {
    this.#parts = parts
  }

  /** Boxes that members should have and do not have yet, by user. */
  missing(card: Card): Map<string, ReplyBox> {
    const element = replyBox(card)
    const boxes = new Map<string, ReplyBox>()
    if (!element) return boxes
    const draft = element.draft ?? ''
    for (const user of usersOf(this.#parts.workplace, element.visibleTo)) {
      if (this.#drafts.get(keyOf(card.id, user)) === draft) continue
      boxes.set(user, { form: this.#draw(element, element.draft), draft })
    }
    return boxes
  }

  /** Members have these now. */
  remember(card: CardId, boxes: ReadonlyMap<string, ReplyBox>): void {
    for (const [user, { draft }] of boxes) this.#drafts.set(keyOf(card, user), draft)
  }

  /** The clicker's own box: emptied once its words were taken over, with the words still in it when they were not. */
  ofClicker(click: CardClick, card: Card, accepted: boolean): CardValues {
    const element = replyBox(card)
    const { user } = click.agent
    const isTheirs = element && usersOf(this.#parts.workplace, element.visibleTo).includes(user)
    if (!isTheirs) return { can_reply: '' }
    const key = keyOf(card.id, user)
    const isReply = click.action === 'reply'
    if (!isReply && this.#drafts.get(key) !== undefined) return { can_reply: 'true' }
    this.#drafts.set(key, element.draft ?? '')
    const draft = isReply && !accepted ? click.text : undefined
    return { can_reply: 'true', reply_form: this.#draw(element, draft) }
  }

  #draw(element: InputElement, draft: string | undefined): string {
    const { formMaxBytes: maxBytes } = this.#parts
    const nonce = this.#nonce()
    return drawReplyForm(element, { nonce, maxBytes, ...(draft !== undefined && { draft }) })
  }

  /** Never the same twice in this process, and not after a restart either. */
  #nonce(): string {
    this.#lastNonce = Math.max(this.#lastNonce + 1, this.#parts.clock.now())
    return this.#lastNonce.toString(36)
  }
}

const keyOf = (card: CardId, user: string): string => `${card} ${user}`
