import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WechatStandIn } from '#src/playground/wechat/index.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'
import { type Product, SHOP, startProduct, startShop } from './product.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const PICTURE = Buffer.from('\x89PNG picture', 'latin1')

let product: Product
let wechat: WechatStandIn
let customer: Phone
let now = 0
let token = ''

type Json = Record<string, unknown>

beforeEach(async () => {
  now = 1_700_000_000_000
  product = await startProduct()
  wechat = await startShop(product, { now: () => now })
  customer = wechat.account(SHOP.appid).addPhone({ openid: 'oUser1', remark: '老王' })
  token = String((await stable())['access_token'])
})
afterEach(async () => {
  await wechat.stop()
  await product.stop()
})

async function post(path: string, body: unknown, accessToken = token): Promise<Json> {
  const url = `${wechat.url}${path}?access_token=${accessToken}`
  const response = await fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return (await response.json()) as Json
}

async function get(path: string, query: Record<string, string>): Promise<Response> {
  return fetch(`${wechat.url}${path}?${new URLSearchParams(query).toString()}`)
}

async function stable(more: Json = {}): Promise<Json> {
  const { appid, secret } = SHOP
  const body = { grant_type: 'client_credential', appid, secret, ...more }
  return post('/cgi-bin/stable_token', body, '')
}

async function legacy(): Promise<Json> {
  const { appid, secret } = SHOP
  const query = { grant_type: 'client_credential', appid, secret }
  return (await (await get('/cgi-bin/token', query)).json()) as Json
}

const send = (part: Json, accessToken?: string): Promise<Json> =>
  post('/cgi-bin/message/custom/send', { touser: 'oUser1', ...part }, accessToken)
const sendText = (content: string, accessToken?: string): Promise<Json> =>
  send({ msgtype: 'text', text: { content } }, accessToken)
const typing = (command: string): Promise<Json> =>
  post('/cgi-bin/message/custom/typing', { touser: 'oUser1', command })

async function upload(type: string, bytes: Buffer, name = 'a.png'): Promise<Json> {
  const form = new FormData()
  form.append('media', new Blob([new Uint8Array(bytes)]), name)
  const url = `${wechat.url}/cgi-bin/media/upload?access_token=${token}&type=${type}`
  return (await (await fetch(url, { method: 'POST', body: form })).json()) as Json
}

describe('stable_token', () => {
  it('gives the same token while it is good, and a new one in its last five minutes, when both serve', async () => {
    expect(await stable()).toEqual({ access_token: token, expires_in: 7200 })
    now += 100 * MINUTE
    expect(await stable()).toEqual({ access_token: token, expires_in: 1200 })
    now += 16 * MINUTE
    const second = await stable()
    expect(second['access_token']).not.toBe(token)
    await customer.text('在吗')
    expect(await sendText('一')).toMatchObject({ errcode: 0 })
    expect(await sendText('二', String(second['access_token']))).toMatchObject({ errcode: 0 })
  })

  it('kills the old token at once when forced, at most every 30 s and 20 times a day', async () => {
    const forced = await stable({ force_refresh: true })
    expect(await sendText('旧')).toMatchObject({ errcode: 40001 })
    expect(await stable()).toMatchObject({ access_token: forced['access_token'] })
    expect(await stable({ force_refresh: true })).toMatchObject({ errcode: 45011 })
    for (let count = 1; count < 20; count++) {
      now += 30_000
      expect(await stable({ force_refresh: true })).toHaveProperty('access_token')
    }
    now += 30_000
    expect(await stable({ force_refresh: true })).toMatchObject({ errcode: 45009 })
  })

  it('refuses wrong credentials', async () => {
    expect(await stable({ secret: 'x' })).toMatchObject({ errcode: 40125 })
    expect(await stable({ appid: 'x' })).toMatchObject({ errcode: 40013 })
    expect(await stable({ grant_type: 'x' })).toMatchObject({ errcode: 40002 })
  })
})

describe('the legacy token call', () => {
  it('kills the token before after five minutes, and leaves the stable one alone', async () => {
    const first = String((await legacy())['access_token'])
    const second = String((await legacy())['access_token'])
    expect(second).not.toBe(first)
    await customer.text('在吗')
    expect(await sendText('一', first)).toMatchObject({ errcode: 0 })
    now += 5 * MINUTE
    expect(await sendText('二', first)).toMatchObject({ errcode: 40001 })
    expect(await sendText('三', second)).toMatchObject({ errcode: 0 })
    expect(await sendText('四')).toMatchObject({ errcode: 0 })
  })
})

describe('an access token', () => {
  it('is refused when missing, unknown, expired or no longer the latest', async () => {
    const url = `${wechat.url}/cgi-bin/getcallbackip`
    expect(await (await fetch(url)).json()).toMatchObject({ errcode: 41001 })
    expect(await sendText('x', 'nonsense')).toMatchObject({ errcode: 40001 })
    now += 2 * HOUR
    expect(await sendText('x')).toMatchObject({ errcode: 42001 })
    token = String((await stable())['access_token'])
    wechat.account(SHOP.appid).tokens.killAll(now)
    expect(await sendText('x')).toMatchObject({ errcode: 40001 })
    token = String((await stable())['access_token'])
    wechat.account(SHOP.appid).tokens.expireAll(now)
    expect(await sendText('x')).toMatchObject({ errcode: 42001 })
  })
})

describe('custom/send', () => {
  it('puts the answer on the phone and counts it', async () => {
    await customer.text('在吗')
    expect(await sendText('在的')).toEqual({ errcode: 0, errmsg: 'ok' })
    expect(customer.answers('custom/send')).toMatchObject([
      { side: 'account', content: { kind: 'text', text: '在的' } },
    ])
    expect(customer.quota()).toMatchObject([{ trigger: 'message', left: 4 }])
  })

  it('lets 5 answers follow a message, and 5 more the next', async () => {
    await customer.text('在吗')
    for (let count = 0; count < 5; count++)
      expect(await sendText('在')).toMatchObject({ errcode: 0 })
    expect(await sendText('多')).toMatchObject({ errcode: 45047 })
    await customer.text('还在吗')
    expect(await sendText('在')).toMatchObject({ errcode: 0 })
    expect(customer.answers()).toHaveLength(6)
  })

  it('closes 48 hours after the message', async () => {
    await customer.text('在吗')
    now += 48 * HOUR - 1000
    token = String((await stable())['access_token'])
    expect(await sendText('在')).toMatchObject({ errcode: 0 })
    now += 1000
    expect(await sendText('在')).toMatchObject({ errcode: 45015 })
  })

  it.each([
    ['subscribe', () => customer.subscribe()],
    ['scan', () => customer.scan('shelf')],
    ['menu', () => customer.click('HELP')],
  ])('lets 3 answers follow within a minute of %s', async (trigger, act) => {
    await act()
    expect(customer.quota()).toMatchObject([{ trigger, left: 3 }])
    for (let count = 0; count < 3; count++)
      expect(await sendText('在')).toMatchObject({ errcode: 0 })
    expect(await sendText('多')).toMatchObject({ errcode: 45047 })
    now += MINUTE
    expect(await sendText('晚')).toMatchObject({ errcode: 45015 })
  })

  it('opens nothing by VIEW, LOCATION or an unknown event', async () => {
    await customer.view('https://example.com/')
    await customer.event('LOCATION')
    await customer.event('hologram')
    expect(await sendText('在')).toMatchObject({ errcode: 45015 })
  })

  it('refuses a customer who never wrote, who left, or who does not exist', async () => {
    expect(await sendText('在')).toMatchObject({ errcode: 45015 })
    await customer.text('在吗')
    await customer.unsubscribe()
    expect(await sendText('在')).toMatchObject({ errcode: 45015 })
    expect(
      await send({ touser: 'oNobody', msgtype: 'text', text: { content: 'x' } }),
    ).toMatchObject({ errcode: 40003 })
  })

  it('counts a text in bytes', async () => {
    await customer.text('在吗')
    expect(await sendText('字'.repeat(682))).toMatchObject({ errcode: 0 })
    expect(await sendText('字'.repeat(683))).toMatchObject({ errcode: 45002 })
    expect(await sendText('')).toMatchObject({ errcode: 44004 })
  })

  it('refuses unknown kinds, unknown media, bad JSON and escaped Chinese', async () => {
    await customer.text('在吗')
    expect(await send({ msgtype: 'hologram', hologram: {} })).toMatchObject({ errcode: 40008 })
    expect(await send({ msgtype: 'image', image: { media_id: 'x' } })).toMatchObject({
      errcode: 40007,
    })
    expect(await send({ msgtype: 'text', text: {} })).toMatchObject({ errcode: 47001 })
    expect(await post('/cgi-bin/message/custom/send', '{"touser"')).toMatchObject({
      errcode: 47001,
    })
    const escaped = '{"touser":"oUser1","msgtype":"text","text":{"content":"\\u4f60"}}'
    expect(await post('/cgi-bin/message/custom/send', escaped)).toMatchObject({ errcode: 40033 })
    expect(await sendText('C:\\users\\u4f60')).toMatchObject({ errcode: 0 })
  })

  it('shows news, menus, videos and mini programs, and one article at most', async () => {
    await customer.text('在吗')
    const article = { title: '标题', description: '', url: 'https://example.com/', picurl: '' }
    expect(await send({ msgtype: 'news', news: { articles: [article] } })).toMatchObject({
      errcode: 0,
    })
    expect(await send({ msgtype: 'news', news: { articles: [article, article] } })).toMatchObject({
      errcode: 45008,
    })
    const { media_id } = await upload('video', Buffer.from('....ftypmp42'), 'a.mp4')
    expect(await send({ msgtype: 'video', video: { media_id, title: '说明' } })).toMatchObject({
      errcode: 0,
    })
    const { thumb_media_id } = await upload('thumb', Buffer.from('\xff\xd8\xffjpeg', 'latin1'))
    const page = { title: '商品', appid: 'wxMini', pagepath: 'p/1', thumb_media_id }
    expect(await send({ msgtype: 'miniprogrampage', miniprogrampage: page })).toMatchObject({
      errcode: 0,
    })
    const list = [
      { id: '1', content: '满意' },
      { id: '2', content: '不满意' },
    ]
    const menu = { head_content: '评价', list, tail_content: '谢谢' }
    expect(await send({ msgtype: 'msgmenu', msgmenu: menu })).toMatchObject({ errcode: 0 })
    expect(customer.answers().map(({ content }) => content.kind)).toEqual([
      'news',
      'video',
      'miniprogram',
      'menu',
    ])
    await customer.choose(customer.answers().at(-1)!, '2')
    expect(product.callbacks.at(-1)!.body).toMatch(/不满意.*<bizmsgmenuid><!\[CDATA\[2]]>/s)
  })
})

describe('custom/typing', () => {
  it('shows for 15 s, until a message comes, once at a time', async () => {
    await customer.text('在吗')
    expect(await typing('Typing')).toMatchObject({ errcode: 0 })
    expect(customer.typingUntilMs).toBe(now + 15_000)
    expect(await typing('Typing')).toMatchObject({ errcode: 45081 })
    await sendText('在')
    expect(customer.typingUntilMs).toBe(0)
  })

  it('needs something of the customer within 30 s, and a known command', async () => {
    expect(await typing('Typing')).toMatchObject({ errcode: 45080 })
    await customer.text('在吗')
    now += 30_001
    expect(await typing('Typing')).toMatchObject({ errcode: 45080 })
    expect(await typing('Dance')).toMatchObject({ errcode: 45072 })
    expect(await typing('CancelTyping')).toMatchObject({ errcode: 0 })
  })
})

describe('media', () => {
  it('that a customer sent are fetched by id, a video through an address', async () => {
    await customer.image(PICTURE)
    await customer.video(Buffer.from('....ftypmp42'))
    const [image, video] = customer.lines.map(({ content }) =>
      'mediaId' in content ? content.mediaId : '',
    )
    const picture = await get('/cgi-bin/media/get', { access_token: token, media_id: image! })
    expect(picture.headers.get('content-type')).toBe('image/png')
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(PICTURE)
    const answer = await get('/cgi-bin/media/get', { access_token: token, media_id: video! })
    expect(answer.headers.get('content-type')).toContain('application/json')
    const { video_url } = (await answer.json()) as { video_url: string }
    expect(await (await fetch(video_url)).text()).toBe('....ftypmp42')
  })

  it('die after three days or when told so', async () => {
    const { media_id } = await upload('image', PICTURE)
    const query = { access_token: token, media_id: String(media_id) }
    expect((await get('/cgi-bin/media/get', query)).headers.get('content-type')).toBe('image/png')
    wechat.account(SHOP.appid).media.expire(String(media_id))
    expect(await (await get('/cgi-bin/media/get', query)).json()).toMatchObject({ errcode: 40007 })
    const again = await upload('image', PICTURE)
    now += 72 * HOUR
    token = String((await stable())['access_token'])
    await customer.text('在吗')
    expect(await send({ msgtype: 'image', image: { media_id: again['media_id'] } })).toMatchObject({
      errcode: 40007,
    })
  })

  it('are refused by kind, size and bytes', async () => {
    expect(await upload('hologram', PICTURE)).toMatchObject({ errcode: 40004 })
    expect(await upload('image', Buffer.alloc(0))).toMatchObject({ errcode: 41005 })
    expect(await upload('image', Buffer.from('%PDF'))).toMatchObject({ errcode: 40005 })
    expect(await upload('voice', Buffer.alloc(2 * 1024 * 1024 + 1))).toMatchObject({
      errcode: 40010,
    })
    expect(await post('/cgi-bin/media/upload', 'no form')).toMatchObject({ errcode: 41005 })
  })
})

describe('the other calls', () => {
  it('tell of a follower without a name, and of others only that they do not follow', async () => {
    const query = { access_token: token, openid: 'oUser1', lang: 'zh_CN' }
    const follower = (await (await get('/cgi-bin/user/info', query)).json()) as Json
    expect(follower).toMatchObject({ subscribe: 1, openid: 'oUser1', remark: '老王' })
    expect(follower).not.toHaveProperty('nickname')
    await customer.unsubscribe()
    const stranger = await (await get('/cgi-bin/user/info', query)).json()
    expect(stranger).toEqual({ subscribe: 0, openid: 'oUser1' })
  })

  it('answer for the network', async () => {
    const ips = await get('/cgi-bin/getcallbackip', { access_token: token })
    expect(await ips.json()).toEqual({ ip_list: ['127.0.0.1'] })
    expect(await post('/cgi-bin/callback/check', { action: 'all' })).toHaveProperty('dns')
  })

  it('refuse the wrong method and unknown paths', async () => {
    expect(await post('/cgi-bin/getcallbackip', {})).toMatchObject({ errcode: 43001 })
    const sent = await get('/cgi-bin/message/custom/send', { access_token: token })
    expect(await sent.json()).toMatchObject({ errcode: 43002 })
    expect((await get('/cgi-bin/nothing', {})).status).toBe(404)
  })
})

describe('faults of the way out', () => {
  beforeEach(() => customer.text('在吗'))

  it('answer with an error code or a status instead of doing the work', async () => {
    wechat.faults.add({ call: 'custom/send', fault: { kind: 'errcode', code: 45009 }, times: 1 })
    expect(await sendText('一')).toMatchObject({ errcode: 45009 })
    wechat.faults.add({ call: '*', fault: { kind: 'status', status: 502, body: '{}' }, times: 1 })
    expect(await sendText('二')).toEqual({})
    expect(customer.answers()).toEqual([])
    expect(await sendText('三')).toMatchObject({ errcode: 0 })
  })

  it('cut the connection before or after the work', async () => {
    wechat.faults.add({ call: 'custom/send', fault: { kind: 'cut' }, times: 1 })
    await expect(sendText('一')).rejects.toThrow()
    expect(customer.answers()).toEqual([])
    wechat.faults.add({ call: 'custom/send', fault: { kind: 'lost-answer' }, times: 1 })
    await expect(sendText('二')).rejects.toThrow()
    expect(customer.answers()).toMatchObject([{ content: { text: '二' } }])
  })

  it('delay an answer', async () => {
    wechat.faults.add({ call: 'custom/send', fault: { kind: 'delay', ms: 60 }, times: 1 })
    const startedMs = performance.now()
    expect(await sendText('一')).toMatchObject({ errcode: 0 })
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(55)
  })

  it('are told apart by the names of the calls, which are counted', async () => {
    wechat.faults.add({ call: 'custom/typing', fault: { kind: 'errcode', code: -1 } })
    expect(await sendText('一')).toMatchObject({ errcode: 0 })
    expect(await typing('Typing')).toMatchObject({ errcode: -1 })
    expect(wechat.calls.get('custom/send')).toBe(1)
    expect(wechat.calls.get('stable_token')).toBe(1)
  })
})

describe('several accounts', () => {
  it('share nothing', async () => {
    const other = { ...SHOP, appid: 'wx0000000000000002', secret: 'other' }
    const two = await startShop(product, { accounts: [SHOP, other] })
    const mine = two.account(SHOP.appid).addPhone({ openid: 'oSame' })
    const theirs = two.account(other.appid).addPhone({ openid: 'oSame' })
    two.account(SHOP.appid).callbackUrl = product.url
    await mine.text('在吗')
    expect(theirs.lines).toEqual([])
    expect(theirs.quota()).toEqual([])
    expect(() => two.account('wx3')).toThrow('wx3')
    await two.stop()
  })
})
