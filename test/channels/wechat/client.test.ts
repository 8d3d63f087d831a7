import nock from 'nock'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Content } from '#src/domain/content.ts'
import type { Channel, Outgoing } from '#src/ports/channel.ts'
import { PlatformError } from '#src/ports/errors.ts'
import { createManualClock } from '#test/support/clock.ts'
import {
  APP_ID,
  broken,
  createShop,
  createTestIo,
  fixture,
  keepFile,
  post,
  SAFE_QUERY,
  SENT_AT,
  type TestIo,
} from './setup.ts'

const API = 'https://api.weixin.qq.com'
const SEND = '/cgi-bin/message/custom/send'
const OK = { errcode: 0, errmsg: 'ok' }

let io: TestIo
let shop: Channel

beforeEach(() => {
  nock.disableNetConnect()
  io = createTestIo()
  shop = createShop({}, io)
})
afterEach(() => {
  const pending = nock.pendingMocks()
  nock.abortPendingRequests()
  nock.cleanAll()
  nock.enableNetConnect()
  expect(pending).toEqual([])
})

const says = (text: string): Outgoing => ({
  to: 'oUser1',
  content: { kind: 'text', text },
  refs: {},
  idempotencyKey: 'effect-1',
})
const sends = (content: Content): Outgoing => ({ ...says(''), content })

/** The platform gives a token, once. */
function givesToken(token = 'token-1'): void {
  const body = { grant_type: 'client_credential', appid: APP_ID, secret: 'shop-secret' }
  nock(API)
    .post('/cgi-bin/stable_token', body)
    .reply(200, { access_token: token, expires_in: 7200 })
}

/** The platform answers the next send; the body it got is in the list that is returned. */
function takesSend(answer: object | string = OK, token = 'token-1', status = 200): unknown[] {
  const bodies: unknown[] = []
  nock(API)
    .post(SEND, (body: unknown) => bodies.push(body) > 0)
    .query({ access_token: token })
    .reply(status, answer)
  return bodies
}

async function failure(run: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof PlatformError)) throw new Error('it did not fail with a PlatformError')
  return error
}

describe('sending', () => {
  it('posts a text in UTF-8 under the account’s token', async () => {
    givesToken()
    const bodies = takesSend()
    expect(await shop.send(says('在的 "亲"\n稍等🙂'))).toEqual({})
    expect(bodies).toEqual([
      { touser: 'oUser1', msgtype: 'text', text: { content: '在的 "亲"\n稍等🙂' } },
    ])
  })

  it('fetches one token for many sends', async () => {
    givesToken()
    for (let count = 0; count < 3; count++) {
      takesSend()
      await shop.send(says('在'))
    }
  })

  it('writes no \\u escape, which the platform refuses', async () => {
    givesToken()
    const raw: string[] = []
    nock(API)
      .post(SEND)
      .query(true)
      .reply(200, async (request: Request) => {
        raw.push(await request.text())
        return OK
      })
    await shop.send(says('a\u0007b\ud800c\u007fd'))
    expect(raw.join('')).toContain('ab\ufffdcd')
    expect(raw.join('')).not.toContain('\\u')
  })

  it('shows the agent account that is set', async () => {
    shop = createShop({ kfAccount: 'kf2001@gh_demo' }, io)
    givesToken()
    const bodies = takesSend()
    await shop.send(says('在'))
    expect(bodies).toMatchObject([{ customservice: { kf_account: 'kf2001@gh_demo' } }])
  })

  it('sends links, menus and mini programs in the platform’s form', async () => {
    givesToken()
    const link = takesSend()
    const url = 'https://example.com/'
    await shop.send(sends({ kind: 'link', title: '标题', description: '描述', url }))
    expect(link).toEqual([
      {
        touser: 'oUser1',
        msgtype: 'news',
        news: { articles: [{ title: '标题', description: '描述', url, picurl: '' }] },
      },
    ])
    const menu = takesSend()
    const items = [
      { id: '101', text: '满意' },
      { id: '102', text: '不满意' },
    ]
    await shop.send(sends({ kind: 'menu', head: '请评价', items, tail: '谢谢' }))
    expect(menu).toMatchObject([
      {
        msgtype: 'msgmenu',
        msgmenu: {
          head_content: '请评价',
          list: [
            { id: '101', content: '满意' },
            { id: '102', content: '不满意' },
          ],
          tail_content: '谢谢',
        },
      },
    ])
    nock(API)
      .post('/cgi-bin/media/upload')
      .query({ access_token: 'token-1', type: 'thumb' })
      .reply(200, { type: 'thumb', thumb_media_id: 'thumb-1', created_at: 1 })
    const page = takesSend()
    await shop.send(sends({ kind: 'miniprogram', title: '商品', appId: 'wxMini', path: 'p/1' }))
    expect(page).toMatchObject([
      {
        msgtype: 'miniprogrampage',
        miniprogrampage: {
          title: '商品',
          appid: 'wxMini',
          pagepath: 'p/1',
          thumb_media_id: 'thumb-1',
        },
      },
    ])
  })

  it.each<[string, Content, string]>([
    ['a text of 2049 bytes', { kind: 'text', text: 'x'.repeat(2049) }, 'wechat.too-long'],
    ['an empty text', { kind: 'text', text: ' \u0007' }, 'empty'],
    ['a file', { kind: 'file' }, 'kind-unsupported'],
    ['a location', { kind: 'location', latitude: 1, longitude: 2, label: '' }, 'kind-unsupported'],
    ['an image without a file', { kind: 'image' }, 'wechat.file-gone'],
  ])('refuses %s without asking the platform', async (_name, content, reason) => {
    const error = await failure(shop.send(sends(content)))
    expect(error).toMatchObject({ delivered: 'no', next: { do: 'give-up', reason } })
  })
})

describe('media in answers', () => {
  function takesUpload(type: string, answer: object, bodies: string[] = []): string[] {
    nock(API)
      .post('/cgi-bin/media/upload', (body: unknown) => bodies.push(String(body)) > 0)
      .query({ access_token: 'token-1', type })
      .reply(200, answer)
    return bodies
  }

  it('are uploaded once and sent by id', async () => {
    givesToken()
    const uploads = takesUpload('image', { type: 'image', media_id: 'm1', created_at: 1 })
    const first = takesSend()
    const picture = sends(keepFile(io, 'image', 'image/png', Buffer.from('PNGDATA')))
    await shop.send(picture)
    const second = takesSend()
    await shop.send(picture)
    expect(uploads).toHaveLength(1)
    expect(uploads[0]).toMatch(/name="media"; filename="image\.png"[\s\S]*PNGDATA/)
    const image = { msgtype: 'image', image: { media_id: 'm1' } }
    expect([first, second]).toMatchObject([[image], [image]])
  })

  it('are uploaded again before their three days are over', async () => {
    const clock = createManualClock(SENT_AT)
    io = createTestIo(clock)
    shop = createShop({}, io)
    givesToken()
    const voice = sends(keepFile(io, 'voice', 'audio/amr'))
    takesUpload('voice', { type: 'voice', media_id: 'v1', created_at: 1 })
    takesSend()
    await shop.send(voice)
    clock.set(SENT_AT + 61 * 3_600_000)
    takesUpload('voice', { type: 'voice', media_id: 'v2', created_at: 1 })
    const bodies = takesSend()
    await shop.send(voice)
    expect(bodies).toMatchObject([{ voice: { media_id: 'v2' } }])
  })

  it('are uploaded again, once, when the platform no longer knows the id', async () => {
    givesToken()
    const video = sends(keepFile(io, 'video', 'video/mp4'))
    const thumb = { type: 'thumb', thumb_media_id: 't', created_at: 1 }
    takesUpload('video', { type: 'video', media_id: 'old', created_at: 1 })
    takesUpload('thumb', thumb)
    takesSend({ errcode: 40007, errmsg: 'invalid media_id' })
    takesUpload('video', { type: 'video', media_id: 'new', created_at: 1 })
    takesUpload('thumb', thumb)
    const bodies = takesSend()
    await shop.send(video)
    expect(bodies).toMatchObject([{ video: { media_id: 'new', thumb_media_id: 't' } }])
  })

  it('are given up when the id is refused twice', async () => {
    givesToken()
    for (let count = 0; count < 2; count++) {
      takesUpload('image', { type: 'image', media_id: 'm', created_at: 1 })
      takesSend({ errcode: 40007 })
    }
    const error = await failure(shop.send(sends(keepFile(io, 'image', 'image/png'))))
    expect(error.next).toEqual({ do: 'give-up', reason: 'wechat.media-refused' })
  })

  it('fail certainly when the upload is refused, lost, or the file is gone', async () => {
    givesToken()
    takesUpload('image', { errcode: 40009, errmsg: 'too large' })
    const picture = sends(keepFile(io, 'image', 'image/png'))
    expect(await failure(shop.send(picture))).toMatchObject({
      delivered: 'no',
      next: { do: 'give-up', reason: 'too-large' },
    })
    nock(API).post('/cgi-bin/media/upload').query(true).replyWithError(broken('ECONNRESET'))
    expect(await failure(shop.send(picture))).toMatchObject({
      delivered: 'no',
      next: { do: 'retry' },
    })
    takesUpload('image', { type: 'image' })
    expect(await failure(shop.send(picture))).toMatchObject({ delivered: 'no' })
    io.files.clear()
    expect((await failure(shop.send(picture))).next).toEqual({
      do: 'give-up',
      reason: 'wechat.file-gone',
    })
  })
})

describe('the token', () => {
  it.each([40001, 40014, 42001])(
    'is replaced once after %i, and the send repeated',
    async (errcode) => {
      givesToken('old')
      takesSend({ errcode, errmsg: 'x' }, 'old')
      givesToken('new')
      takesSend(OK, 'new')
      await shop.send(says('在'))
      takesSend(OK, 'new')
      await shop.send(says('在'))
    },
  )

  it('is not fetched again when somebody else has replaced it meanwhile', async () => {
    givesToken('old')
    takesSend({ errcode: 40001 }, 'old')
    io.tokens.replace = async (_name, stale) => (stale === 'old' ? 'theirs' : stale)
    takesSend(OK, 'theirs')
    await shop.send(says('在'))
  })

  it('that is refused fresh means wrong credentials', async () => {
    givesToken('old')
    takesSend({ errcode: 40001 }, 'old')
    givesToken('new')
    takesSend({ errcode: 40001 }, 'new')
    expect(await failure(shop.send(says('在')))).toMatchObject({
      code: 'wechat.token_refused',
      delivered: 'no',
      next: { do: 'give-up', reason: 'wechat.credentials' },
    })
    expect(shop.health()).toMatchObject({
      state: 'down',
      detail: expect.stringContaining('AppSecret'),
    })
  })

  it.each([
    [40125, 'wechat.credentials'],
    [40001, 'wechat.credentials'],
    [40013, 'wechat.credentials'],
    [40164, 'wechat.ip-refused'],
    [89503, 'wechat.ip-refused'],
  ])('that the platform does not give (%i) fails the send certainly', async (errcode, reason) => {
    nock(API).post('/cgi-bin/stable_token').reply(200, { errcode, errmsg: 'x' })
    const error = await failure(shop.send(says('在')))
    expect(error).toMatchObject({ delivered: 'no', next: { do: 'give-up', reason } })
    expect(shop.health().state).toBe('down')
  })

  it('without an answer fails the send certainly, to be tried again', async () => {
    nock(API).post('/cgi-bin/stable_token').replyWithError(broken('ECONNRESET'))
    expect(await failure(shop.send(says('在')))).toMatchObject({
      delivered: 'no',
      next: { do: 'retry' },
    })
    nock(API).post('/cgi-bin/stable_token').reply(200, { expires_in: 7200 })
    expect(await failure(shop.send(says('在')))).toMatchObject({ delivered: 'no' })
  })
})

describe('a refusal', () => {
  beforeEach(() => givesToken())

  it.each([
    [-1, 'wechat.busy', { do: 'retry' }],
    [40003, 'wechat.bad_openid', { do: 'give-up', reason: 'wechat.bad-openid' }],
    [40008, 'wechat.kind_refused', { do: 'give-up', reason: 'kind-unsupported' }],
    [40013, 'wechat.credentials', { do: 'give-up', reason: 'wechat.credentials' }],
    [40033, 'wechat.malformed_call', { do: 'give-up', reason: 'unexpected' }],
    [40164, 'wechat.ip_refused', { do: 'give-up', reason: 'wechat.ip-refused' }],
    [43004, 'wechat.not_following', { do: 'give-up', reason: 'not-following' }],
    [43019, 'wechat.blacklisted', { do: 'give-up', reason: 'wechat.blacklisted' }],
    [45002, 'wechat.too_long', { do: 'give-up', reason: 'wechat.too-long' }],
    [45009, 'wechat.call_quota_used', { do: 'retry', afterMs: 5000 }],
    [45011, 'wechat.too_often', { do: 'retry', afterMs: 1000 }],
    [45162, 'wechat.kind_refused', { do: 'give-up', reason: 'kind-unsupported' }],
    [47001, 'wechat.malformed_call', { do: 'give-up', reason: 'unexpected' }],
    [48001, 'wechat.not_granted', { do: 'give-up', reason: 'wechat.not-granted' }],
    [48002, 'wechat.refuses_messages', { do: 'give-up', reason: 'wechat.refuses-messages' }],
    [48004, 'wechat.banned', { do: 'give-up', reason: 'wechat.banned' }],
    [50002, 'wechat.user_limited', { do: 'give-up', reason: 'wechat.user-limited' }],
    [87014, 'wechat.content_refused', { do: 'give-up', reason: 'wechat.content-refused' }],
    [99999, 'wechat.refused', { do: 'give-up', reason: 'wechat.refused' }],
  ])('%i means that nothing was delivered, as %s', async (errcode, code, next) => {
    takesSend({ errcode, errmsg: 'words' })
    const error = await failure(shop.send(says('悄悄话')))
    expect(error).toMatchObject({ code, delivered: 'no', next })
    expect(error.message).toBe(`WeChat refused custom/send: errcode ${errcode}`)
  })

  it('45015 of somebody who still follows means that the window is closed', async () => {
    takesSend({ errcode: 45015 })
    nock(API)
      .get('/cgi-bin/user/info')
      .query({ access_token: 'token-1', openid: 'oUser1', lang: 'zh_CN' })
      .reply(200, { subscribe: 1, openid: 'oUser1' })
    expect((await failure(shop.send(says('在')))).next).toEqual({
      do: 'give-up',
      reason: 'window-closed',
    })
  })

  it('45015 of somebody who does not means that they have left', async () => {
    takesSend({ errcode: 45015 })
    nock(API).get('/cgi-bin/user/info').query(true).reply(200, { subscribe: 0, openid: 'oUser1' })
    expect((await failure(shop.send(says('在')))).next).toEqual({
      do: 'give-up',
      reason: 'not-following',
    })
  })

  it('45015 means a closed window when the customer’s record cannot be had', async () => {
    takesSend({ errcode: 45015 })
    nock(API).get('/cgi-bin/user/info').query(true).reply(200, { errcode: 48001 })
    expect((await failure(shop.send(says('在')))).next).toMatchObject({ reason: 'window-closed' })
  })

  it('45047 is tried once more after some seconds, then the count is used up', async () => {
    takesSend({ errcode: 45047 })
    expect((await failure(shop.send(says('在')))).next).toEqual({ do: 'retry', afterMs: 2500 })
    takesSend({ errcode: 45047 })
    expect((await failure(shop.send(says('在')))).next).toEqual({
      do: 'give-up',
      reason: 'quota-used',
    })
    takesSend({ errcode: 45047 })
    const another = { ...says('还在'), idempotencyKey: 'effect-2' }
    expect((await failure(shop.send(another))).next).toEqual({ do: 'retry', afterMs: 2500 })
  })

  it('45047 is final at once when the setting says so', async () => {
    shop = createShop({ quotaUsedRetryMs: 0 }, io)
    takesSend({ errcode: 45047 })
    expect((await failure(shop.send(says('在')))).next).toMatchObject({ do: 'give-up' })
  })
})

describe('a send without an answer', () => {
  beforeEach(() => givesToken())

  const unknown = {
    code: 'wechat.no_answer',
    delivered: 'unknown',
    next: { do: 'give-up', reason: 'no-answer' },
  }

  it('is uncertain after a cut connection or a time-out', async () => {
    nock(API).post(SEND).query(true).replyWithError(broken('ECONNRESET', 'hang up'))
    expect(await failure(shop.send(says('在')))).toMatchObject(unknown)
    nock(API).post(SEND).query(true).delay(700).reply(200, OK)
    expect(await failure(shop.send(says('在')))).toMatchObject(unknown)
  })

  it('is uncertain after a 5xx and after an answer that is no JSON', async () => {
    takesSend('<html>502</html>', 'token-1', 502)
    expect(await failure(shop.send(says('在')))).toMatchObject(unknown)
    takesSend('<html>ok</html>')
    expect(await failure(shop.send(says('在')))).toMatchObject(unknown)
  })

  it('has certainly not been made after a 4xx, a refused connection or an unknown host', async () => {
    takesSend('too many', 'token-1', 429)
    expect(await failure(shop.send(says('在')))).toMatchObject({
      delivered: 'no',
      next: { do: 'retry' },
    })
    for (const code of ['ECONNREFUSED', 'ENOTFOUND']) {
      nock(API).post(SEND).query(true).replyWithError(broken(code))
      expect(await failure(shop.send(says('在')))).toMatchObject({
        code: 'wechat.unreachable',
        delivered: 'no',
        next: { do: 'retry' },
      })
    }
  })

  it('shows neither the token nor the words nor the customer in its error', async () => {
    nock(API).post(SEND).query(true).replyWithError(broken('ECONNRESET', 'token-1'))
    const error = await failure(shop.send(says('悄悄话')))
    const everything = `${String(error)} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`
    expect(everything).not.toMatch(/token-1|悄悄话|oUser1|shop-secret/)
  })

  it('makes the account degraded after three in a row, until one succeeds', async () => {
    for (let count = 0; count < 3; count++) {
      expect(shop.health().state).toBe('ok')
      takesSend('', 'token-1', 503)
      await failure(shop.send(says('在')))
    }
    expect(shop.health()).toMatchObject({ state: 'degraded', since: SENT_AT })
    takesSend()
    await shop.send(says('在'))
    expect(shop.health()).toMatchObject({ state: 'ok', detail: '' })
  })
})

describe('typing', () => {
  beforeEach(async () => {
    await shop.receive(post(fixture('safe.xml'), SAFE_QUERY))
  })

  it('is shown to a customer who wrote within 30 s, and not twice at a time', async () => {
    givesToken()
    nock(API)
      .post('/cgi-bin/message/custom/typing', { touser: 'oUser1', command: 'Typing' })
      .query({ access_token: 'token-1' })
      .reply(200, OK)
    await shop.typing('oUser1')
    await shop.typing('oUser1')
  })

  it('asks the platform for nothing when it would refuse', async () => {
    await shop.typing('oSomebodyElse')
    const clock = createManualClock(SENT_AT)
    shop = createShop({}, createTestIo(clock))
    await shop.receive(post(fixture('safe.xml'), SAFE_QUERY))
    clock.set(SENT_AT + 30_000)
    await shop.typing('oUser1')
    shop = createShop({ typing: false }, io)
    await shop.receive(post(fixture('safe.xml'), SAFE_QUERY))
    await shop.typing('oUser1')
    expect(shop.capabilities.typing).toBe(false)
  })

  it('swallows every failure', async () => {
    givesToken()
    nock(API).post('/cgi-bin/message/custom/typing').query(true).reply(200, { errcode: 45080 })
    await expect(shop.typing('oUser1')).resolves.toBeUndefined()
  })
})

describe('the doctor', () => {
  it('finds a token, a callback and the mode in order', async () => {
    await shop.receive(post(fixture('safe.xml'), SAFE_QUERY))
    givesToken()
    nock(API).get('/cgi-bin/getcallbackip').query(true).reply(200, { ip_list: [] })
    const checks = await shop.check()
    expect(checks.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok'])
  })

  it('says what to do about a wrong secret, a clear mode, a clock that is off and a silent callback', async () => {
    shop = createShop({ mode: 'plain' }, io)
    nock(API).post('/cgi-bin/stable_token').reply(200, { errcode: 40125 })
    const [mode, api, callback] = await shop.check()
    expect(mode).toMatchObject({ state: 'warning', fix: expect.stringContaining('安全模式') })
    expect(api).toMatchObject({ state: 'failed', fix: expect.stringContaining('AppSecret') })
    expect(callback).toMatchObject({ state: 'warning', fix: expect.stringContaining('服务器配置') })
    await shop.receive({ ...post(fixture('text.xml')), receivedAt: SENT_AT + 120_000 })
    nock(API).post('/cgi-bin/stable_token').reply(200, { errcode: 40164 })
    const checks = await shop.check()
    expect(checks[1]).toMatchObject({ fix: expect.stringContaining('白名单') })
    expect(checks[3]).toMatchObject({ state: 'warning', found: expect.stringContaining('-120 秒') })
  })
})

describe('stopping', () => {
  it('waits for the calls under way', async () => {
    givesToken()
    nock(API).post(SEND).query(true).delay(30).reply(200, OK)
    await shop.start()
    let sent = false
    const sending = shop.send(says('在')).then(() => (sent = true))
    await shop.stop()
    await Promise.resolve()
    expect(sent).toBe(true)
    await sending
  })
})
