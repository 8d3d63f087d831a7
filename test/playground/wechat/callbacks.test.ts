import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha1Signature } from '#src/platform/tencent-crypto.ts'
import { parseXml } from '#src/platform/xml.ts'
import type { WechatStandIn } from '#src/playground/wechat/index.ts'
import { openCallback, type Product, SHOP, startProduct, startShop } from './product.ts'

const PICTURE = Buffer.from('\x89PNG picture', 'latin1')

let product: Product
let wechat: WechatStandIn

async function start(account: Parameters<typeof startShop>[1] = {}): Promise<void> {
  wechat = await startShop(product, account)
}

beforeEach(async () => {
  product = await startProduct()
})
afterEach(async () => {
  await wechat.stop()
  await product.stop()
})

const texts = (): string[] =>
  product.callbacks.map(({ body }) => /<Content><!\[CDATA\[(.*?)\]\]>/.exec(body)?.[1] ?? '?')

const requests = (): string[] =>
  product.callbacks.map(({ query, body }) => `${query.toString()} ${body}`)

describe('a callback in plain mode', () => {
  it('is signed and carries the fields as clear XML', async () => {
    await start({ now: () => 1_700_000_000_900 })
    const customer = wechat.account(SHOP.appid).addPhone({ openid: 'oUser1' })
    const delivery = await customer.text('查订单 ]]> &')
    const [callback] = product.callbacks
    const { query } = callback!
    const timestamp = query.get('timestamp')!
    expect(timestamp).toBe('1700000000')
    expect(query.get('signature')).toBe(sha1Signature('T0KEN', timestamp, query.get('nonce')!))
    expect(query.get('openid')).toBe('oUser1')
    expect(query.has('encrypt_type')).toBe(false)
    expect(callback!.type).toBe('text/xml')
    expect(parseXml(callback!.body)).toEqual({
      ToUserName: 'gh_shop',
      FromUserName: 'oUser1',
      CreateTime: '1700000000',
      MsgType: 'text',
      Content: '查订单 ]]> &',
      MsgId: delivery.msgId,
    })
    expect(delivery).toMatchObject({ accepted: true, attempts: [{ status: 200 }] })
  })

  it('writes ids above 2^53 as bare numbers in JSON', async () => {
    await start({ account: { format: 'json' } })
    const customer = wechat.account(SHOP.appid).addPhone({ openid: 'oUser1' })
    await customer.text('"引号"', { msgId: '7250021412600020992' })
    expect(product.callbacks[0]!.body).toContain('"MsgId":7250021412600020992}')
    expect(JSON.parse(product.callbacks[0]!.body)).toMatchObject({ Content: '"引号"' })
  })
})

describe('a callback in an encrypted mode', () => {
  it('shows nothing but the account in safe mode', async () => {
    await start({ account: { mode: 'safe' } })
    await wechat.account(SHOP.appid).addPhone({ openid: 'oUser1' }).text('机密')
    const [callback] = product.callbacks
    const node = parseXml(callback!.body)
    expect(Object.keys(node)).toEqual(['ToUserName', 'Encrypt'])
    const { query } = callback!
    expect(query.get('encrypt_type')).toBe('aes')
    expect(query.get('msg_signature')).toBe(
      sha1Signature(
        'T0KEN',
        query.get('timestamp')!,
        query.get('nonce')!,
        node['Encrypt'] as string,
      ),
    )
    expect(openCallback(callback!)).toMatchObject({ Content: '机密', FromUserName: 'oUser1' })
  })

  it('shows the fields twice in compatible mode', async () => {
    await start({ account: { mode: 'compatible' } })
    await wechat.account(SHOP.appid).addPhone().text('两份')
    expect(parseXml(product.callbacks[0]!.body)).toMatchObject({ Content: '两份' })
    expect(openCallback(product.callbacks[0]!)).toMatchObject({ Content: '两份' })
  })

  it('uses the new EncodingAESKey after a change', async () => {
    await start({ account: { mode: 'safe' } })
    const newKey = 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba'
    wechat.account(SHOP.appid).changeAesKey(newKey)
    await wechat.account(SHOP.appid).addPhone().text('新钥匙')
    expect(openCallback(product.callbacks[0]!, newKey)).toMatchObject({ Content: '新钥匙' })
  })
})

describe('a phone', () => {
  it('sends every kind of message with the fields of its page', async () => {
    await start()
    const phone = wechat.account(SHOP.appid).addPhone()
    await phone.image(PICTURE)
    await phone.voice(Buffer.from('#!AMR\n'))
    await phone.video(Buffer.from('....ftypmp42'))
    await phone.shortvideo(Buffer.from('....ftypmp42'))
    await phone.location(23.1, 113.3, '广州')
    await phone.link('标题', '描述', 'https://example.com/')
    await phone.file(Buffer.from('%PDF'), '合同.pdf')
    await phone.other('sticker', { Emoji: 'x' })
    const nodes = product.callbacks.map(({ body }) => parseXml(body))
    expect(nodes.map((node) => node['MsgType'])).toEqual(
      'image voice video shortvideo location link file sticker'.split(' '),
    )
    expect(nodes[0]).toMatchObject({ PicUrl: expect.stringContaining(`${wechat.url}/picture/`) })
    expect(nodes[1]).toMatchObject({ Format: 'amr', Recognition: '' })
    expect(nodes[2]).toMatchObject({ ThumbMediaId: expect.any(String) })
    expect(nodes[4]).toMatchObject({
      Location_X: '23.100000',
      Location_Y: '113.300000',
      Scale: '16',
    })
    expect(nodes[5]).toMatchObject({ Url: 'https://example.com/' })
    expect(phone.lines.map(({ content }) => content.kind)).toEqual(
      'image voice video shortvideo location link file other'.split(' '),
    )
  })

  it('sends events without a MsgId', async () => {
    await start()
    const phone = wechat.account(SHOP.appid).addPhone({ follows: false })
    await phone.subscribe('shop-7')
    await phone.scan('shelf-2')
    await phone.click('MENU_HELP')
    await phone.view('https://example.com/')
    await phone.scanFromMenu('scancode_waitmsg', 'SCAN_CODE', '6901234567890')
    await phone.event('LOCATION', { Latitude: '23.1', Longitude: '113.3', Precision: '65' })
    await phone.unsubscribe()
    const nodes = product.callbacks.map(({ body }) => parseXml(body))
    expect(nodes.every((node) => node['MsgType'] === 'event' && node['MsgId'] === undefined)).toBe(
      true,
    )
    expect(nodes.map((node) => [node['Event'], node['EventKey']])).toEqual([
      ['subscribe', 'qrscene_shop-7'],
      ['SCAN', 'shelf-2'],
      ['CLICK', 'MENU_HELP'],
      ['VIEW', 'https://example.com/'],
      ['scancode_waitmsg', 'SCAN_CODE'],
      ['LOCATION', undefined],
      ['unsubscribe', ''],
    ])
    expect(nodes[4]!['ScanCodeInfo']).toEqual({ ScanType: 'qrcode', ScanResult: '6901234567890' })
    expect(phone.follows).toBe(false)
  })

  it('sends one message after another, however fast they are written', async () => {
    await start()
    const phone = wechat.account(SHOP.appid).addPhone()
    const written = Array.from({ length: 20 }, (_, index) => `第${index}句`)
    await Promise.all(written.map((text) => phone.text(text)))
    expect(texts()).toEqual(written)
  })

  it('tells listeners of every line', async () => {
    await start()
    const phone = wechat.account(SHOP.appid).addPhone({ openid: 'oUser1' })
    const seen: string[] = []
    const end = wechat.onChange((change) => {
      if (change.kind === 'line') seen.push(`${change.openid} ${change.line.side}`)
    })
    await phone.text('一')
    phone.receive({ kind: 'text', text: '二' }, 'custom/send')
    end()
    await phone.text('三')
    expect(seen).toEqual(['oUser1 customer', 'oUser1 account'])
  })
})

describe('an unanswered callback', () => {
  it('is tried three times more with the same bytes, then the customer sees the fault', async () => {
    await start()
    product.answer = (response) => response.writeHead(500).end()
    const phone = wechat.account(SHOP.appid).addPhone()
    const delivery = await phone.text('在吗')
    expect(delivery.accepted).toBe(false)
    expect(delivery.attempts.map(({ failure }) => failure)).toEqual(
      Array.from({ length: 4 }, () => 'status'),
    )
    expect(new Set(requests()).size).toBe(1)
    expect(phone.lines.at(-1)).toMatchObject({ side: 'platform', content: { kind: 'tip' } })
  })

  it('is given up after the limit and accepted at the next try', async () => {
    await start({ answerLimitMs: 50 })
    product.answer = (response, _callback, count) => {
      if (count > 1) response.end('')
    }
    const delivery = await wechat.account(SHOP.appid).addPhone().text('慢')
    expect(delivery.accepted).toBe(true)
    expect(delivery.attempts.map(({ failure }) => failure)).toEqual(['time-out', undefined])
  })

  it('is tried again when the connection is refused or cut', async () => {
    await start()
    product.answer = (response, _callback, count) => {
      if (count > 2) response.end('success')
      else response.destroy()
    }
    const delivery = await wechat.account(SHOP.appid).addPhone().text('断')
    expect(delivery.attempts.map(({ failure }) => failure)).toEqual([
      'connection',
      'connection',
      undefined,
    ])
  })

  it('comes under a new MsgId when the account is set so', async () => {
    await start()
    product.answer = (response, _callback, count) => response.writeHead(count > 1 ? 200 : 502).end()
    wechat.account(SHOP.appid).retriesCarryNewId = true
    await wechat.account(SHOP.appid).addPhone().text('同一句')
    const [first, second] = product.callbacks.map(({ body }) => parseXml(body))
    expect(first!['MsgId']).not.toBe(second!['MsgId'])
    expect({ ...second, MsgId: '' }).toEqual({ ...first, MsgId: '' })
  })

  it('does not hold up the next message once it has been tried', async () => {
    await start()
    product.answer = (response, { body }) =>
      response.writeHead(body.includes('旧') ? 500 : 200).end()
    const phone = wechat.account(SHOP.appid).addPhone()
    await Promise.all([phone.text('旧'), phone.text('新')])
    expect(texts()).toEqual(['旧', '新', '旧', '旧', '旧'])
  })

  it('is not sent at all while the account has no address', async () => {
    await start()
    wechat.account(SHOP.appid).callbackUrl = undefined
    const delivery = await wechat.account(SHOP.appid).addPhone().text('喂')
    expect(delivery).toMatchObject({ accepted: false, attempts: [] })
  })
})

describe('faults of the way in', () => {
  it('repeat the same request', async () => {
    await start()
    const phone = wechat.account(SHOP.appid).addPhone()
    await phone.text('重复', { faults: [{ kind: 'repeat', times: 3 }] })
    expect(product.callbacks).toHaveLength(4)
    expect(new Set(requests()).size).toBe(1)
  })

  it('bring the message once more under a new id', async () => {
    await start()
    const phone = wechat.account(SHOP.appid).addPhone()
    await phone.text('又来', { faults: [{ kind: 'new-id', afterMs: 5 }] })
    const [first, second] = product.callbacks.map(({ body }) => parseXml(body))
    expect(first!['MsgId']).not.toBe(second!['MsgId'])
    expect(second).toMatchObject({ Content: '又来', CreateTime: first!['CreateTime'] })
  })

  it('let a message arrive late, with the time at which it was written', async () => {
    let now = 1_700_000_000_000
    await start({ now: () => now })
    const phone = wechat.account(SHOP.appid).addPhone()
    const late = phone.text('晚', { faults: [{ kind: 'late', ms: 30 }] })
    now += 5000
    await phone.text('早')
    await late
    expect(texts()).toEqual(['早', '晚'])
    expect(parseXml(product.callbacks[1]!.body)['CreateTime']).toBe('1700000000')
  })

  it('let messages of a burst overtake one', async () => {
    await start()
    wechat.inbound.add({ fault: { kind: 'overtaken', by: 2 }, times: 1 })
    const phone = wechat.account(SHOP.appid).addPhone()
    await Promise.all(['一', '二', '三', '四'].map((text) => phone.text(text)))
    expect(texts().indexOf('一')).toBeGreaterThan(1)
    expect(texts().filter((text) => text !== '一')).toEqual(['二', '三', '四'])
  })

  it('let go at once what nothing will overtake', async () => {
    await start()
    const phone = wechat.account(SHOP.appid).addPhone()
    const alone = phone.text('一', { faults: [{ kind: 'overtaken', by: 9 }] })
    await phone.text('二')
    wechat.account(SHOP.appid).releaseOvertaken()
    await alone
    expect(texts()).toEqual(['二', '一'])
  })
})

describe('the check of the callback address', () => {
  it('passes when the server returns the echo alone', async () => {
    await start()
    product.answer = (response, { query }) => response.end(query.get('echostr'))
    expect(await wechat.account(SHOP.appid).checkCallbackUrl()).toBe(true)
    const { query, method } = product.callbacks[0]!
    const signature = sha1Signature('T0KEN', query.get('timestamp')!, query.get('nonce')!)
    expect([method, query.get('signature')]).toEqual(['GET', signature])
  })

  it('fails for anything else', async () => {
    await start()
    for (const wrong of [(echo: string) => `"${echo}"`, (echo: string) => `${echo}\n`, () => '']) {
      product.answer = (response, { query }) => response.end(wrong(query.get('echostr')!))
      expect(await wechat.account(SHOP.appid).checkCallbackUrl()).toBe(false)
    }
    product.answer = (response) => response.destroy()
    expect(await wechat.account(SHOP.appid).checkCallbackUrl()).toBe(false)
  })
})
