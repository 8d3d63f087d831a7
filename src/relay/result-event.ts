import type { EventId } from '../domain/ids.ts'
import type { EffectResult, Taken } from '../ports/store.ts'
import type { BotEvent } from '../router/events.ts'
import type { World } from './world.ts'

/** The event that tells a lane how its effect ended; undefined when nobody wants to know. */
export function resultEvent(
  world: World,
  { lane, effect }: Taken,
  result: EffectResult,
): BotEvent | undefined {
  if (result.state === 'retry') return undefined
  if (result.state === 'sent' && effect.notify === 'failures') return undefined
  const now = world.clock.now()
  const core = { id: world.newId() as EventId, lane, at: now, receivedAt: now }
  const [message] = effect.messages
  if (effect.do === 'fetch-media') {
    if (message === undefined) return undefined
    if (result.state === 'sent' && result.file)
      return { ...core, name: 'media:ready', message, file: result.file }
    const reason = result.state === 'failed' ? result.reason : 'media.failed'
    return { ...core, name: 'media:failed', message, reason }
  }
  const about = {
    effect: effect.id,
    what: effect.do,
    messages: effect.messages,
    ...(effect.group !== undefined && { group: effect.group }),
  }
  switch (result.state) {
    case 'sent': {
      const { platformId } = result
      return {
        ...core,
        ...about,
        name: 'delivery:sent',
        ...(platformId !== undefined && { platformId }),
      }
    }
    case 'failed':
      return { ...core, ...about, name: 'delivery:failed', reason: result.reason }
    case 'unknown':
      return { ...core, ...about, name: 'delivery:unknown' }
  }
}
