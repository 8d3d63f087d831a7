import type { WorkplaceId } from '#src/domain/ids.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { Log } from '#src/ports/log.ts'
import type { AgentInbox } from '#src/ports/workplace.ts'
import type { CardDesk } from './card-desk.ts'
import { decodeClick, isKnownAction } from './decode-click.ts'
import { decodeMessage } from './decode.ts'
import type { Deliveries } from './deliver.ts'
import { unpack } from './loose.ts'
import type { Names } from './names.ts'
import type { FrameHandlers } from './stream/frame-desk.ts'
import type { StreamFrame } from './stream/frames.ts'

/** A click waits this long at most for its clicker's name. */
const NAME_MS = 300
const UNCLEAR = '没有看懂这次点击，请再试'

export interface InboundParts {
  workplace: WorkplaceId
  inbox: AgentInbox
  cards: CardDesk
  deliveries: Deliveries
  names: Names
  clock: Clock
  log: Log
  /** A message came without its words: the month's quota is used up. */
  onWithheld: () => void
}

/** What frames become: words and files for the core, clicks for the core and their answers for the clicker. */
export function makeInbound(parts: InboundParts): FrameHandlers {
  return {
    message: (frame) => takeMessage(parts, frame),
    card: (frame) => takeClick(parts, frame),
    // Nothing of the group and contact events is needed yet; they are taken so that they do not come again.
    event: () => Promise.resolve(),
  }
}

/** @throws when the core could not keep the message: it is not acknowledged then, and comes again */
async function takeMessage(parts: InboundParts, frame: StreamFrame): Promise<void> {
  const { inbox, clock, log, deliveries, names, workplace } = parts
  const decoded = decodeMessage(unpack(frame.data), { workplace, now: clock.now() })
  // Sent again it would be no better, so it is acknowledged.
  if (!decoded) return log.warn({ topic: frame.headers.topic }, 'a DingTalk message was unreadable')
  const { input, session, withheld } = decoded
  if (withheld) {
    parts.onWithheld()
    return log.error({ code: 'dingtalk.quota_used' }, 'DingTalk withheld the words of a message')
  }
  if (input.agent?.name !== undefined) names.learn(input.agent.user, input.agent.name)
  if (session) deliveries.opened(input.messageId, session)
  await inbox.message(input)
  inbox.reachable(input.chat)
}

async function takeClick(parts: InboundParts, frame: StreamFrame): Promise<object> {
  const { inbox, clock, log, cards, names, workplace } = parts
  const { messageId } = frame.headers
  const click = decodeClick(unpack(frame.data), messageId, { workplace, now: clock.now() })
  if (!click) {
    log.warn({ topic: frame.headers.topic }, 'a DingTalk click was unreadable')
    throw new Error('unreadable')
  }
  const answered = Promise.withResolvers<void>()
  cards.clicked(click.card, answered.promise)
  try {
    const name = await names.get(click.agent.user, NAME_MS)
    const agent = name === undefined ? click.agent : { ...click.agent, name }
    const answer = await inbox.click({ ...click, agent })
    return cards.answer(click, isKnownAction(click.action) ? answer : { hint: UNCLEAR, ...answer })
  } finally {
    // By the next turn of the loop the answer has been written.
    setImmediate(answered.resolve)
  }
}
