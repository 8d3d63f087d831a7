import type { Channel, ChannelCapabilities, Outgoing } from '#src/ports/channel.ts'
import type {
  AgentInbox,
  Delivery,
  Workplace,
  WorkplaceCapabilities,
} from '#src/ports/workplace.ts'
import type { WorkplaceId } from '#src/domain/ids.ts'
import { DINGTALK, HOUR, SHOP } from './shop.ts'

const idle = {
  start: async () => undefined,
  stop: async () => undefined,
  health: () => ({ state: 'ok' as const, detail: '', since: 0 }),
  check: async () => [],
}

/** A call that a fake adapter got, which ends when the test says so. */
export interface Call<What> {
  what: What
  end(error?: unknown): void
}

/** Calls that end at once, or wait for the test while `held`. */
export class Calls<What> {
  readonly all: What[] = []
  readonly open: Call<What>[] = []
  held = false
  /** Thrown by the calls that follow, first come first served; undefined: goes well. */
  readonly errors: unknown[] = []

  async take(what: What): Promise<{ platformId?: string }> {
    this.all.push(what)
    const error = this.errors.shift()
    if (this.held)
      await new Promise<void>((resolve, reject) => {
        const end = (failure?: unknown): void => {
          this.open.splice(this.open.indexOf(call), 1)
          // Whatever a test wants to see thrown.
          if (failure === undefined) resolve()
          else reject(failure)
        }
        const call = { what, end }
        this.open.push(call)
      })
    if (error !== undefined) throw error as Error
    return {}
  }
}

export function fakeChannel(
  capabilities: Partial<ChannelCapabilities> = {},
): Channel & { calls: Calls<Outgoing> } {
  const calls = new Calls<Outgoing>()
  return {
    ...idle,
    account: SHOP,
    kind: 'fake',
    calls,
    capabilities: {
      send: { text: { maxBytes: 2048 } },
      mediaTypes: {},
      quota: { message: { windowMs: 48 * HOUR, max: 5 } },
      idempotent: false,
      typing: true,
      sendsPerSecond: 1000,
      ...capabilities,
    },
    greet: () => undefined,
    receive: async () => ({ events: [], answer: { status: 200, type: 'text/plain', body: '' } }),
    send: (message) => calls.take(message),
    typing: async () => undefined,
    fetchMedia: async () => {
      throw new Error('nothing to fetch here')
    },
  }
}

export interface FakeWorkplace extends Workplace {
  calls: Calls<Delivery>
  up: boolean
  inbox: AgentInbox | undefined
}

export function fakeWorkplace(
  id: WorkplaceId = DINGTALK,
  capabilities: Partial<WorkplaceCapabilities> = {},
): FakeWorkplace {
  const calls = new Calls<Delivery>()
  const made: FakeWorkplace = {
    ...idle,
    id,
    kind: 'fake',
    label: '假',
    calls,
    up: true,
    inbox: undefined,
    start: async (inbox) => {
      made.inbox = inbox
    },
    capabilities: {
      cards: true,
      cardReply: true,
      cardPushGroup: true,
      cardUpdateLater: true,
      transcript: 'lines',
      mention: false,
      cardIdempotent: true,
      transcriptLines: 6,
      transcriptLineChars: 20,
      maxColleagues: 5,
      maxTextBytes: 1000,
      maxMediaBytes: { image: 100, voice: 100, video: 100, file: 100 },
      clickAnswerMs: 1200,
      groupLimits: [],
      credentialLimits: [],
      lineGapMs: 2000,
      cardGapMs: 2000,
      ...capabilities,
    },
    available: () => made.up,
    deliver: (delivery) => calls.take(delivery),
    fetchMedia: async () => {
      throw new Error('nothing to fetch here')
    },
  }
  return made
}
