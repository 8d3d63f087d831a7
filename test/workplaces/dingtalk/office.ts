import { Readable } from 'node:stream'
import { type MediaHash, mediaHash } from '#src/domain/ids.ts'
import type { ChatRef } from '#src/domain/refs.ts'
import { createSystemClock } from '#src/platform/clock.ts'
import { createHttp } from '#src/platform/http.ts'
import type { DingtalkOptions, DingtalkStandIn } from '#src/playground/dingtalk/index.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type { Log } from '#src/ports/log.ts'
import type { Tokens } from '#src/ports/tokens.ts'
import type {
  AgentInbox,
  AgentInput,
  CardClick,
  ClickAnswer,
  Workplace,
} from '#src/ports/workplace.ts'
import { dingtalk, dingtalkConfig } from '#src/workplaces/dingtalk/index.ts'
import { conversationTemplate } from '#src/workplaces/dingtalk/template/template.ts'
import { app, group, stage } from '#test/playground/dingtalk/stage.ts'
import { here } from './cards-of-tests.ts'

export const inGroup: ChatRef = { kind: 'group', workplace: here, id: group }
export const withLisi: ChatRef = { kind: 'direct', workplace: here, id: 'lisi' }

export interface Office {
  standIn: DingtalkStandIn
  workplace: Workplace
  io: AdapterIo
  /** What the core got. */
  inputs: AgentInput[]
  clicks: CardClick[]
  reached: (ChatRef | undefined)[]
  warnings: string[]
  /** What the core answers; replaced by tests. */
  core: { message: AgentInbox['message']; click: (click: CardClick) => Promise<ClickAnswer> }
  files: Map<MediaHash, Uint8Array>
  close(): Promise<void>
}

export interface OfficeOptions {
  config?: Record<string, unknown>
  standIn?: DingtalkOptions
  clock?: Clock
  start?: boolean
}

/** The adapter against the stand-in, with a core that writes down what it gets. */
export async function office({
  config = {},
  standIn: standInOptions = {},
  clock = createSystemClock(),
  start = true,
}: OfficeOptions = {}): Promise<Office> {
  const standIn = await stage(standInOptions)
  standIn.addTemplate({ id: 'ours.schema', description: conversationTemplate })
  const warnings: string[] = []
  const files = new Map<MediaHash, Uint8Array>()
  const io: AdapterIo = {
    http: createHttp(),
    clock,
    log: quietLog(warnings),
    tokens: simpleTokens(),
    leases: { acquire: () => Promise.reject(new Error('not needed')) },
    media: mediaOf(files),
    random: () => 0.5,
  }
  const settings = dingtalkConfig.parse({
    ...app,
    apiUrl: `${standIn.url}/`,
    oapiUrl: standIn.url,
    cardTemplateId: 'ours.schema',
    callsPerSecond: 0,
    ...config,
  })
  const made: Omit<Office, 'close'> = {
    standIn,
    workplace: dingtalk(here, settings, io),
    io,
    inputs: [],
    clicks: [],
    reached: [],
    warnings,
    files,
    core: {
      message: () => Promise.resolve(),
      click: () => Promise.resolve({ accepted: true }),
    },
  }
  if (start) await open(made)
  return {
    ...made,
    close: async () => {
      await made.workplace.stop()
      await standIn.stop()
    },
  }
}

async function open(office: Omit<Office, 'close'>): Promise<void> {
  const up = Promise.withResolvers<void>()
  await office.workplace.start({
    message: async (input) => {
      await office.core.message(input)
      office.inputs.push(input)
    },
    click: (click) => {
      office.clicks.push(click)
      return office.core.click(click)
    },
    reachable: (chat) => {
      office.reached.push(chat)
      up.resolve()
    },
  })
  await up.promise
}

export const hash = (digit: string): MediaHash => mediaHash(digit.repeat(64))

function mediaOf(files: ReadonlyMap<MediaHash, Uint8Array>): AdapterIo['media'] {
  const read = (wanted: MediaHash): Uint8Array => {
    const bytes = files.get(wanted)
    if (!bytes) throw new Error('no such file')
    return bytes
  }
  return {
    open: (wanted) => Readable.from([read(wanted)]),
    read: (wanted) => Promise.resolve(read(wanted)),
  }
}

function simpleTokens(): Tokens {
  const cache = new Map<string, string>()
  const fresh: Tokens['get'] = async (name, fetch) => {
    const { token } = await fetch()
    cache.set(name, token)
    return token
  }
  return {
    get: async (name, fetch) => cache.get(name) ?? fresh(name, fetch),
    replace: (name, _stale, fetch) => fresh(name, fetch),
  }
}

function quietLog(warnings: string[]): Log {
  const keep = (fields: object, message: string): void => {
    warnings.push(`${message} ${JSON.stringify(fields)}`)
  }
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: keep,
    error: keep,
    child: () => log,
  }
  return log
}
