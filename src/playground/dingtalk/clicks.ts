import { z } from 'zod'
import { mergeInto, valuesOf } from './card-data.ts'
import type { FrameAnswer } from './frames.ts'
import type { PeopleParts } from './people.ts'
import type { Card, Place } from './world.ts'

export interface ClickOutcome {
  /** False when the client sent nothing: a required field was empty. */
  sent: boolean
  /** The `response` of the answer, if one came in time. */
  answer?: unknown
  code?: number
  /** No answer within the deadline. */
  late: boolean
  tookMs: number
  /** What the clicker was shown beside the card. */
  toast?: string
}

const TOPIC = '/v1.0/card/instances/callback'
const FAILED = '操作失败，请稍后重试'

const paramMap = z.object({ cardParamMap: z.record(z.string(), z.string()) })
const cardAnswer = z.object({
  response: z.object({
    cardUpdateOptions: z
      .object({ updateCardDataByKey: z.boolean(), updatePrivateDataByKey: z.boolean() })
      .partial()
      .optional(),
    cardData: paramMap.optional(),
    userPrivateData: paramMap.optional(),
  }),
})

/** Card callbacks: what a click sends, and what its answer does to the clicker's card (dingtalk.md 4.4, 4.5). */
export class CardClicks {
  readonly #parts: PeopleParts

  constructor(parts: PeopleParts) {
    this.#parts = parts
  }

  /** @throws {Error} when this user has no such card */
  async send(
    userId: string,
    outTrackId: string,
    actionId: string,
    params: Record<string, unknown>,
  ): Promise<ClickOutcome> {
    const { world, gateway, faults, timers, settings } = this.#parts
    const card = world.cards.get(outTrackId)
    const place = card?.places.find(({ place }) => isIn(place, userId))?.place
    if (!card || !place) throw new Error(`${userId} has no card ${outTrackId}`)
    if (card.callbackType !== 'STREAM') return { sent: true, late: true, tookMs: 0, toast: FAILED }
    const data = payload(world.corpId, card, place, userId, actionId, params)
    const fault = faults.strikeNamed('stream/card')
    if (fault?.kind === 'delay') await timers.wait(fault.ms)
    card.openClicks++
    const startedAt = performance.now()
    const pushed = gateway.push(card.clientId, 'CALLBACK', TOPIC, data)
    if (fault?.kind === 'errcode') gateway.push(card.clientId, 'CALLBACK', TOPIC, data)
    if (fault?.kind === 'cut' && pushed.connectionId !== undefined)
      gateway.drop(pushed.connectionId)
    const heard =
      fault?.kind === 'lost-answer' ? pushed.answer.then(() => undefined) : pushed.answer
    const answer = await timers.within(settings.cardDeadlineMs, heard)
    card.openClicks--
    return this.#show(card, userId, answer, performance.now() - startedAt)
  }

  #show(card: Card, userId: string, answer: FrameAnswer | undefined, tookMs: number): ClickOutcome {
    const { world, settings } = this.#parts
    // A timer may fire a fraction of a millisecond early.
    const late = tookMs >= settings.cardDeadlineMs - 1
    const parsed = cardAnswer.safeParse(answer?.data)
    if (late) world.problem(`a click on card ${card.outTrackId} was not answered in time`)
    if (!answer || answer.code !== 200 || !parsed.success) {
      if (answer?.code === 200) world.problem(`card ${card.outTrackId}: the answer is malformed`)
      world.toast(userId, card.outTrackId, FAILED)
      return { sent: true, late, tookMs, toast: FAILED, ...(answer && { code: answer.code }) }
    }
    const { response } = parsed.data
    apply(card, userId, response)
    for (const { place } of card.places) {
      world.changed({ what: 'card', openConversationId: place.openConversationId })
    }
    return { sent: true, late, tookMs, code: 200, answer: response }
  }
}

/** `cardData` of an answer reaches the clicker only; `userPrivateData` becomes theirs. */
function apply(card: Card, userId: string, response: z.infer<typeof cardAnswer>['response']): void {
  const byKey = response.cardUpdateOptions ?? {}
  if (response.cardData) {
    const shown = new Map(Object.entries(response.cardData.cardParamMap))
    mergeInto(valuesOf(card.shownTo, userId), shown, true)
  }
  if (response.userPrivateData) {
    const own = new Map(Object.entries(response.userPrivateData.cardParamMap))
    const values = valuesOf(card.privateData, userId)
    mergeInto(values, own, byKey.updatePrivateDataByKey === true)
  }
}

function payload(
  corpId: string,
  card: Card,
  place: Place,
  userId: string,
  actionId: string,
  params: Record<string, unknown>,
): Record<string, unknown> {
  const content = JSON.stringify({ cardPrivateData: { actionIds: [actionId], params } })
  return {
    type: 'actionCallback',
    outTrackId: card.outTrackId,
    corpId,
    userId,
    userIdType: 1,
    spaceType: 'im',
    spaceId: place.openConversationId,
    extension: '{}',
    content,
    value: content,
  }
}

function isIn(place: Place, userId: string): boolean {
  return place.kind === 'group' ? place.members.has(userId) : place.userId === userId
}
