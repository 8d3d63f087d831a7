import { Readable } from 'node:stream'
import { createSystemClock } from '#src/platform/clock.ts'
import { createHttp } from '#src/platform/http.ts'
import { createLeases } from '#src/platform/leases.ts'
import { silentLog } from '#src/platform/log.ts'
import { createTokens } from '#src/platform/token-cache.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import type { MediaHash } from '#src/domain/ids.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type {
  AgentInbox,
  AgentInput,
  CardClick,
  ClickAnswer,
  Workplace,
} from '#src/ports/workplace.ts'
import { createLeaseRows } from '#test/support/lease-rows.ts'

/** One workplace against its platform, with what people see and do there. */
export interface WorkplacePlace {
  workplace: Workplace
  io: PlaceIo
  /** A group in which somebody has written to the bot already. */
  group: ChatRef
  /** User ids of two members of it. */
  members: readonly [string, string]
  /** What the bot said in the group, oldest first. */
  texts(): string[]
  /** The files that it posted there. */
  files(): Buffer[]
  /** How many cards with this id stand there. */
  cards(id: string): number
  /** A card in words, as this member's client draws it: texts, labels of buttons. */
  card(id: string, member: string): string
  /** Writes to the bot in the group, perhaps quoting something that the bot said. */
  says(member: string, words: string, quoting?: string): void
  /** The same, with a picture. */
  shows(member: string, words: string, picture: Buffer): void
  /** Writes to the bot alone. */
  writes(member: string, words: string): void
  /** Presses a button, by its label; resolves when the platform is done with it. */
  press(member: string, card: string, label: string): Promise<void>
  /** Types into the reply box, where there is one. */
  submit(member: string, card: string, words: string): Promise<void>
  /** The platform delivers the next thing that a member does so often more, all the same. */
  repeatNext(): void
  /** The next text into the group is refused for certain. */
  refuseText(): void
  /** The next text into the group stands there, and we never hear of it. */
  loseText(): void
  /** Ends the connections to us; they may come again. */
  drop(): void
  /** Connections that the platform has from us. */
  connections(): number
  /** Ends the platform. */
  close(): Promise<void>
}

/** A core that remembers, and answers clicks as it is told. */
export class RecordingInbox implements AgentInbox {
  readonly messages: AgentInput[] = []
  readonly clicks: CardClick[] = []
  readonly reached: (ChatRef | undefined)[] = []
  answer: ClickAnswer = { accepted: false }

  async message(input: AgentInput): Promise<void> {
    this.messages.push(input)
  }

  async click(click: CardClick): Promise<ClickAnswer> {
    this.clicks.push(click)
    return this.answer
  }

  reachable(chat?: ChatRef): void {
    this.reached.push(chat)
  }
}

export interface PlaceIo extends AdapterIo {
  /** Files by hash, for the adapter to read. */
  files: Map<MediaHash, Buffer>
  /** Timers that the adapter has set and that neither fired nor were cancelled. */
  timers(): number
}

/** Everything real but the store, which is in memory; counts the timers that are open. */
export function makePlaceIo(): PlaceIo {
  const files = new Map<MediaHash, Buffer>()
  const { clock, timers } = countingClock()
  const store = createLeaseRows()
  const log = silentLog
  const random = (): number => 0.5
  const read = async (hash: MediaHash): Promise<Buffer> => {
    const file = files.get(hash)
    if (!file) throw new Error('no such file')
    return file
  }
  return {
    http: createHttp({ timeoutMs: 2000 }),
    clock,
    log,
    random,
    tokens: createTokens({ store, clock, log, owner: 'contract', random }),
    leases: createLeases({ store, clock, log, owner: 'contract' }),
    media: { read, open: (hash) => Readable.from(files.get(hash) ?? Buffer.alloc(0)) },
    files,
    timers,
  }
}

function countingClock(): { clock: Clock; timers: () => number } {
  const real = createSystemClock()
  const open = new Set<object>()
  const clock: Clock = {
    now: () => real.now(),
    at(atMs, fire) {
      const one = {}
      open.add(one)
      const cancel = real.at(atMs, () => {
        open.delete(one)
        fire()
      })
      return () => {
        open.delete(one)
        cancel()
      }
    },
  }
  return { clock, timers: () => open.size }
}
