import type { EffectBody } from '../domain/change.ts'
import type { Message, RelayState } from '../domain/message.ts'

/**
 * How a customer's message comes to be relayed or parked. `open` counts the rows of the outbox, queued or being sent,
 * that would show it to a group. All stores share these rules:
 * - one success and it is relayed, for good;
 * - while anything is open it waits;
 * - when the last open row ends without success it is parked, and waits again when a row is put back.
 */
export interface Relaying {
  relay: RelayState
  open: number
}

/** Rows were added or put back. */
export function opened({ relay, open }: Relaying, rows: number): Relaying {
  return { relay: relay === 'parked' && rows > 0 ? 'waiting' : relay, open: open + rows }
}

/** An open row ended. */
export function ended({ relay, open }: Relaying, delivered: boolean): Relaying {
  const left = Math.max(0, open - 1)
  if (delivered) return { relay: 'relayed', open: left }
  return { relay: relay === 'waiting' && left === 0 ? 'parked' : relay, open: left }
}

/** A handler, which saw the message some time ago, says where it stands: it can end the waiting, not undo the rest. */
export function decided(stored: RelayState, said: RelayState | undefined): RelayState {
  return stored === 'waiting' && said !== undefined ? said : stored
}

/** Whether an effect of this kind puts its messages on a group's screen. */
export function relays(kind: EffectBody['do']): boolean {
  return kind !== 'reply' && kind !== 'typing' && kind !== 'fetch-media'
}

/** Where a customer's message stands is the column's word, not the body's. */
export function setRelay(message: Message, relay: string | null): Message {
  // The column holds nothing but what a store wrote from this type.
  if (relay !== null) message.relay = relay as RelayState
  return message
}
