import type { Effect } from '../domain/change.ts'
import type { MediaFile } from '../domain/content.ts'
import { type AccountId, type WorkplaceId, parseLane } from '../domain/ids.ts'
import type { Line } from '../domain/line.ts'
import type { LaneKey } from '../domain/ids.ts'
import { notShownWords } from '#cards/contents.ts'
import { PlatformError } from '../ports/errors.ts'
import type { Taken } from '../ports/store.ts'
import type { Delivery, Workplace } from '../ports/workplace.ts'
import type { World } from './world.ts'

/** What a call brought. */
export interface Performed {
  platformId?: string
  file?: MediaFile
}

/**
 * Does one effect, or several neighbouring lines as one.
 * @throws {PlatformError}
 */
export async function perform(
  world: World,
  taken: readonly [Taken, ...Taken[]],
): Promise<Performed> {
  const [{ effect, lane }] = taken
  switch (effect.do) {
    case 'reply':
      return sendReply(world, effect, lane)
    case 'typing':
      await channelOf(world, effect.credential).typing(effect.to)
      return {}
    case 'fetch-media':
      return { file: await fetchMedia(world, effect, lane) }
    case 'media':
      return deliverMedia(world, effect)
    case 'line':
      return workplaceOf(world, effect.chat.workplace).deliver({
        do: 'lines',
        chat: effect.chat,
        lines: taken.flatMap((one) => (one.effect.do === 'line' ? [one.effect.line] : [])),
      })
    case 'post-card':
    case 'update-card':
    case 'note':
      return workplaceOf(world, effect.chat.workplace).deliver(deliveryOf(effect))
  }
}

type Of<Do extends Effect['do']> = Extract<Effect, { do: Do }>

async function sendReply(world: World, effect: Of<'reply'>, lane: LaneKey): Promise<Performed> {
  const contact = await world.store.read.contact(lane)
  return channelOf(world, effect.credential).send({
    to: effect.to,
    content: effect.content,
    refs: contact?.refs ?? {},
    idempotencyKey: effect.id,
  })
}

async function fetchMedia(
  world: World,
  effect: Of<'fetch-media'>,
  lane: LaneKey,
): Promise<MediaFile> {
  const { media, from } = effect
  const parsed = parseLane(lane)
  const source =
    from === 'channel' && parsed.kind === 'contact'
      ? channelOf(world, parsed.account)
      : workplaceOf(world, effect.credential)
  const fetched = await source.fetchMedia(media.ref)
  const named = media.name === undefined ? fetched : { ...fetched, name: media.name }
  const file = await world.media.put(named, media.kind, world.maxMediaBytes)
  await world.store.putMedia(file, world.clock.now())
  return file
}

/** A file that the workplace does not take goes as its line, with a link where there is a public address. */
async function deliverMedia(world: World, effect: Of<'media'>): Promise<Performed> {
  const { chat, file, caption } = effect
  const workplace = workplaceOf(world, chat.workplace)
  const fits = file.bytes <= workplace.capabilities.maxMediaBytes[file.kind]
  try {
    if (fits) return await workplace.deliver({ do: 'media', chat, file, caption })
  } catch (error) {
    if (!isRefusedForGood(error)) throw error
  }
  const words = notShownWords(fits ? 'refused' : 'too-large', world.mediaLink?.(file))
  const line: Line = { ...caption, text: `${caption.text} ${words}` }
  return workplace.deliver({ do: 'lines', chat, lines: [line] })
}

const isRefusedForGood = (error: unknown): boolean =>
  error instanceof PlatformError && error.delivered === 'no' && error.next.do === 'give-up'

function deliveryOf(effect: Of<'post-card' | 'update-card' | 'note'>): Delivery {
  switch (effect.do) {
    case 'post-card': {
      const { chat, card, mention, answers } = effect
      return { do: 'post-card', chat, card, mention, ...(answers !== undefined && { answers }) }
    }
    case 'update-card':
      return { do: 'update-card', chat: effect.chat, card: effect.card }
    case 'note': {
      const { chat, title, body, answers } = effect
      return { do: 'note', chat, title, body, ...(answers !== undefined && { answers }) }
    }
  }
}

// A credential is the key of an account or of a workplace; which of the two, the effect says.
function channelOf(world: World, credential: AccountId | WorkplaceId) {
  return world.channels.get(credential as AccountId) ?? gone(credential)
}

function workplaceOf(world: World, credential: AccountId | WorkplaceId): Workplace {
  return world.workplaces.get(credential as WorkplaceId) ?? gone(credential)
}

function gone(credential: string): never {
  throw new PlatformError('relay.not_configured', `${credential} has left the configuration`, {
    delivered: 'no',
    next: { do: 'give-up', reason: 'unreachable' },
  })
}
