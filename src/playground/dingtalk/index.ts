import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { TemplateDescription } from '#src/workplaces/dingtalk/template/description.ts'
import { Faults } from '../faults.ts'
import type { CallOptions } from './call.ts'
import type { GatewaySettings } from './frames.ts'
import { Gateway } from './gateway.ts'
import { type LimitSettings, Limits } from './limits.ts'
import { People, type PeopleSettings } from './people.ts'
import { makeRoutes } from './routes.ts'
import { makeServer, type SeenCall } from './server.ts'
import { Timers } from './timers.ts'
import { AppTokens } from './tokens.ts'
import { type CardView, type PlaceView, viewCard, viewPlace } from './views.ts'
import { Webhooks } from './webhooks.ts'
import {
  type App,
  type Group,
  type StoredFile,
  type Toast,
  World,
  type WorldChange,
} from './world.ts'

export { faultPresets } from './presets.ts'
export type { CardPart, FormField } from './card-view.ts'
export type { ConnectionView, FrameAnswer } from './frames.ts'
export type { ClickOutcome, FileInput, Written, WrittenOutcome } from './people.ts'
export type { SeenCall } from './server.ts'
export type { CardView, EntryView, PlaceView } from './views.ts'
export type { EntryContent, StoredFile, Toast, WorldChange } from './world.ts'

export interface DingtalkOptions
  extends
    Partial<LimitSettings>,
    Partial<CallOptions>,
    Partial<PeopleSettings>,
    Partial<GatewaySettings> {
  /** 0 or left out: any free one. */
  port?: number
  now?: () => number
  random?: () => number
  /** How many calls are remembered with their bodies. */
  keepCalls?: number
}

/** What a test or the page adds to the world. */
export interface NewGroup {
  title: string
  openConversationId?: string
  members?: string[]
  /** Robots in it; left out: those of all apps. */
  robots?: string[]
}

/** A running stand-in of DingTalk. */
export interface DingtalkStandIn {
  /** Serves as address of api.dingtalk.com and of oapi.dingtalk.com. */
  url: string
  faults: Faults
  limits: Limits
  gateway: Gateway
  people: People
  /** Behaviour that may be changed while it runs. */
  options: CallOptions & PeopleSettings
  /** The latest calls, oldest first; at least the last `keepCalls`. */
  calls: SeenCall[]
  /** What the product did that the real platform would swallow or punish. A clean run has none. */
  problems: readonly string[]
  addApp(app: { clientId: string; clientSecret: string; name?: string }): App
  addPerson(person: { userId: string; name: string; external?: boolean }): void
  addGroup(group: NewGroup): string
  addTemplate(template: {
    id: string
    published?: boolean
    description?: TemplateDescription
  }): void
  addWebhookRobot(robot: {
    token: string
    group: string
    secret?: string
    keywords?: string[]
  }): void
  addMember(openConversationId: string, userId: string): void
  removeRobot(openConversationId: string): void
  disband(openConversationId: string): void
  /** All tokens stop serving. */
  revokeTokens(): void
  /** A group as this user sees it; without one, public data only. */
  group(openConversationId: string, viewer?: string, last?: number): PlaceView
  /** A person's chat with the robot. */
  chat(userId: string, last?: number): PlaceView
  groups(): { openConversationId: string; title: string }[]
  card(outTrackId: string, viewer?: string): CardView | undefined
  file(id: string): StoredFile | undefined
  toasts(userId?: string): Toast[]
  onChange(listener: (change: WorldChange) => void): () => void
  stop(): Promise<void>
}

const defaults: CallOptions & PeopleSettings & GatewaySettings & LimitSettings = {
  qps: 20,
  monthlyCalls: false,
  monthlyMessages: false,
  maxValueBytes: 100 * 1024,
  maxTotalBytes: 100 * 1024,
  existingCard: 'refuse',
  unsafeWords: [],
  sessionWebhookMs: 5_400_000,
  webhookPerMinute: 20,
  disconnectCloseMs: 10_000,
  pingEveryMs: 30_000,
  redeliverMs: 60_000,
  redeliveries: 5,
  redeliverKeepsMessageId: false,
  withoutConnection: 'lost',
  cardDeadlineMs: 2000,
}

/** Starts a stand-in of api.dingtalk.com, oapi.dingtalk.com and the Stream gateway on one loopback port. */
export async function startDingtalk(given: DingtalkOptions = {}): Promise<DingtalkStandIn> {
  const { port = 0, now = Date.now, random = Math.random, keepCalls = 2000, ...rest } = given
  const options = { ...defaults, ...rest }
  const world = new World(now)
  const faults = new Faults(random)
  const limits = new Limits(options, now)
  const timers = new Timers()
  const webhooks = new Webhooks()
  const tokens = new AppTokens(world)
  const gateway = new Gateway(world, options, random)
  const calls: SeenCall[] = []
  let url = ''
  const server = makeServer({
    world,
    routes: makeRoutes(tokens, webhooks),
    tokens,
    limits,
    faults,
    timers,
    makeCall: (part) => ({ ...part, world, faults, gateway, options, url }),
    onCall: (call) => {
      calls.push(call)
      if (calls.length >= 2 * keepCalls) calls.splice(0, keepCalls)
    },
  })
  server.on('upgrade', (request, socket, head) => gateway.upgrade(request, socket, head))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  // A listening TCP server's address is an object, never a pipe's name.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const people = new People({
    world,
    gateway,
    faults,
    limits,
    webhooks,
    timers,
    settings: options,
    url,
  })
  return {
    url,
    faults,
    limits,
    gateway,
    people,
    options,
    calls,
    problems: world.problems,
    ...makeSetup(world, webhooks, tokens),
    ...makeWindows(world),
    stop: async () => {
      timers.stop()
      gateway.stop()
      server.closeAllConnections()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

type Setup = Pick<
  DingtalkStandIn,
  | 'addApp'
  | 'addPerson'
  | 'addGroup'
  | 'addTemplate'
  | 'addWebhookRobot'
  | 'addMember'
  | 'removeRobot'
  | 'disband'
  | 'revokeTokens'
>

function makeSetup(world: World, webhooks: Webhooks, tokens: AppTokens): Setup {
  return {
    addApp: ({ clientId, clientSecret, name = '接力' }) => {
      const app = { clientId, clientSecret, robotCode: clientId, name }
      world.apps.set(clientId, app)
      return app
    },
    addPerson: ({ userId, name, external = false }) => {
      world.people.set(userId, { userId, name, external, unionId: `union-${userId}` })
    },
    addGroup: ({ title, openConversationId = world.newId('cid'), members = [], robots }) => {
      const codes = robots ?? [...world.apps.values()].map((app) => app.robotCode)
      world.places.set(openConversationId, {
        kind: 'group',
        openConversationId,
        title,
        members: new Set(members),
        robots: new Set(codes),
        disbanded: false,
        entries: [],
      })
      return openConversationId
    },
    addTemplate: ({ id, published = true, description }) => {
      world.templates.set(id, { id, published, description })
    },
    addWebhookRobot: ({ group, ...robot }) => {
      webhooks.addRobot({ ...robot, place: theGroup(world, group), name: '自定义机器人' })
    },
    addMember: (group, userId) => {
      theGroup(world, group).members.add(userId)
      world.changed({ what: 'place', openConversationId: group })
    },
    removeRobot: (group) => {
      theGroup(world, group).robots.clear()
      world.changed({ what: 'place', openConversationId: group })
    },
    disband: (group) => {
      theGroup(world, group).disbanded = true
      world.changed({ what: 'place', openConversationId: group })
    },
    revokeTokens: () => tokens.revokeAll(),
  }
}

type Windows = Pick<
  DingtalkStandIn,
  'group' | 'chat' | 'groups' | 'card' | 'file' | 'toasts' | 'onChange'
>

function makeWindows(world: World): Windows {
  return {
    group: (id, viewer, last = 200) => viewPlace(world, theGroup(world, id), viewer, last),
    chat: (userId, last = 200) => {
      const [app] = world.apps.values()
      if (!app) throw new Error('there is no app')
      return viewPlace(world, world.chat(userId, app.robotCode), userId, last)
    },
    groups: () =>
      [...world.places.values()].flatMap((place) =>
        place.kind === 'group'
          ? [{ openConversationId: place.openConversationId, title: place.title }]
          : [],
      ),
    card: (outTrackId, viewer) => viewCard(world, outTrackId, viewer),
    file: (id) => world.files.get(id),
    toasts: (userId) =>
      world.toasts.filter((toast) => userId === undefined || toast.userId === userId),
    onChange: (listener) => world.onChange(listener),
  }
}

/** @throws {Error} when there is no such group: a mistake of the caller, not of the platform */
function theGroup(world: World, openConversationId: string): Group {
  const group = world.group(openConversationId)
  if (!group) throw new Error('there is no such group')
  return group
}
