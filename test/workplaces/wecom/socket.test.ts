import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSystemClock } from '#src/platform/clock.ts'
import { createLeases } from '#src/platform/leases.ts'
import { silentLog } from '#src/platform/log.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { Leases } from '#src/ports/leases.ts'
import type { Log } from '#src/ports/log.ts'
import { startWecom, type Wecom } from '#src/playground/wecom/index.ts'
import type { InFrame } from '#src/workplaces/wecom/session.ts'
import { BotSocket, type SocketConfig } from '#src/workplaces/wecom/socket.ts'
import { Bot } from '../../playground/wecom/bot.ts'
import { createLeaseRows, type LeaseRows } from '../../support/lease-rows.ts'

let wecom: Wecom
let group: string
let rows: LeaseRows
const clock = createSystemClock()
const sockets: BotSocket[] = []

beforeEach(async () => {
  wecom = await startWecom()
  group = wecom.rooms.addGroup('客服一组', [{ userid: 'lisi', name: '李四' }]).id
  rows = createLeaseRows()
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.stop()
  await wecom.stop()
})

/** The leases as one of several processes sees them. */
const leasesOf = (owner: string): Leases =>
  createLeases({ store: rows, clock, log: silentLog, owner, renewMs: 50, retryMs: 20 })

/** Gives the right to another process, as a store does whose clock says that the owner is gone. */
const steal = () => rows.lease('wecom/bot', 'thief', Number.MAX_SAFE_INTEGER, clock.now() + 60_000)

/** A socket with its frames, its log lines, and how often it came up. */
function makeSocket(owner = 'one', overrides: Partial<SocketConfig> = {}) {
  const seen = { frames: [] as InFrame[], ups: 0, downs: 0, log: [] as [object, string][] }
  const write = (fields: object, message: string): void => void seen.log.push([fields, message])
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log }
  const socket = new BotSocket(
    {
      url: wecom.url,
      botId: wecom.botId,
      secret: wecom.secret,
      leaseName: 'wecom/bot',
      heartbeatMs: 30_000,
      reconnectMs: 20,
      loginTimeoutMs: 2000,
      refusedPause: { firstMs: 40, maxMs: 200 },
      kickedPause: { firstMs: 40, maxMs: 200 },
      steadyMs: 60_000,
      ...overrides,
    },
    {
      up: () => void (seen.ups += 1),
      down: () => void (seen.downs += 1),
      frame: (_kind, frame) => void seen.frames.push(frame),
    },
    { clock, log, leases: leasesOf(owner), random: () => 0 },
  )
  sockets.push(socket)
  socket.start()
  return { socket, seen }
}

async function connected(owner?: string, overrides?: Partial<SocketConfig>) {
  const made = makeSocket(owner, overrides)
  await vi.waitFor(() => expect(made.socket.isConnected).toBe(true))
  return made
}

const push = (socket: BotSocket, content: string) =>
  socket.call('aibot_send_msg', { chatid: group, msgtype: 'markdown', markdown: { content } })

const failure = async (call: Promise<unknown>): Promise<PlatformError> => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof PlatformError)) throw new Error('expected a PlatformError')
  return error
}

const lines = () => wecom.rooms.group(group).lines.length

describe('the WeCom socket', () => {
  it('logs in, hands on callbacks, and gives back what the platform answers', async () => {
    const { socket, seen } = await connected()
    wecom.members.mention(group, 'lisi', '列表')
    await vi.waitFor(() => expect(seen.frames).toHaveLength(1))
    expect(seen.frames[0]).toMatchObject({ body: { from: { userid: 'lisi' } } })
    expect(await push(socket, '您好')).toMatchObject({ errcode: 0 })
    expect(
      await socket.call('aibot_send_msg', { chatid: 'nobody', msgtype: 'markdown' }),
    ).toMatchObject({ errcode: 93006 })
    expect(socket.health().state).toBe('ok')
  })

  it('sends nothing before it is connected', async () => {
    const { socket } = makeSocket()
    const error = await failure(push(socket, '您好'))
    expect(error).toMatchObject({ code: 'wecom.not_connected', delivered: 'no' })
  })

  it('opens a dropped connection again', async () => {
    const { socket, seen } = await connected()
    wecom.drop()
    await vi.waitFor(() => expect(seen.ups).toBe(2))
    expect(seen.downs).toBe(1)
    wecom.members.mention(group, 'lisi', '列表')
    expect(await push(socket, '您好')).toMatchObject({ errcode: 0 })
  })

  it('says that an outcome is unknown when the connection drops during a call', async () => {
    const { socket } = await connected()
    wecom.members.mention(group, 'lisi', '列表')
    wecom.faults.add({ call: 'aibot_send_msg', fault: { kind: 'lost-answer' }, times: 1 })
    const error = await failure(push(socket, '您好'))
    expect(error).toMatchObject({ code: 'wecom.no_answer', delivered: 'unknown' })
    expect(lines()).toBe(2)
  })

  it('says that an outcome is unknown when no answer comes within five seconds', async () => {
    const { socket } = await connected()
    wecom.members.mention(group, 'lisi', '列表')
    wecom.swallowAnswers(1)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const error = failure(push(socket, '您好'))
    await wecom.until(() => lines() === 2)
    vi.advanceTimersByTime(5000)
    vi.useRealTimers()
    expect(await error).toMatchObject({ code: 'wecom.no_answer', delivered: 'unknown' })
    expect(await push(socket, '还在')).toMatchObject({ errcode: 0 })
  })

  it('takes a connection for dead whose heart-beats are not answered', async () => {
    const { seen } = await connected('one', { heartbeatMs: 20 })
    await vi.waitFor(() => expect(wecom.framesOf('ping').length).toBeGreaterThan(1))
    wecom.faults.add({ call: 'ping', fault: { kind: 'delay', ms: 10_000 } })
    await vi.waitFor(() => expect(seen.downs).toBe(1))
    wecom.faults.clear()
    await vi.waitFor(() => expect(seen.ups).toBe(2))
  })

  it('starts anew when a log-in is never answered', async () => {
    const silent = {
      call: 'aibot_subscribe',
      fault: { kind: 'delay', ms: 60_000 },
      times: 1,
    } as const
    wecom.faults.add(silent)
    await connected('one', { loginTimeoutMs: 50 })
    expect(wecom.framesOf('aibot_subscribe')).toHaveLength(2)
  })

  it('tries a refused log-in again after longer and longer pauses, and raises an alarm each time', async () => {
    wecom.faults.add({
      call: 'aibot_subscribe',
      fault: { kind: 'errcode', code: 853000 },
      times: 2,
    })
    const { socket, seen } = makeSocket()
    await vi.waitFor(() => expect(socket.health().detail).toContain('853000'))
    await vi.waitFor(() => expect(socket.isConnected).toBe(true))
    const waits = seen.log
      .map(([fields]) => fields)
      .filter((fields) => 'code' in fields && fields.code === 'wecom.login_refused')
    expect(waits).toMatchObject([{ waitMs: 40 }, { waitMs: 80 }])
  })

  it('writes no word of a callback and no secret into the log', async () => {
    const { seen } = await connected()
    wecom.members.mention(group, 'lisi', '我的电话是 13800000000')
    await vi.waitFor(() => expect(seen.frames).toHaveLength(1))
    const written = JSON.stringify(seen.log)
    expect(written).not.toContain('13800000000')
    expect(written).not.toContain(wecom.secret)
  })
})

describe('the WeCom socket and its lease', () => {
  it('connects in one process alone, and in the other when that one stops', async () => {
    const first = await connected('one')
    const second = makeSocket('two')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(wecom.framesOf('aibot_subscribe')).toHaveLength(1)
    expect(second.socket.health().state).toBe('ok')
    await first.socket.stop()
    await vi.waitFor(() => expect(second.socket.isConnected).toBe(true))
    expect((await failure(push(first.socket, '您好'))).delivered).toBe('no')
  })

  it('closes at once when the lease is lost, and calls under way end as unknown', async () => {
    const { socket } = await connected()
    wecom.members.mention(group, 'lisi', '列表')
    wecom.faults.add({ call: 'aibot_send_msg', fault: { kind: 'delay', ms: 2000 } })
    const call = failure(push(socket, '您好'))
    await steal()
    expect(await call).toMatchObject({ delivered: 'unknown' })
    expect(socket.isConnected).toBe(false)
    await wecom.until(() => !wecom.isConnected)
    expect((await failure(push(socket, '您好'))).delivered).toBe('no')
  })

  it('gives way after a kick, waits, and asks for the lease before it comes back', async () => {
    const { socket, seen } = await connected()
    const intruder = await Bot.connect(wecom)
    await vi.waitFor(() => expect(socket.isConnected).toBe(false))
    expect(seen.log.some(([fields]) => 'code' in fields && fields.code === 'wecom.kicked')).toBe(
      true,
    )
    await vi.waitFor(() => expect(socket.isConnected).toBe(true))
    expect((await intruder.next()).body.event.eventtype).toBe('disconnected_event')
  })

  it('waits longer after every kick of a series', async () => {
    const { seen } = await connected('one', { kickedPause: { firstMs: 60, maxMs: 1000 } })
    const times: number[] = []
    for (let kicks = 1; kicks <= 3; kicks += 1) {
      const from = Date.now()
      wecom.kick()
      await vi.waitFor(() => expect(seen.ups).toBe(kicks + 1), { interval: 5, timeout: 3000 })
      times.push(Date.now() - from)
    }
    expect(times[0]).toBeGreaterThanOrEqual(60)
    expect(times[1]).toBeGreaterThanOrEqual(120)
    expect(times[2]).toBeGreaterThanOrEqual(240)
  })

  it('stops in every state without leaving a connection or a timer', async () => {
    const { socket } = await connected()
    await socket.stop()
    await wecom.until(() => !wecom.isConnected)
    wecom.faults.add({ call: 'aibot_subscribe', fault: { kind: 'errcode', code: 853000 } })
    const refused = makeSocket('two', { refusedPause: { firstMs: 60_000, maxMs: 60_000 } })
    await vi.waitFor(() => expect(refused.socket.health().detail).toContain('refused'))
    await refused.socket.stop()
    const standby = makeSocket('three')
    await steal()
    await standby.socket.stop()
    expect(standby.socket.health().state).toBe('down')
  })
})
