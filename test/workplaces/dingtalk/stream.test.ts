import { afterEach, describe, expect, it } from 'vitest'
import { createHttp } from '#src/platform/http.ts'
import type { DingtalkOptions, DingtalkStandIn } from '#src/playground/dingtalk/index.ts'
import { backoff } from '#src/workplaces/dingtalk/stream/backoff.ts'
import { BOT_TOPIC, readFrame } from '#src/workplaces/dingtalk/stream/frames.ts'
import { FrameDesk, type FrameHandlers } from '#src/workplaces/dingtalk/stream/frame-desk.ts'
import { type StreamSettings, streamSettings } from '#src/workplaces/dingtalk/stream/settings.ts'
import { createStream, type Stream } from '#src/workplaces/dingtalk/stream/supervisor.ts'
import {
  app,
  createPath,
  form,
  group,
  login,
  newCard,
  post,
  stage,
} from '#test/playground/dingtalk/stage.ts'
import { createManualClock, type ManualClock } from '#test/support/clock.ts'

describe('the supervised Stream', () => {
  let standIn: DingtalkStandIn
  let stream: Stream
  let clock: ManualClock
  let heard: string[]

  const accept: FrameHandlers = {
    message: (frame) => {
      heard.push((JSON.parse(frame.data) as { text: { content: string } }).text.content.trim())
      return Promise.resolve()
    },
    card: () => Promise.resolve({ userPrivateData: { cardParamMap: { can_reply: 'true' } } }),
    event: () => Promise.resolve(),
  }

  async function begin(
    options: DingtalkOptions = {},
    handlers: Partial<FrameHandlers> = {},
    settings: Partial<StreamSettings> = {},
    clientSecret = app.clientSecret,
  ): Promise<void> {
    heard = []
    clock = createManualClock()
    standIn = await stage(options)
    stream = createStream({
      http: createHttp(),
      clock,
      random: () => 0.5,
      settings: streamSettings.parse(settings),
      apiUrl: standIn.url,
      clientId: app.clientId,
      clientSecret,
      handlers: { ...accept, ...handlers },
      onUp: () => undefined,
      onOddity: () => undefined,
    })
    stream.start()
  }

  const isUp = (count = 2) =>
    expect
      .poll(() => [stream.health().open, standIn.gateway.connections().length])
      .toEqual([count, count])
  const say = (text: string) =>
    standIn.people.writeInGroup('zhangsan', group, { text }).acknowledged
  const oddity = (what: string) => stream.health().oddities[what] ?? 0
  const postCard = async () => {
    await post(standIn, createPath, newCard('c1', { title: '一', form }), {
      token: await login(standIn),
    })
  }

  afterEach(async () => {
    await stream.stop()
    expect(clock.pending()).toBe(0)
    await expect.poll(() => standIn.gateway.connections()).toEqual([])
    await standIn.stop()
  })

  it('keeps two connections and acknowledges what was accepted', async () => {
    await begin()
    await isUp()
    expect(await say('列表')).toBe(true)
    expect(heard).toEqual(['列表'])
    expect(standIn.gateway.answers.at(-1)).toMatchObject({ code: 200, data: { response: null } })
  })

  it('leaves a message unanswered that could not be accepted, and takes it when it comes again', async () => {
    let tries = 0
    const message = () => (++tries === 1 ? Promise.reject(new Error('disk')) : Promise.resolve())
    await begin({ redeliverMs: 30 }, { message })
    await isUp()
    expect(await say('在吗')).toBe(true)
    expect(tries).toBe(2)
    expect(oddity('message-not-accepted')).toBe(1)
  })

  it('survives a listener that throws', async () => {
    const message = () => {
      throw new Error('bug')
    }
    await begin({ redeliverMs: 20, redeliveries: 1 }, { message })
    await isUp()
    expect(await say('在吗')).toBe(false)
    expect(stream.health().open).toBe(2)
  })

  it('survives frames that are no JSON, no frame, empty or too large', async () => {
    await begin({}, {}, { connections: 1, maxFrameBytes: 2000 })
    await isUp(1)
    for (const bytes of ['{', 'null', '[]', '', '{"type":"CALLBACK"}', '{"headers":1}']) {
      standIn.gateway.sendRaw(bytes)
    }
    standIn.gateway.sendRaw('x'.repeat(3000))
    expect(await say('还在')).toBe(true)
    expect([oddity('bad-frame'), oddity('large-frame')]).toEqual([6, 1])
  })

  it('takes events, and puts those off that fail', async () => {
    let event = () => Promise.resolve()
    await begin({}, { event: () => event() }, { connections: 1 })
    await isUp(1)
    const push = () => standIn.gateway.push(app.clientId, 'EVENT', '*', {}).answer
    expect(await push()).toMatchObject({ code: 200, data: { status: 'SUCCESS' } })
    event = () => Promise.reject(new Error('no'))
    expect(await push()).toMatchObject({ code: 200, data: { status: 'LATER' } })
  })

  it('answers a topic that nobody listens to with 404', async () => {
    await begin()
    const codes: number[] = []
    const desk = new FrameDesk({ ...deskParts(), handlers: accept })
    const headers = { messageId: 'm', topic: 'error' }
    const frame = { type: 'CALLBACK', headers, data: '{}' }
    desk.take(frame, { answer: (_frame, code) => codes.push(code) > 0 })
    expect(codes).toEqual([404])
  })

  const deskParts = () => ({
    clock,
    settings: streamSettings.parse({}),
    onOddity: () => undefined,
  })

  it('echoes the gateway’s ping', async () => {
    await begin({}, {}, { connections: 1 })
    await isUp(1)
    const [connection] = standIn.gateway.connections()
    expect(await standIn.gateway.ping(connection!.id)).toMatchObject({
      code: 200,
      data: { opaque: expect.any(String) as string },
    })
  })

  it.each([
    ['an object', { opaque: 'o1' }, '{"opaque":"o1"}'],
    ['null', null, ''],
    ['missing', undefined, ''],
  ])('answers a ping whose data is %s', (_, data, echoed) => {
    const frame = readFrame(
      JSON.stringify({ type: 'SYSTEM', headers: { topic: 'ping', messageId: 7 }, data }),
    )
    expect(frame).toMatchObject({ headers: { messageId: '7', topic: 'ping' }, data: echoed })
  })

  it('reads frames without messageId or topic, and data as an object', () => {
    const read = (frame: object) => readFrame(JSON.stringify(frame))
    expect(read({ type: 'EVENT', headers: {}, data: { a: 1 } })).toEqual({
      type: 'EVENT',
      headers: { messageId: '', topic: '' },
      data: '{"a":1}',
    })
    expect(read({ type: 'EVENT' })).toBeUndefined()
  })

  it('answers what comes over the wire in other clothes', async () => {
    await begin({}, {}, { connections: 1 })
    await isUp(1)
    // What a deaf connection is sent vanishes; its answers are still waited for.
    standIn.gateway.deafen()
    const send = (messageId: string, frame: object) => {
      const { answer } = standIn.gateway.push(app.clientId, 'EVENT', '*', {}, messageId)
      standIn.gateway.sendRaw(JSON.stringify(frame))
      return answer
    }
    const ping = { type: 'SYSTEM', headers: { topic: 'ping' } }
    expect(await send('', { ...ping, data: { opaque: 'o1' } })).toMatchObject({
      code: 200,
      data: { opaque: 'o1' },
    })
    expect(await send('', { ...ping, data: null })).toMatchObject({ code: 200 })
    const event = { type: 'EVENT', headers: { messageId: 'e1' }, data: { x: 1 } }
    expect(await send('e1', event)).toMatchObject({ code: 200, data: { status: 'SUCCESS' } })
    const headers = { topic: BOT_TOPIC, messageId: 'm1' }
    const message = { type: 'CALLBACK', headers, data: { text: { content: ' 在吗' } } }
    expect(await send('m1', message)).toMatchObject({ code: 200, data: { response: null } })
    expect(heard).toEqual(['在吗'])
    expect(oddity('bad-frame')).toBe(0)
  })

  it('answers a click with what the callback returns', async () => {
    await begin()
    await isUp()
    await postCard()
    expect(await standIn.people.click('zhangsan', 'c1', 'claim')).toMatchObject({ code: 200 })
    expect(standIn.card('c1', 'zhangsan')?.values['can_reply']).toBe('true')
  })

  it('answers a click as failed when the callback fails or takes 1.8 seconds', async () => {
    let card: FrameHandlers['card'] = () => Promise.reject(new Error('no'))
    await begin({}, { card: (frame) => card(frame) })
    await isUp()
    await postCard()
    expect(await standIn.people.click('zhangsan', 'c1', 'claim')).toMatchObject({ code: 500 })
    const asked = Promise.withResolvers<void>()
    card = () => {
      asked.resolve()
      return new Promise(() => undefined)
    }
    const outcome = standIn.people.click('zhangsan', 'c1', 'claim')
    await asked.promise
    await clock.advance(1800)
    expect(await outcome).toMatchObject({ code: 500, late: false })
    expect(oddity('card-too-late')).toBe(1)
  })

  it('opens the successor at once when told to go, reads the old one on, and loses nothing under load', async () => {
    await begin({ disconnectCloseMs: 60, redeliveries: 0 })
    await isUp()
    const acknowledged: Promise<boolean>[] = []
    for (let i = 0; i < 300; i++) {
      acknowledged.push(say(`第${i}句`))
      // One connection at a time is told to go, as the gateway recycles them.
      if (i % 100 === 50) standIn.gateway.disconnect(standIn.gateway.connections()[0]?.id)
      if (i % 10 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await Promise.all(acknowledged)).not.toContain(false)
    expect(new Set(heard).size).toBe(300)
    await isUp()
  })

  it('has the new connection before the old one ends', async () => {
    await begin({ disconnectCloseMs: 300 }, {}, { connections: 1 })
    await isUp(1)
    standIn.gateway.disconnect()
    await expect
      .poll(() => standIn.gateway.connections().map(({ state }) => state))
      .toEqual(['disconnecting', 'open'])
    expect(await say('在吗')).toBe(true)
    await isUp(1)
  })

  it('does not hurry after a gateway that says goodbye each time', async () => {
    await begin({ disconnectCloseMs: 10 }, {}, { connections: 1 })
    for (let i = 0; i < 4; i++) {
      await isUp(1)
      standIn.gateway.disconnect()
      await expect
        .poll(() => standIn.gateway.connections().some((one) => one.state === 'disconnecting'))
        .toBe(false)
    }
    expect(stream.health().open).toBe(0)
    await clock.advance(8000)
    await isUp(1)
  })

  it('comes back after a cut with growing waits, and starts anew after a stable minute', async () => {
    await begin({}, {}, { connections: 1 })
    await isUp(1)
    standIn.gateway.drop()
    await expect.poll(() => oddity('down')).toBe(1)
    await clock.advance(749)
    expect(openCalls()).toBe(1)
    await clock.advance(1)
    await isUp(1)
    standIn.gateway.drop()
    await expect.poll(() => oddity('down')).toBe(2)
    await clock.advance(1499)
    expect(openCalls()).toBe(2)
    await clock.advance(1)
    await isUp(1)
    await clock.advance(60_000)
    await isUp(1)
    standIn.gateway.drop()
    await expect.poll(() => oddity('down')).toBe(3)
    await clock.advance(750)
    await isUp(1)
  })

  const openCalls = () => standIn.calls.filter((call) => call.name === 'connections/open').length

  it.each([
    ['500', { kind: 'status', status: 500, body: 'oops' }],
    ['HTML', { kind: 'status', status: 200, body: '<html>' }],
    [
      'an address that is none',
      { kind: 'status', status: 200, body: '{"endpoint":"x","ticket":"y"}' },
    ],
    ['no answer', { kind: 'cut' }],
  ] as const)('tries again when opening is answered with %s', async (_name, fault) => {
    await begin({}, {}, { connections: 1, backoffFirstMs: 10 })
    await isUp(1)
    standIn.faults.add({ call: 'connections/open', fault, times: 1 })
    standIn.gateway.drop()
    await expect.poll(() => oddity('down')).toBe(1)
    await clock.advance(10)
    await expect.poll(() => oddity('down')).toBe(2)
    expect(stream.health().refused).toBe(false)
    await clock.advance(20)
    await isUp(1)
  })

  it('waits five minutes and says so when its credentials are refused', async () => {
    await begin({}, {}, { connections: 1 }, 'wrong')
    await expect.poll(() => stream.health().refused).toBe(true)
    await clock.advance(299_000)
    expect(openCalls()).toBe(1)
    await clock.advance(60_000)
    await expect.poll(openCalls).toBe(2)
    expect(stream.health().lastFailure).toBe('connections/open: HTTP 401')
  })

  it('cuts a connection after two missed pongs and makes another', async () => {
    await begin({}, {}, { connections: 1 })
    await isUp(1)
    const [first] = standIn.gateway.connections()
    await clock.advance(25_000)
    standIn.gateway.mute()
    // One pong may be under way still.
    for (let i = 0; i < 4 && oddity('silent') === 0; i++) await clock.advance(25_000)
    expect(oddity('silent')).toBe(1)
    await expect.poll(() => oddity('down')).toBe(1)
    await clock.advance(1000)
    await isUp(1)
    expect(standIn.gateway.connections()[0]?.id).not.toBe(first?.id)
  })

  it('replaces a connection after hours, the new one first', async () => {
    await begin({}, {}, { connections: 1, pingEveryMs: 4_000_000 })
    await isUp(1)
    const [first] = standIn.gateway.connections()
    await clock.advance(4 * 3_600_000)
    await expect.poll(openCalls).toBe(2)
    await expect.poll(() => standIn.gateway.connections().length).toBe(2)
    await clock.advance(2000)
    await isUp(1)
    expect(standIn.gateway.connections()[0]?.id).not.toBe(first?.id)
  })

  it('finishes what is under way before it stops, and reads no more', async () => {
    const accepted = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const message = () => {
      asked.resolve()
      return accepted.promise
    }
    await begin({ redeliveries: 0 }, { message })
    await isUp()
    const first = say('一')
    await asked.promise
    const stopped = stream.stop()
    accepted.resolve()
    expect(await first).toBe(true)
    await stopped
  })

  it('stops while it is still connecting', async () => {
    await begin({}, {}, { connections: 1 })
    await stream.stop()
    expect(stream.health().open).toBe(0)
  })
})

describe('backoff', () => {
  const wait = (attempt: number, random: number) =>
    backoff(attempt, { first: 1000, max: 60_000, random: () => random })

  it('doubles from half a second to a minute', () => {
    expect([1, 2, 3, 7, 100].map((attempt) => wait(attempt, 0))).toEqual([
      500, 1000, 2000, 30_000, 30_000,
    ])
    expect([1, 2, 7].map((attempt) => wait(attempt, 1))).toEqual([1000, 2000, 60_000])
  })
})
