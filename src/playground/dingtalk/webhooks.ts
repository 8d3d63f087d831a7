import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { Answer, Call } from './call.ts'
import { OapiRefusal } from './refusal.ts'
import { postAsRobot } from './robot.ts'
import type { EntryContent, Place } from './world.ts'

const webhookMessage = z.discriminatedUnion('msgtype', [
  z.object({ msgtype: z.literal('text'), text: z.object({ content: z.string().min(1) }) }),
  z.object({
    msgtype: z.literal('markdown'),
    markdown: z.object({ title: z.string().min(1), text: z.string().min(1) }),
  }),
])
const mention = z.object({
  at: z
    .object({ atUserIds: z.array(z.string()), isAtAll: z.boolean() })
    .partial()
    .default({}),
})

/** A place that a person wrote in, for as long as the robot may answer there. */
export interface Session {
  place: Place
  robotCode: string
  expiresAt: number
}

/** A custom robot (自定义机器人) of a group. */
export interface CustomRobot {
  token: string
  place: Place
  name: string
  secret?: string
  keywords?: string[]
}

/** Sessions and custom robots, both reached by a webhook address alone. */
export class Webhooks {
  readonly #sessions = new Map<string, Session>()
  readonly #robots = new Map<string, CustomRobot & { sentAt: number[]; blockedUntil: number }>()

  openSession(id: string, session: Session): void {
    this.#sessions.set(id, session)
    // Long load runs open one for every message.
    if (this.#sessions.size > 20_000) this.#sessions.delete(this.#sessions.keys().next().value!)
  }

  addRobot(robot: CustomRobot): void {
    this.#robots.set(robot.token, { ...robot, sentAt: [], blockedUntil: 0 })
  }

  /** `POST oapi /robot/sendBySession?session=` */
  sendBySession(call: Call): Answer {
    const session = this.#sessions.get(call.query.get('session') ?? '')
    if (!session) throw new OapiRefusal(300001, 'session.notExisted')
    if (call.world.now() >= session.expiresAt) throw new OapiRefusal(300001, 'session.expired')
    post(call, session.place, session.robotCode)
    return { json: { errcode: 0, errmsg: 'ok' } }
  }

  /** `POST oapi /robot/send?access_token=[&timestamp=&sign=]` */
  sendByToken(call: Call): Answer {
    const robot = this.#robots.get(call.query.get('access_token') ?? '')
    if (!robot) throw new OapiRefusal(400101, 'token is not exist')
    this.#checkPace(call, robot)
    checkSign(call, robot)
    checkKeyword(call, robot)
    post(call, robot.place, robot.token)
    return { json: { errcode: 0, errmsg: 'ok' } }
  }

  #checkPace(call: Call, robot: { sentAt: number[]; blockedUntil: number }): void {
    const limit = call.options.webhookPerMinute
    if (limit === false) return
    const now = call.world.now()
    if (now < robot.blockedUntil) throw new OapiRefusal(410100, 'send too fast')
    robot.sentAt = robot.sentAt.filter((at) => now - at < 60_000)
    if (robot.sentAt.length >= limit) {
      robot.blockedUntil = now + 600_000
      throw new OapiRefusal(410100, 'send too fast')
    }
    robot.sentAt.push(now)
  }
}

function checkSign(call: Call, { secret }: CustomRobot): void {
  if (secret === undefined) return
  const timestamp = call.query.get('timestamp') ?? ''
  const sign = createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64')
  if (Math.abs(call.world.now() - Number(timestamp)) > 3_600_000) {
    throw new OapiRefusal(310000, 'invalid timestamp')
  }
  if (call.query.get('sign') !== sign) throw new OapiRefusal(310000, 'sign not match')
}

function checkKeyword(call: Call, { keywords }: CustomRobot): void {
  if (!keywords) return
  const body = call.raw.toString()
  if (!keywords.some((word) => body.includes(word))) {
    throw new OapiRefusal(310000, 'keywords not in content')
  }
}

function post(call: Call, place: Place, robotCode: string): void {
  const message = webhookMessage.safeParse(call.body)
  if (!message.success) throw new OapiRefusal(400106, 'missing or wrong field')
  if (place.kind === 'group' && place.disbanded) throw new OapiRefusal(400013, 'group not exist')
  const id = postAsRobot(call, place, robotCode, contentOf(message.data))
  const { at } = mention.parse(call.body)
  const entry = call.world.entries.get(id)
  if (entry) entry.entry.mentions = at.isAtAll ? ['@all'] : (at.atUserIds ?? [])
}

function contentOf(message: z.infer<typeof webhookMessage>): EntryContent {
  return message.msgtype === 'text'
    ? { type: 'text', text: message.text.content }
    : { type: 'markdown', ...message.markdown }
}
