import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encryptMessage, readAesKey, sha1Signature } from '#src/platform/tencent-crypto.ts'
import { buildXml, type XmlContent } from '#src/platform/xml.ts'
import type { WechatStandIn } from '#src/playground/wechat/index.ts'
import type { CallbackMode, PhoneContent } from '#src/playground/wechat/model.ts'
import { ENCODING_AES_KEY, type Product, SHOP, startProduct, startShop } from './product.ts'

const HEAD = { ToUserName: 'oUser1', FromUserName: 'gh_shop', CreateTime: 1_700_000_000 }

let product: Product
let wechat: WechatStandIn

beforeEach(async () => {
  product = await startProduct()
  wechat = await startShop(product)
})
afterEach(async () => {
  await wechat.stop()
  await product.stop()
})

/** What the customer's phone shows when the product answers a message with `body`. */
async function shownFor(body: string, mode: CallbackMode = 'plain'): Promise<PhoneContent[]> {
  product.answer = (response) => response.end(body)
  const account = wechat.account(SHOP.appid)
  account.mode = mode
  const phone = account.addPhone({ openid: 'oUser1' })
  await phone.text('你好')
  return phone.lines.slice(1).map(({ content }) => content)
}

function sealed(content: XmlContent, token = SHOP.token): string {
  const encrypted = encryptMessage(buildXml(content), readAesKey(ENCODING_AES_KEY), SHOP.appid)
  const MsgSignature = sha1Signature(token, '1700000000', 'n', encrypted)
  return buildXml({ Encrypt: encrypted, MsgSignature, TimeStamp: '1700000000', Nonce: 'n' })
}

describe('a passive reply', () => {
  it('shows nothing when it is empty or says success', async () => {
    expect(await shownFor('')).toEqual([])
    expect(await shownFor('success')).toEqual([])
  })

  it('shows text, news and media that the account has', async () => {
    expect(await shownFor(buildXml({ ...HEAD, MsgType: 'text', Content: '稍等' }))).toEqual([
      { kind: 'text', text: '稍等' },
    ])
    const item = { Title: '营业时间', Description: '', PicUrl: '', Url: 'https://example.com/' }
    const news = { ...HEAD, MsgType: 'news', ArticleCount: 1, Articles: { item } }
    expect(await shownFor(buildXml(news))).toEqual([
      {
        kind: 'news',
        articles: [
          { title: '营业时间', description: '', picture: '', url: 'https://example.com/' },
        ],
      },
    ])
    const { id } = wechat.account(SHOP.appid).media.keep(Buffer.from('x'), 'x', Date.now())
    const image = { ...HEAD, MsgType: 'image', Image: { MediaId: id } }
    expect(await shownFor(buildXml(image))).toEqual([{ kind: 'image', mediaId: id }])
  })

  it('costs no quota', async () => {
    const body = buildXml({ ...HEAD, MsgType: 'text', Content: '稍等' })
    await shownFor(body)
    expect(wechat.account(SHOP.appid).phone('oUser1').quota()).toMatchObject([{ left: 5 }])
  })

  it('is encrypted in the encrypted modes', async () => {
    const text = { ...HEAD, MsgType: 'text', Content: '稍等' }
    expect(await shownFor(sealed(text), 'safe')).toEqual([{ kind: 'text', text: '稍等' }])
    expect(await shownFor(sealed(text), 'compatible')).toEqual([{ kind: 'text', text: '稍等' }])
  })

  const text = { MsgType: 'text', Content: '稍等' }
  it.each<[string, string, CallbackMode]>([
    ['no XML', '好的', 'plain'],
    ['for somebody else', buildXml({ ...HEAD, ...text, ToUserName: 'oOther' }), 'plain'],
    ['from somebody else', buildXml({ ...HEAD, ...text, FromUserName: 'gh_other' }), 'plain'],
    ['without a time', buildXml({ ...HEAD, ...text, CreateTime: '' }), 'plain'],
    ['of an unknown type', buildXml({ ...HEAD, MsgType: 'hologram' }), 'plain'],
    ['with media that it has not', buildXml({ ...HEAD, MsgType: 'image', Image: {} }), 'plain'],
    ['clear in safe mode', buildXml({ ...HEAD, ...text }), 'safe'],
    ['encrypted in plain mode', sealed({ ...HEAD, ...text }), 'plain'],
    ['signed with another token', sealed({ ...HEAD, ...text }, 'wrong'), 'safe'],
  ])('is shown as a fault, once, when it is %s', async (_name, body, mode) => {
    expect(await shownFor(body, mode)).toMatchObject([{ kind: 'tip' }])
    expect(product.callbacks).toHaveLength(1)
  })
})
