import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildXml, parseXml, XmlError } from '#src/platform/xml.ts'

describe('parseXml', () => {
  it('reads a callback, every value as a string', () => {
    const node = parseXml(`<xml><ToUserName><![CDATA[gh_demo]]></ToUserName>
      <CreateTime>1700000000</CreateTime><MsgId>24000000000000001</MsgId><Label></Label></xml>`)
    expect({ ...node }).toEqual({
      ToUserName: 'gh_demo',
      CreateTime: '1700000000',
      MsgId: '24000000000000001',
      Label: '',
    })
  })

  it('reads child elements, and repeated ones as a list', () => {
    const node = parseXml(
      '<xml><ScanCodeInfo><ScanType>qrcode</ScanType></ScanCodeInfo><item>1</item><item>2</item><item/></xml>',
    )
    expect(node).toEqual({ ScanCodeInfo: { ScanType: 'qrcode' }, item: ['1', '2', ''] })
  })

  it('joins text, entities and CDATA of one element', () => {
    expect(parseXml('<xml><a>1 &lt; 2<![CDATA[ && ]]>&#x4f60;</a></xml>')).toEqual({
      a: '1 < 2 && 你',
    })
  })

  it('gives names of the prototype no meaning', () => {
    const node = parseXml('<xml><__proto__>x</__proto__><constructor>y</constructor></xml>')
    expect(Object.getPrototypeOf(node)).toBeNull()
    expect(Object.keys(node)).toEqual(['__proto__', 'constructor'])
  })

  it('reads characters that XML forbids as U+FFFD instead of losing the message', () => {
    expect(parseXml('<xml><a><![CDATA[x\u0008y\ud800z\uffff🙂]]></a></xml>')).toEqual({
      a: 'x\ufffdy\ufffdz\ufffd🙂',
    })
  })

  it.each([
    ['a DOCTYPE', '<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>'],
    ['a DOCTYPE with a forbidden character', '<!DOCTYPE xml\u0008><xml>\u0008</xml>'],
    ['an unknown entity', '<xml><a>&b;</a></xml>'],
    ['a wrong end', '<xml><a>1</b></xml>'],
    ['an end that is missing', '<xml><a>1</a>'],
    ['two roots', '<xml/><xml/>'],
    ['text alone', 'hello'],
    ['nothing', ''],
  ])('refuses %s', (_name, text) => {
    expect(() => parseXml(text)).toThrow(XmlError)
  })

  it('refuses more levels than asked for', () => {
    expect(parseXml('<a><b><c>1</c></b></a>', 3)).toEqual({ b: { c: '1' } })
    expect(() => parseXml('<a><b><c>1</c></b></a>', 2)).toThrow('more than 2 levels')
    expect(() => parseXml('<a>'.repeat(100_000))).toThrow(XmlError)
  })

  it('does not quote the document in its errors', () => {
    expect(() => parseXml('<xml><Content>13800138000</xml>')).toThrow(
      /^the XML is not well-formed$/,
    )
  })

  it('reads the next document after a broken one', () => {
    expect(() => parseXml('<xml><a>left over')).toThrow(XmlError)
    expect(parseXml('<xml><b>2</b></xml>')).toEqual({ b: '2' })
  })
})

describe('buildXml', () => {
  it('writes texts in CDATA, numbers bare, lists as repeated elements, and leaves out undefined', () => {
    const xml = buildXml({ a: '你好', n: 5, gone: undefined, item: ['x', { y: 'z' }] })
    expect(xml).toBe(
      '<xml><a><![CDATA[你好]]></a><n>5</n><item><![CDATA[x]]></item><item><y><![CDATA[z]]></y></item></xml>',
    )
  })

  it('cannot be closed early by a text', () => {
    const text = ']]></Content><MsgType>x</MsgType>'
    expect(parseXml(buildXml({ Content: text }))).toEqual({ Content: text })
  })

  it('is read back as it was, for any texts and names', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,8}$/)
    const text = fc.string({
      unit: fc.oneof(
        fc.constantFrom(']', '>', '<', '&', '\r', '\n', ' ', '你'),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
      ),
    })
    const node = fc.dictionary(name, text, { minKeys: 1, noNullPrototype: true })
    const list = fc.array(fc.oneof(text, node), { minLength: 2, maxLength: 4 })
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(text, node, list)), (content) => {
        expect({ ...parseXml(buildXml(content)) }).toEqual({ ...content })
      }),
    )
  })
})
