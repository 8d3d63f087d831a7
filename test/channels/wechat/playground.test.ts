import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Content } from '#src/domain/content.ts'
import type { OfficialAccount } from '#src/playground/wechat/account.ts'
import { createHttp } from '#src/platform/http.ts'
import { startWechat, type WechatStandIn } from '#src/playground/wechat/index.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'
import type { Channel, Incoming, Outgoing } from '#src/ports/channel.ts'
import { PlatformError, Refusal } from '#src/ports/errors.ts'
import { createManualClock, type ManualClock } from '#test/support/clock.ts'
import {
  APP_ID,
  createShop,
  createTestIo,
  ENCODING_AES_KEY,
  keepFile,
  OTHER_KEY,
  SENT_AT,
  type TestIo,
} from './setup.ts'

const HOUR_MS = 3_600_000

let clock: ManualClock
let io: TestIo
let wechat: WechatStandIn
let server: Server
let account: OfficialAccount
let customer: Phone
let shop: Channel
let received: Incoming[]

beforeEach(async () => {
  clock = createManualClock(SENT_AT)
  io = createTestIo(clock)
  received = []
  wechat = await startWechat({
    accounts: [
      { appid: APP_ID, secret: 'shop-secret', token: 'T0KEN', encodingAesKey: ENCODING_AES_KEY },
    ],
    now: () => clock.now(),
    answerLimitMs: 1000,
    retryGapMs: 5,
  })
  server = createServer((request, response) => void serve(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  account = wechat.account(APP_ID)
  account.callbackUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/shop`
  customer = account.addPhone({ openid: 'oUser1' })
  shop = createShop({ apiBase: wechat.url }, io)
})
afterEach(async () => {
  await shop.stop()
  await wechat.stop()
  server.closeAllConnections()
  server.close()
})

/** The product's server, as far as a channel needs one. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { searchParams } = new URL(request.url ?? '', 'http://x')
  const body = await buffer(request)
  const query = Object.fromEntries(searchParams)
  const raw = { method: request.method ?? '', query, headers: {}, body, receivedAt: clock.now() }
  try {
    const { events, answer } = await shop.receive(raw)
    received.push(...events)
    response.writeHead(answer.status, { 'content-type': answer.type }).end(answer.body)
  } catch (error) {
    response.writeHead(error instanceof Refusal ? error.status : 500).end()
  }
}

let sends = 0
const to = (content: Content): Outgoing => ({
  to: 'oUser1',
  content,
  refs: {},
  idempotencyKey: `effect-${(sends += 1)}`,
})
const says = (text: string): Outgoing => to({ kind: 'text', text })

async function failure(run: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await run.catch((reason: unknown) => reason)
  if (!(error instanceof PlatformError)) throw new Error('it did not fail with a PlatformError')
  return error
}

describe.each(['plain', 'compatible', 'safe'] as const)('an account in %s mode', (mode) => {
  it.each(['xml', 'json'] as const)('is understood in %s', async (format) => {
    account.mode = mode
    account.format = format
    shop = createShop({ apiBase: wechat.url, mode }, io)
    expect(await account.checkCallbackUrl()).toBe(true)
    expect(await customer.text('查订单 ]]> "&<')).toMatchObject({ accepted: true })
    await customer.click('HELP')
    await customer.location(23.1, 113.3, '广州')
    expect(received).toMatchObject([
      { name: 'customer:text', text: '查订单 ]]> "&<', externalId: 'oUser1', at: SENT_AT },
      { name: 'customer:menu', action: 'click', opens: 'menu' },
      { name: 'customer:location', content: { latitude: 23.1, label: '广州' } },
    ])
    expect(received[0]!.key).toBe(`shop|oUser1|${customer.lines[0]!.msgId}|1700000000`)
  })
})

describe('callbacks', () => {
  it('of a platform that does not know our token, key or AppID are refused', async () => {
    account.token = 'OTHER'
    expect((await customer.text('一')).attempts[0]).toMatchObject({ status: 403 })
    expect(await account.checkCallbackUrl()).toBe(false)
    account.token = 'T0KEN'
    account.changeAesKey(OTHER_KEY)
    expect((await customer.text('二')).attempts[0]).toMatchObject({ status: 403 })
    account.changeAesKey(ENCODING_AES_KEY)
    account.mode = 'plain'
    expect((await customer.text('三')).attempts[0]).toMatchObject({ status: 403 })
    shop = createShop({ apiBase: wechat.url, appId: 'wx0000000000000002' }, io)
    account.mode = 'safe'
    expect((await customer.text('四')).attempts[0]).toMatchObject({ status: 403 })
    expect(received).toEqual([])
  })

  it('under the old key are understood while the new one is being set', async () => {
    const keys = { encodingAesKey: OTHER_KEY, previousEncodingAesKey: ENCODING_AES_KEY }
    shop = createShop({ apiBase: wechat.url, ...keys }, io)
    await customer.text('旧')
    account.changeAesKey(OTHER_KEY)
    await customer.text('新')
    expect(received).toMatchObject([{ text: '旧' }, { text: '新' }])
  })

  it('that come four times have one key', async () => {
    await customer.text('重复', { faults: [{ kind: 'repeat', times: 3 }] })
    expect(received).toHaveLength(4)
    expect(new Set(received.map(({ key }) => key)).size).toBe(1)
  })

  it('that come under a new id have one fingerprint', async () => {
    await customer.text('又来', { faults: [{ kind: 'new-id', afterMs: 1 }] })
    expect(new Set(received.map(({ key }) => key)).size).toBe(2)
    expect(new Set(received.map(({ fingerprint }) => fingerprint)).size).toBe(1)
  })

  it('of any kind, even an unknown one, are accepted', async () => {
    await customer.file(Buffer.from('%PDF'), '合同.pdf')
    await customer.other('hologram', { Beam: 'x' })
    await customer.event('hologram')
    await customer.unsubscribe()
    expect(received.map(({ name }) => name)).toEqual([
      'customer:unsupported',
      'customer:unsupported',
      'customer:notice',
      'customer:unsubscribe',
    ])
  })
})

describe('answers', () => {
  beforeEach(() => customer.text('在吗'))

  it('appear on the phone, five to a message', async () => {
    for (const text of ['一', '二', '三', '四', '五']) await shop.send(says(text))
    expect(customer.answers('custom/send').map(({ content }) => content)).toMatchObject(
      ['一', '二', '三', '四', '五'].map((text) => ({ kind: 'text', text })),
    )
    const sixth = says('六')
    expect((await failure(shop.send(sixth))).next).toEqual({ do: 'retry', afterMs: 2500 })
    expect((await failure(shop.send(sixth))).next).toMatchObject({ reason: 'quota-used' })
    expect(wechat.calls.get('stable_token')).toBe(1)
  })

  it('are too late after 48 hours, and lost on those who have left', async () => {
    clock.set(SENT_AT + 48 * HOUR_MS)
    expect((await failure(shop.send(says('晚')))).next).toMatchObject({ reason: 'window-closed' })
    await customer.text('还在吗')
    await shop.send(says('在'))
    await customer.unsubscribe()
    expect((await failure(shop.send(says('走')))).next).toMatchObject({ reason: 'not-following' })
  })

  it('go on when the token has expired or been killed', async () => {
    await shop.send(says('一'))
    account.tokens.expireAll(clock.now())
    await shop.send(says('二'))
    account.tokens.killAll(clock.now())
    await shop.send(says('三'))
    expect(customer.answers()).toHaveLength(3)
  })

  it('of every kind appear', async () => {
    await shop.send(to(keepFile(io, 'image', 'image/png', Buffer.from('\x89PNG', 'latin1'))))
    await shop.send(to(keepFile(io, 'voice', 'audio/amr', Buffer.from('#!AMR\n'))))
    await shop.send(to(keepFile(io, 'video', 'video/mp4', Buffer.from('....ftypmp42'))))
    const url = 'https://example.com/'
    await shop.send(to({ kind: 'link', title: '标题', description: '描述', url }))
    await shop.send(to({ kind: 'miniprogram', title: '商品', appId: 'wxMini', path: 'p' }))
    await customer.text('谢谢')
    await shop.send(to({ kind: 'menu', head: '评价', items: [{ id: '1', text: '好' }], tail: '' }))
    expect(customer.answers().map(({ content }) => content.kind)).toEqual([
      'image',
      'voice',
      'video',
      'news',
      'miniprogram',
      'menu',
    ])
    await customer.choose(customer.answers().at(-1)!, '1')
    expect(received.at(-1)).toMatchObject({ name: 'customer:text', text: '好', menuId: '1' })
  })

  it('are uploaded again when the platform has lost a file', async () => {
    const picture = keepFile(io, 'image', 'image/png', Buffer.from('\x89PNG', 'latin1'))
    await shop.send(to(picture))
    const [first] = customer.answers()
    account.media.expire(first!.content.kind === 'image' ? first!.content.mediaId : '')
    await shop.send(to(picture))
    expect(customer.answers()).toHaveLength(2)
    expect(wechat.calls.get('media/upload')).toBe(2)
  })

  it('are uncertain, and made at most once, when the connection is cut', async () => {
    wechat.faults.add({ call: 'custom/send', fault: { kind: 'lost-answer' }, times: 1 })
    expect(await failure(shop.send(says('到了')))).toMatchObject({ delivered: 'unknown' })
    wechat.faults.add({ call: 'custom/send', fault: { kind: 'cut' }, times: 1 })
    expect(await failure(shop.send(says('没到')))).toMatchObject({ delivered: 'unknown' })
    expect(customer.answers()).toMatchObject([{ content: { text: '到了' } }])
  })

  it('are certain not to have arrived when nobody listens', async () => {
    await shop.send(says('一'))
    await wechat.stop()
    // A connection that was kept alive may break only while it is used; a new one is refused.
    shop = createShop({ apiBase: wechat.url }, { ...io, http: createHttp() })
    expect(await failure(shop.send(says('二')))).toMatchObject({
      code: 'wechat.unreachable',
      delivered: 'no',
    })
    wechat = await startWechat({ accounts: [] })
  })

  it('may be preceded by 对方正在输入', async () => {
    await shop.typing('oUser1')
    expect(customer.typingUntilMs).toBe(SENT_AT + 15_000)
    await shop.send(says('在'))
    expect(customer.typingUntilMs).toBe(0)
    await shop.typing('oUser1')
    expect(customer.typingUntilMs).toBe(SENT_AT + 15_000)
    clock.set(SENT_AT + 31_000)
    await shop.typing('oUser1')
    expect(wechat.calls.get('custom/typing')).toBe(2)
  })
})

describe('a customer’s files', () => {
  it('are fetched through the platform', async () => {
    await customer.image(Buffer.from('\x89PNG picture', 'latin1'))
    await customer.voice(Buffer.from('#!AMR\nvoice'))
    await customer.video(Buffer.from('....ftypmp42 film'))
    const files: string[] = []
    for (const event of received) {
      if (!('media' in event) || Array.isArray(event.media)) throw new Error('no media')
      const { stream } = await shop.fetchMedia(event.media.ref)
      files.push((await buffer(stream)).toString('latin1'))
    }
    expect(files).toEqual(['\x89PNG picture', '#!AMR\nvoice', '....ftypmp42 film'])
  })

  it('are gone after three days', async () => {
    await customer.image(Buffer.from('\x89PNG', 'latin1'))
    const { media } = received[0] as Incoming<'customer:image'>
    clock.set(SENT_AT + 72 * HOUR_MS)
    expect((await failure(shop.fetchMedia(media.ref))).next).toMatchObject({
      reason: 'media.expired',
    })
  })
})

describe('the doctor', () => {
  it('finds nothing wrong', async () => {
    await customer.text('你好')
    const checks = await shop.check()
    expect(checks.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok'])
  })
})
