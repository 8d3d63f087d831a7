import { describe, expect, it } from 'vitest'
import { encryptMessage, readAesKey, sha1Signature } from '#src/platform/tencent-crypto.ts'
import { buildXml } from '#src/platform/xml.ts'
import type { RawRequest } from '#src/ports/channel.ts'
import { Refusal } from '#src/ports/errors.ts'
import {
  APP_ID,
  createShop,
  ENCODING_AES_KEY,
  fixture,
  OTHER_KEY,
  post,
  QUERY,
  SAFE_QUERY,
  SENT_AT,
} from './setup.ts'

const EXPECTED = { name: 'customer:text', text: '机密', externalId: 'oUser1' }

/** The refusal's status and code. */
async function refusal(settings: object, request: RawRequest): Promise<[number, string]> {
  const error: unknown = await createShop(settings)
    .receive(request)
    .catch((reason: unknown) => reason)
  if (!(error instanceof Refusal)) throw new Error('the request was not refused')
  return [error.status, error.code]
}

/** A request sealed like the platform's, with what a test wants to be wrong about it. */
function sealed(change: {
  key?: string
  appId?: string
  token?: string
  at?: number
  body?: string
}): RawRequest {
  const { key = ENCODING_AES_KEY, appId = APP_ID, token = 'T0KEN', at = SENT_AT } = change
  const clear = change.body ?? fixture('text.xml').toString()
  const encrypted = encryptMessage(clear, readAesKey(key), appId)
  const timestamp = String(at / 1000)
  const query = {
    signature: sha1Signature(token, timestamp, 'n'),
    timestamp,
    nonce: 'n',
    encrypt_type: 'aes',
    msg_signature: sha1Signature(token, timestamp, 'n', encrypted),
  }
  return post(buildXml({ ToUserName: 'gh_demo', Encrypt: encrypted }), query)
}

describe('the check of the callback address', () => {
  const check = (query: Record<string, string>): RawRequest => ({
    ...post('', query),
    method: 'GET',
  })

  it('returns the echo raw', async () => {
    const { events, answer } = await createShop().receive(check({ ...QUERY, echostr: '5927"<x' }))
    expect(events).toEqual([])
    expect(answer).toEqual({ status: 200, type: 'text/plain', body: '5927"<x' })
  })

  it('is refused with a wrong signature, an old timestamp or no echo', async () => {
    const wrong = check({ ...QUERY, signature: QUERY.signature.replace('0', '1'), echostr: 'x' })
    expect(await refusal({}, wrong)).toEqual([403, 'wechat.bad_signature'])
    expect(await refusal({}, check({ ...QUERY, nonce: 'other', echostr: 'x' }))).toEqual([
      403,
      'wechat.bad_signature',
    ])
    const late = { ...check({ ...QUERY, echostr: 'x' }), receivedAt: SENT_AT + 601_000 }
    expect(await refusal({}, late)).toEqual([403, 'wechat.stale'])
    expect(await refusal({}, check(QUERY))).toEqual([400, 'wechat.no_echo'])
  })

  it('passes the vendor’s own example', async () => {
    const query = {
      signature: 'f464b24fc39322e44b38aa78f5edd27bd1441696',
      timestamp: '1714036504',
      nonce: '1514711492',
      echostr: 'e',
    }
    const request = { ...check(query), receivedAt: 1_714_036_504_000 }
    expect((await createShop({ token: 'AAAAA' }).receive(request)).answer.body).toBe('e')
  })
})

describe('an account in safe mode', () => {
  it('opens an encrypted callback, XML or JSON, and answers success', async () => {
    const { events, answer } = await createShop().receive(post(fixture('safe.xml'), SAFE_QUERY))
    expect(events).toMatchObject([EXPECTED])
    expect(answer.body).toBe('success')
    const query = { ...SAFE_QUERY, msg_signature: 'a452f20a0f6a6b938d2ba61856eb37a3f5bbff48' }
    const fromJson = await createShop().receive(post(fixture('safe.json'), query))
    expect(fromJson.events).toMatchObject([EXPECTED])
    expect(fromJson.events[0]!.key).toContain('|7250021412600020992|')
  })

  it('opens what is under the previous key', async () => {
    const settings = { encodingAesKey: OTHER_KEY, previousEncodingAesKey: ENCODING_AES_KEY }
    const request = post(fixture('safe.xml'), SAFE_QUERY)
    expect((await createShop(settings).receive(request)).events).toMatchObject([EXPECTED])
    expect(await refusal({ encodingAesKey: OTHER_KEY }, request)).toEqual([
      403,
      'wechat.no_key_fits',
    ])
  })

  it('refuses a clear body, however well its query is signed', async () => {
    const clear = fixture('text.xml')
    const refused = [403, 'wechat.not_encrypted']
    expect(await refusal({}, post(clear))).toEqual(refused)
    expect(await refusal({}, post(clear, { ...QUERY, encrypt_type: 'raw' }))).toEqual(refused)
    expect(await refusal({}, post(clear, SAFE_QUERY))).toEqual(refused)
  })

  it('refuses a body whose own signature is missing, wrong or of another body', async () => {
    const body = fixture('safe.xml')
    const { msg_signature: _missing, ...unsigned } = SAFE_QUERY
    const refused = [403, 'wechat.bad_signature']
    expect(await refusal({}, post(body, unsigned))).toEqual(refused)
    expect(await refusal({}, post(body, { ...SAFE_QUERY, msg_signature: '' }))).toEqual(refused)
    const changed = body.toString().replace('Q3st', 'Q3su')
    expect(await refusal({}, post(changed, SAFE_QUERY))).toEqual(refused)
  })

  it('refuses a query that is unsigned or signed with another token', async () => {
    const { signature: _missing, ...unsigned } = SAFE_QUERY
    const refused = [403, 'wechat.bad_signature']
    expect(await refusal({}, post(fixture('safe.xml'), unsigned))).toEqual(refused)
    expect(await refusal({}, post(fixture('safe.xml'), {}))).toEqual(refused)
    expect(await refusal({}, sealed({ token: 'OTHER' }))).toEqual(refused)
  })

  it('refuses what was encrypted for another account or under an unknown key', async () => {
    const foreign = sealed({ appId: 'wx0000000000000002' })
    expect(await refusal({}, foreign)).toEqual([403, 'wechat.other_receiver'])
    expect(await refusal({}, sealed({ key: OTHER_KEY }))).toEqual([403, 'wechat.no_key_fits'])
  })

  it('refuses a query more than ten minutes off our clock, whatever CreateTime says', async () => {
    expect(await refusal({}, sealed({ at: SENT_AT - 601_000 }))).toEqual([403, 'wechat.stale'])
    expect(await refusal({}, sealed({ at: SENT_AT + 601_000 }))).toEqual([403, 'wechat.stale'])
    expect(await refusal({}, sealed({ at: Number.NaN }))).toEqual([403, 'wechat.stale'])
    const old = fixture('text.xml').toString().replace('1700000000', '1690000000')
    expect((await createShop().receive(sealed({ body: old }))).events).toHaveLength(1)
    const wide = { timestampToleranceMs: 3_600_000 }
    const request = sealed({ at: SENT_AT - 601_000 })
    expect((await createShop(wide).receive(request)).events).toHaveLength(1)
  })

  it('accepts an exact repeat under the same key', async () => {
    const shop = createShop()
    const first = await shop.receive(post(fixture('safe.xml'), SAFE_QUERY))
    const second = await shop.receive(post(fixture('safe.xml'), SAFE_QUERY))
    expect(second).toEqual(first)
  })

  it('refuses what is authentic but cannot be read', async () => {
    const malformed = [400, 'wechat.malformed']
    expect(await refusal({}, sealed({ body: '<xml><a></xml>' }))).toEqual(malformed)
    expect(await refusal({}, sealed({ body: 'hello' }))).toEqual(malformed)
    expect(await refusal({}, sealed({ body: '{"a":' }))).toEqual(malformed)
    expect(await refusal({}, sealed({ body: '<xml><MsgType>text</MsgType></xml>' }))).toEqual(
      malformed,
    )
    const bomb = '<!DOCTYPE xml [<!ENTITY a "aa">]><xml><Content>&a;</Content></xml>'
    expect(await refusal({}, sealed({ body: bomb }))).toEqual(malformed)
  })

  it('refuses other methods', async () => {
    const request = { ...post(fixture('safe.xml'), SAFE_QUERY), method: 'PUT' }
    expect(await refusal({}, request)).toEqual([405, 'wechat.method'])
  })

  it('does not name what it refused', async () => {
    const error: unknown = await createShop()
      .receive(post('<xml>13800138000 秘密</xml>', SAFE_QUERY))
      .catch((reason: unknown) => reason)
    expect(String(error)).not.toMatch(/138|秘密|T0KEN/)
  })
})

describe('an account in compatible mode', () => {
  it('believes the encrypted copy alone', async () => {
    const shop = createShop({ mode: 'compatible' })
    const { events } = await shop.receive(post(fixture('compatible-forged.xml'), SAFE_QUERY))
    expect(events).toMatchObject([EXPECTED])
    expect(JSON.stringify(events)).not.toMatch(/伪造|oForged/)
  })

  it('refuses a clear body', async () => {
    expect(await refusal({ mode: 'compatible' }, post(fixture('text.xml')))).toEqual([
      403,
      'wechat.not_encrypted',
    ])
  })
})

describe('an account in plain mode', () => {
  const plain = { mode: 'plain', encodingAesKey: undefined }

  it('reads a clear body, XML or JSON, after blanks and a byte order mark', async () => {
    const shop = createShop(plain)
    for (const body of [fixture('text.xml'), `\ufeff \n${fixture('text.xml').toString()}`]) {
      expect((await shop.receive(post(body))).events).toMatchObject([{ text: '查订单' }])
    }
    const json = await shop.receive(post(fixture('text.json')))
    expect(json.events).toMatchObject([{ text: '查订单 "加急"' }])
  })

  it('refuses a wrong signature and an encrypted body that it has no key for', async () => {
    const request = post(fixture('text.xml'), { ...QUERY, nonce: 'x' })
    expect(await refusal(plain, request)).toEqual([403, 'wechat.bad_signature'])
    expect(await refusal(plain, post(fixture('safe.xml'), SAFE_QUERY))).toEqual([
      403,
      'wechat.no_key_fits',
    ])
  })
})
