import type { Effect } from '../domain/change.ts'
import type { MessageId } from '../domain/ids.ts'
import { relays } from './relay-state.ts'

/** What becomes of the messages of rows that a newer one with the same coalesce key replaces. All stores share it. */
export interface Superseding {
  /** The newer effect, with the messages that it inherits. */
  effect: Effect
  /** Messages that have one more open row than before. */
  opened: MessageId[]
  /** Messages that have one less: the newer one does not show them. */
  closed: MessageId[]
}

/** @param old queued rows that go */
export function supersede(old: readonly Effect[], given: Effect): Superseding {
  if (old.length === 0)
    return { effect: given, opened: relays(given.do) ? given.messages : [], closed: [] }
  const counted = old.filter((effect) => relays(effect.do)).flatMap(({ messages }) => messages)
  const inherited = old.filter((effect) => shows(given, effect)).flatMap(({ messages }) => messages)
  const messages = [...new Set([...inherited, ...given.messages])]
  const open = relays(given.do) ? messages : []
  return {
    effect: { ...given, messages },
    opened: open.filter((id) => !counted.includes(id)),
    closed: without(counted, open),
  }
}

/** A drawing that shows less of the talk (the stub of a card that was posted again) does not deliver the rest. */
function shows(given: Effect, old: Effect): boolean {
  if (!relays(given.do) || !relays(old.do)) return false
  return !('shows' in given && 'shows' in old) || given.shows >= old.shows
}

/** Takes each of `taken` out once. */
function without(ids: readonly MessageId[], taken: readonly MessageId[]): MessageId[] {
  const left = [...ids]
  for (const id of taken) {
    const index = left.indexOf(id)
    if (index >= 0) left.splice(index, 1)
  }
  return left
}
