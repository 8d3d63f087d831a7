import { type NextStep, PlatformError } from '#src/ports/errors.ts'

interface Meaning {
  code: string
  next: NextStep
}

const SECOND = 1000

const giveUp = (code: string): Meaning => ({ code, next: { do: 'give-up', reason: code } })
const retry = (code: string, afterMs: number): Meaning => ({ code, next: { do: 'retry', afterMs } })

/** What an errcode of the bot socket means for us (platforms' pages 90313 and 101463; [field] where no page lists it). */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map([
  [-1, retry('wecom.busy', SECOND)],
  [45009, retry('wecom.rate_limited', 20 * SECOND)],
  [45033, retry('wecom.rate_limited', 2 * SECOND)],
  // Nobody has written to the bot there (lately): the next message there wakes the queue sooner.
  [93006, retry('wecom.not_activated', 60 * SECOND)],
  // The answer comes too late, or to a req_id that does not take it.
  [846605, giveUp('wecom.answer_too_late')],
  [846608, giveUp('wecom.answer_too_late')],
  // Uploaded media live three days.
  [40007, retry('wecom.media_id_expired', 0)],
  [40004, giveUp('wecom.media_refused')],
  [40006, giveUp('too-large')],
  [45001, giveUp('too-large')],
  [40008, giveUp('wecom.message_refused')],
  [40058, giveUp('wecom.message_refused')],
  [42014, giveUp('wecom.card_known')],
  [45002, giveUp('wecom.message_refused')],
])

/** A refusal of the platform as an error of ours. Not delivered: it said so. */
export function refusal(cmd: string, errcode: number): PlatformError {
  const { code, next } = MEANINGS.get(errcode) ?? unknownMeaning(errcode)
  return new PlatformError(code, `WeCom refused ${cmd}: errcode ${errcode}`, {
    delivered: 'no',
    next,
  })
}

/** No public list has the 8466xx codes: taken as final. Anything else may pass. */
const unknownMeaning = (errcode: number): Meaning =>
  Math.floor(errcode / 100) === 8466
    ? giveUp('wecom.message_refused')
    : retry('wecom.refused', 5 * SECOND)
