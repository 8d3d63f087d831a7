declare const brand: unique symbol
/** A string that only one kind of maker hands out. */
type Id<Kind extends string> = string & { readonly [brand]: Kind }

/** Key of an account in the configuration, e.g. `shop`. */
export type AccountId = Id<'account'>
/** Key of a workplace in the configuration, e.g. `dingtalk`. */
export type WorkplaceId = Id<'workplace'>
/** Key of a desk in the configuration, e.g. `main`. */
export type DeskId = Id<'desk'>
/** A bound group: `<workplace>/<the platform's chat id, byte for byte>`. */
export type GroupId = Id<'group'>
/** One person in one workplace: `<workplace>/<the platform's user id>`. */
export type AgentId = Id<'agent'>
/** Key of a lane, see `contactLane`, `deskLane`, `accountLane`. */
export type LaneKey = Id<'lane'>
export type EventId = Id<'event'>
export type EffectId = Id<'effect'>
export type ConversationId = Id<'conversation'>
export type MessageId = Id<'message'>
/** A card as its workplace knows it: DingTalk's outTrackId, WeCom's task_id. At most 100 of `[0-9A-Za-z_-]`. */
export type CardId = Id<'card'>
/** SHA-256 of a file's bytes in lower-case hex. */
export type MediaHash = Id<'media'>

export const accountId = (key: string): AccountId => key as AccountId
export const workplaceId = (key: string): WorkplaceId => key as WorkplaceId
export const deskId = (key: string): DeskId => key as DeskId
export const mediaHash = (hex: string): MediaHash => hex as MediaHash

export const makeGroupId = (workplace: WorkplaceId, chat: string): GroupId =>
  `${workplace}/${chat}` as GroupId
export const makeAgentId = (workplace: WorkplaceId, user: string): AgentId =>
  `${workplace}/${user}` as AgentId

/** @throws {Error} when the id has no workplace part */
export function parseGroupId(id: GroupId): { workplace: WorkplaceId; chat: string } {
  const [workplace, chat] = splitOnce(id)
  return { workplace: workplaceId(workplace), chat }
}

/** @throws {Error} when the id has no workplace part */
export function parseAgentId(id: AgentId): { workplace: WorkplaceId; user: string } {
  const [workplace, user] = splitOnce(id)
  return { workplace: workplaceId(workplace), user }
}

/** All work of one customer at one account. It exists before any conversation does. */
export const contactLane = (account: AccountId, externalId: string): LaneKey =>
  `contact/${account}/${externalId}` as LaneKey
/** Work of a team that belongs to no single customer: 绑定, 列表, unmarked lines. */
export const deskLane = (desk: DeskId): LaneKey => `desk/${desk}` as LaneKey
/** Work of an account as a whole: authorisation, health. */
export const accountLane = (account: AccountId): LaneKey => `account/${account}` as LaneKey

export type Lane =
  | { kind: 'contact'; account: AccountId; externalId: string }
  | { kind: 'desk'; desk: DeskId }
  | { kind: 'account'; account: AccountId }

/** @throws {Error} when the key is none of ours */
export function parseLane(key: LaneKey): Lane {
  const [kind, rest] = splitOnce(key)
  if (kind === 'desk') return { kind, desk: deskId(rest) }
  if (kind === 'account') return { kind, account: accountId(rest) }
  if (kind !== 'contact') throw new Error(`not a lane: ${kind}`)
  const [account, externalId] = splitOnce(rest)
  return { kind, account: accountId(account), externalId }
}

function splitOnce(text: string): [string, string] {
  const slash = text.indexOf('/')
  if (slash < 1) throw new Error('malformed id')
  return [text.slice(0, slash), text.slice(slash + 1)]
}

/** The lowest `5 × length` bits, most significant first. */
function encode(value: number, length: number): string {
  let text = ''
  let rest = value
  for (let i = 0; i < length; i++) {
    text = CROCKFORD[rest % 32]! + text
    rest = Math.floor(rest / 32)
  }
  return text
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * Makes a UUIDv7 as 26 characters of Crockford base32: sorts by time, unique without asking anybody.
 * @param random ten random bytes, changed in place
 */
export function makeId<Made extends string>(nowMs: number, random: Uint8Array): Made {
  const tail = random
  // RFC 9562: version 7 in the high nibble of byte 6, variant 10 in the high bits of byte 8.
  tail[0] = (tail[0]! & 0x0f) | 0x70
  tail[2] = (tail[2]! & 0x3f) | 0x80
  // 48 bits of time, then 80 of the tail; 26 characters of 5 bits hold 130, so the first one carries 3.
  let text = encode(nowMs, 10)
  for (let at = 0; at < 10; at += 5) {
    const high = tail[at]! * 2 ** 12 + tail[at + 1]! * 2 ** 4 + (tail[at + 2]! >> 4)
    const low = (tail[at + 2]! & 0x0f) * 2 ** 16 + tail[at + 3]! * 2 ** 8 + tail[at + 4]!
    text += encode(high, 4) + encode(low, 4)
  }
  return text as Made
}
