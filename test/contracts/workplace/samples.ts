import { createHash } from 'node:crypto'
import { actions, button, type Card, type CardElement, fields } from '#cards/elements.ts'
import type { MediaFile } from '#src/domain/content.ts'
import { type CardId, makeAgentId, mediaHash } from '#src/domain/ids.ts'
import type { Line } from '#src/domain/line.ts'
import type { WorkplacePlace } from './place.ts'

/** The id of the one card of the contract. */
export const CARD = '01JD8Q5W3KCONTRACT-r1'

/** A numbered line of a customer. */
export const line = (number: number, words: string): Line => ({
  marker: `〔#7KQ8H2·${number}〕`,
  who: '客户-7F3A',
  from: 'customer',
  text: words,
})

const card = (lease: number, tone: Card['tone'], ...body: CardElement[]): Card => ({
  // A card id is a string with a name of its own.
  id: CARD as CardId,
  lease,
  summary: '客户-7F3A：在吗',
  title: '客户-7F3A 〔#7KQ8H2〕',
  source: '旗舰店 · 公众号',
  tone,
  body,
})

/** The card while nobody holds the conversation, … */
export const waiting = (): Card =>
  card(4, 'alert', fields(['状态', '等待认领']), actions(button('claim', '认领')))
/** … while somebody does, … */
export const held = (): Card =>
  card(5, 'calm', fields(['状态', '张三 接待中']), actions(button('close', '结束', 'danger')))
/** … and with a box for that agent. */
export const heldBy = (agent: ReturnType<typeof makeAgentId>): Card => {
  const box = {
    type: 'input',
    action: 'reply',
    label: '回复顾客',
    placeholder: '…',
    visibleTo: [agent],
    hiddenFrom: [],
  } as const
  return { ...held(), body: [...held().body, { ...box, visibleTo: [agent], hiddenFrom: [] }] }
}

/** Puts a picture where the adapter reads files. */
export function keep(place: WorkplacePlace, bytes: Buffer): MediaFile {
  const hash = mediaHash(createHash('sha256').update(bytes).digest('hex'))
  place.io.files.set(hash, bytes)
  return { hash, kind: 'image', type: 'image/jpeg', bytes: bytes.length }
}
