import { createHash } from 'node:crypto'
import type { CardAction } from '#cards/elements.ts'
import { type CardId, makeAgentId, type WorkplaceId } from '#src/domain/ids.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import type { CardClick } from '#src/ports/workplace.ts'
import type { DecodeContext } from './decode.ts'
import { recordOf, scalarOf, unpack } from './loose.ts'
import { cardCallback } from './wire.ts'

const ACTIONS: Readonly<Record<CardAction, true>> = {
  claim: true,
  release: true,
  close: true,
  reply: true,
  colleagues: true,
  transfer: true,
  retry: true,
  show: true,
}

/** Whether a click says something that our cards offer. */
export const isKnownAction = (action: string): boolean => Object.hasOwn(ACTIONS, action)

/** undefined: it is not what topic /v1.0/card/instances/callback carries. */
export function decodeClick(
  data: unknown,
  messageId: string,
  { workplace, now }: DecodeContext,
): CardClick | undefined {
  const parsed = cardCallback.safeParse(data)
  if (!parsed.success) return undefined
  const { outTrackId, userId, spaceId, content, value } = parsed.data
  const { action, params } = joined(readPressed(content), readPressed(value))
  const form = recordOf(params['form'])
  const text = scalarOf(form['text'])
  const chosen = scalarOf(recordOf(form['to'])['value']) ?? scalarOf(form['to'])
  const picked = chosen ?? scalarOf(params['value'])
  const lease = Number(scalarOf(params['lease']) ?? NaN)
  const click = {
    at: now,
    agent: { id: makeAgentId(workplace, userId), workplace, user: userId },
    chat: chatOfClick(scalarOf(params['space']), spaceId || undefined, userId, workplace),
    card: outTrackId as CardId, // looked up before anything is done with it
    lease: Number.isSafeInteger(lease) ? lease : -1,
    action,
    ...(picked !== undefined && { value: picked }),
    ...(text !== undefined && { text }),
  }
  // Without an id of the frame nothing tells it from the click before: both are done.
  return {
    key: clickKey(click, messageId || `at-${now}`, scalarOf(form['nonce'])),
    ...click,
    raw: data,
  }
}

/**
 * A submission that comes twice (the answer was lost, the agent pressed again) is one: its form has a number of its own.
 * Other clicks may be done twice without harm and are told apart by their frame.
 */
function clickKey(
  click: Omit<CardClick, 'key'>,
  messageId: string,
  nonce: string | undefined,
): string {
  const start = `${click.card}/${click.agent.user}/${click.action}`
  if (click.action !== 'reply' || nonce === undefined) return `${start}/${messageId}`
  const words = createHash('sha256')
    .update(click.text ?? '')
    .digest('base64url')
    .slice(0, 22)
  return `${start}/${nonce}/${words}`
}

interface Pressed {
  /** Empty when none is named. */
  action: string
  params: Readonly<Record<string, unknown>>
}

/** `content` or `value` of a callback. Some samples carry `params` beside `cardPrivateData` [sdk]. */
function readPressed(source: unknown): Pressed {
  const outer = recordOf(source)
  const own = recordOf(outer['cardPrivateData'])
  const params = { ...recordOf(outer['params']), ...recordOf(own['params']) }
  const named = [params['action'], own['actionIds'], outer['actionIds']]
    .flatMap((one) => unpack(one))
    .map(scalarOf)
    .filter((one) => one !== undefined)
  return { action: named.find(isKnownAction) ?? named[0] ?? '', params }
}

/** `content` and `value` say the same, or one of them says less: the one with an action, and what the other adds to it. */
function joined(content: Pressed, value: Pressed): Pressed {
  const isBetter = (test: (action: string) => boolean): boolean =>
    test(value.action) && !test(content.action)
  const [first, second] =
    isBetter(isKnownAction) || isBetter((action) => action !== '')
      ? [value, content]
      : [content, value]
  const isSame = second.action === '' || second.action === first.action
  return isSame ? { ...first, params: { ...second.params, ...first.params } } : first
}

/**
 * Where the card hangs: groups and single chats both have `cid…` ids in `spaceId`, so the card itself says which it is
 * (its variable `space`); a card without that variable is taken for one in a group.
 */
function chatOfClick(
  space: string | undefined,
  spaceId: string | undefined,
  userId: string,
  workplace: WorkplaceId,
): ChatRef {
  const isDirect = space === userId || (space === undefined && spaceId === undefined)
  const id = spaceId ?? space
  return isDirect || id === undefined
    ? { kind: 'direct', workplace, id: userId }
    : { kind: 'group', workplace, id }
}
