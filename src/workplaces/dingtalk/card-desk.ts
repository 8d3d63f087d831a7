import type { Card } from '#cards/elements.ts'
import type { AgentId, CardId, WorkplaceId } from '#src/domain/ids.ts'
import type { Clock } from '#src/ports/clock.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { CardClick, ClickAnswer, Delivered, Delivery } from '#src/ports/workplace.ts'
import type { Api, NewCard } from './api.ts'
import { drawCard, drawPublic, drawsTranscript, replyBox, TRANSCRIPT_VARIABLES } from './card.ts'
import { MASKED } from './encode.ts'
import { usersOf } from './ids.ts'
import type { Names } from './names.ts'
import { cutBytes, oneLine } from './plain.ts'
import { Recent } from './recent.ts'
import { type ReplyBox, ReplyBoxes } from './reply-boxes.ts'
import type { CardValues, DrawnCard } from './template/template.ts'
import { within } from './within.ts'
import type { CardAnswer } from './wire.ts'

/** Private data is written for so many users in one call (更新卡片, read 2026-08). */
const MAX_USERS = 20
/** A click that was not answered by then has failed: an update waits no longer for it. */
const CLICK_OVER_MS = 2000

export interface CardDeskParts {
  workplace: WorkplaceId
  templateId: string | undefined
  formMaxBytes: number
  api: Api
  names: Names
  clock: Clock
  /** The content review refused a card, which was posted with its customers' words masked. */
  onMasked: () => void
}

type PostCard = Extract<Delivery, { do: 'post-card' }>
type UpdateCard = Extract<Delivery, { do: 'update-card' }>

/** Cards: posting, updating by key, and what a clicker is shown. */
export class CardDesk {
  readonly #parts: CardDeskParts
  /** Cards that exist at DingTalk and were not delivered: the bot was not in the group. */
  readonly #undelivered = new Recent<CardId, true>(1000)
  readonly #boxes: ReplyBoxes
  /** Who was shown a hint on a card; it is taken away with the next update. */
  readonly #hinted = new Recent<CardId, Set<string>>(5000)
  readonly #clicks = new Map<CardId, Set<Promise<void>>>()

  constructor(parts: CardDeskParts) {
    this.#parts = parts
    this.#boxes = new ReplyBoxes(parts)
  }

  /** @throws {PlatformError} */
  async post({ card, chat, mention }: PostCard): Promise<Delivered> {
    const { templateId, workplace, names } = this.#parts
    if (templateId === undefined) throw noTemplate()
    const users = usersOf(workplace, mention)
    const whole: Omit<NewCard, keyof DrawnCard> = {
      outTrackId: card.id,
      cardTemplateId: templateId,
      summary: cutBytes(oneLine(card.summary), 200),
      mention: Object.fromEntries(users.map((user) => [user, names.known(user) ?? '同事'])),
      to: chat.kind === 'group' ? { group: chat.id } : { user: chat.id },
    }
    const boxes = this.#boxes.missing(card)
    const carrierId = await this.#masked(async (masked) => {
      const publicData = drawCard(card, this.#options(chat.id, masked))
      return this.#create({ ...whole, publicData, privateData: privateOf(boxes) }, card.id)
    })
    this.#boxes.remember(card.id, boxes)
    return carrierId === undefined ? {} : { platformId: carrierId }
  }

  /** @throws {PlatformError} */
  async update({ card, chat }: UpdateCard): Promise<Delivered> {
    // DingTalk would take it, and nobody would see it.
    if (this.#undelivered.get(card.id) !== undefined) throw neverShown()
    await this.#clicksAnswered(card.id)
    const boxes = this.#boxes.missing(card)
    const hinted = this.#hinted.get(card.id)
    const privateData = this.#membersView(card, boxes, hinted)
    await this.#masked((masked) => {
      const publicData = drawPublic(card, this.#options(chat.id, masked))
      return this.#change(card.id, { publicData, privateData })
    })
    this.#boxes.remember(card.id, boxes)
    if (hinted && hinted === this.#hinted.get(card.id)) this.#hinted.delete(card.id)
    return {}
  }

  /** Updates of a clicked card wait until the click is answered: the platform wants it so (卡片回调, read 2026-08). */
  clicked(card: CardId, answered: Promise<void>): void {
    const open = this.#clicks.get(card) ?? new Set()
    this.#clicks.set(card, open)
    open.add(answered)
    void answered.finally(() => {
      open.delete(answered)
      if (open.size === 0) this.#clicks.delete(card)
    })
  }

  /** What the clicker, and nobody else, is shown. */
  answer(click: CardClick, { card, hint, accepted }: ClickAnswer): CardAnswer {
    const own: CardValues = { hint: cutBytes(oneLine(hint ?? ''), 300) }
    if (hint !== undefined) this.#rememberHint(click)
    const options = { updateCardDataByKey: true, updatePrivateDataByKey: true } as const
    if (!card) return { cardUpdateOptions: options, userPrivateData: { cardParamMap: own } }
    Object.assign(own, this.#boxes.ofClicker(click, card, accepted))
    const shared = drawPublic(card, this.#options(click.chat.id, false))
    // A card that is drawn without the talk, as the list of colleagues is, leaves the talk where it stands.
    if (!drawsTranscript(card)) for (const name of TRANSCRIPT_VARIABLES) delete shared[name]
    return {
      cardUpdateOptions: options,
      cardData: { cardParamMap: shared },
      userPrivateData: { cardParamMap: own },
    }
  }

  async #create(card: NewCard, id: CardId): Promise<string | undefined> {
    const { api } = this.#parts
    try {
      return await api.createCard(card)
    } catch (error) {
      const code = error instanceof PlatformError ? error.code : ''
      if (code === 'dingtalk.not_in_group') this.#undelivered.set(id, true)
      if (code === 'dingtalk.person_unknown' && hasPeople(card)) {
        return this.#create({ ...card, privateData: {}, mention: {} }, id)
      }
      if (code !== 'dingtalk.card_known') throw error
      // Our own earlier try got through. Its carrierId is lost: a quote of this card is found by its marker only.
      if (this.#undelivered.get(id) === undefined) return undefined
      const carrierId = await api.deliverCard(card)
      this.#undelivered.delete(id)
      return carrierId
    }
  }

  async #change(id: CardId, drawn: DrawnCard): Promise<void> {
    const { api } = this.#parts
    try {
      await api.updateCard(id, drawn)
    } catch (error) {
      // Somebody has left the company: what is private to them is left out.
      const gone = error instanceof PlatformError && error.code === 'dingtalk.person_unknown'
      if (!gone || Object.keys(drawn.privateData).length === 0) throw error
      await api.updateCard(id, { publicData: drawn.publicData, privateData: {} })
    }
  }

  /** Once more with the customers' words masked when the content review refuses them. */
  async #masked<Value>(send: (masked: boolean) => Promise<Value>): Promise<Value> {
    try {
      return await send(false)
    } catch (error) {
      if (!(error instanceof PlatformError) || error.code !== 'dingtalk.content_unsafe') throw error
      this.#parts.onMasked()
      return send(true)
    }
  }

  #options(space: string, masked: boolean): Parameters<typeof drawCard>[1] {
    const { formMaxBytes } = this.#parts
    return { space, formMaxBytes, ...(masked && { masked: MASKED }) }
  }

  #membersView(
    card: Card,
    boxes: ReadonlyMap<string, ReplyBox>,
    hinted: ReadonlySet<string> | undefined,
  ): Record<string, CardValues> {
    const box = replyBox(card)
    const { workplace } = this.#parts
    const view = new Map<string, CardValues>()
    const set = (user: string, values: CardValues): void => {
      if (view.has(user) || view.size < MAX_USERS) {
        view.set(user, { ...view.get(user), ...values })
      }
    }
    const users = (agents: readonly AgentId[] = []): string[] => usersOf(workplace, agents)
    for (const user of users(box?.visibleTo)) set(user, { can_reply: 'true' })
    for (const [user, { form }] of boxes) set(user, { reply_form: form })
    for (const user of users(box?.hiddenFrom)) set(user, { can_reply: '' })
    for (const user of hinted ?? []) set(user, { hint: '' })
    return Object.fromEntries(view)
  }

  #rememberHint({ card, agent }: CardClick): void {
    this.#hinted.set(card, new Set([...(this.#hinted.get(card) ?? []), agent.user]))
  }

  async #clicksAnswered(id: CardId): Promise<void> {
    const open = this.#clicks.get(id)
    if (open) await within(this.#parts.clock, CLICK_OVER_MS, Promise.all(open))
  }
}

const hasPeople = ({ privateData, mention }: NewCard): boolean =>
  Object.keys(privateData).length + Object.keys(mention).length > 0

function privateOf(boxes: ReadonlyMap<string, ReplyBox>): Record<string, CardValues> {
  return Object.fromEntries(
    [...boxes]
      .slice(0, MAX_USERS)
      .map(([user, { form }]) => [user, { can_reply: 'true', reply_form: form }]),
  )
}

const neverShown = (): PlatformError =>
  new PlatformError('dingtalk.card_gone', 'the card was never delivered', {
    delivered: 'no',
    next: { do: 'give-up', reason: 'dingtalk.card_gone' },
  })

const noTemplate = (): PlatformError =>
  new PlatformError('dingtalk.template_wrong', 'no card template is configured', {
    delivered: 'no',
    next: { do: 'give-up', reason: 'dingtalk.template_wrong' },
  })
