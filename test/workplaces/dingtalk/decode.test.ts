import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeClick } from '#src/workplaces/dingtalk/decode-click.ts'
import { type Decoded, decodeMessage } from '#src/workplaces/dingtalk/decode.ts'
import type { CardClick } from '#src/ports/workplace.ts'
import { here } from './cards-of-tests.ts'

const fixture = (name: string): Record<string, unknown> => {
  const url = new URL(`../../fixtures/dingtalk/${name}.json`, import.meta.url)
  // Every fixture is a JSON object.
  return JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>
}
const context = { workplace: here, now: 1000 }
const group = { kind: 'group', workplace: here, id: 'cidKq3Zf0example==' }
const zhangsan = { id: 'dingtalk/zhangsan01', workplace: here, user: 'zhangsan01' }

describe('DingTalk messages', () => {
  const decode = (data: unknown): Decoded => decodeMessage(data, context)!
  const input = (name: string) => decode(fixture(name)).input

  it('become what an agent typed in a group, without the blanks around it', () => {
    expect(input('bot-text-group')).toMatchObject({
      key: 'msg0example0001',
      at: 1788221200000,
      agent: { ...zhangsan, name: '张三' },
      chat: group,
      messageId: 'msg0example0001',
      text: '列表',
      media: [],
    })
    expect(input('bot-text-group')).not.toHaveProperty('quoted')
  })

  it('know the quoted card by its carrierId, the quoted line also by its words', () => {
    expect(input('bot-text-quotes-card').quoted).toEqual({ platformId: 'carrier0example==' })
    expect(input('bot-text-quotes-line').quoted).toEqual({
      platformId: 'pqk0example==',
      text: '〔#7KQ8H2·3〕客户-7F3A · 旗舰店：什么时候发货',
    })
  })

  it('take a colleague’s quoted picture along, and none of ours', () => {
    const data = fixture('bot-text-quotes-picture')
    expect(decode(data).input.quoted?.media).toEqual({
      kind: 'image',
      ref: 'code:code-of-the-picture',
    })
    const ours = decode({ ...data, originalProcessQueryKey: 'pqk' }).input.quoted
    expect(ours).toEqual({ platformId: 'pqk' })
  })

  it('have the pictures of a rich text, and its words', () => {
    expect(input('bot-richtext-group')).toMatchObject({
      text: '#7KQ8H2 看这张',
      media: [
        { kind: 'image', ref: 'code:code-one' },
        { kind: 'image', ref: 'code:code-two' },
      ],
    })
  })

  it.each([
    ['bot-picture-direct', { kind: 'image', ref: 'code:code-picture' }],
    ['bot-audio-direct', { kind: 'voice', ref: 'code:code-audio' }],
    ['bot-file-direct', { kind: 'file', ref: 'code:code-file', name: '发票.pdf' }],
  ])('%s has its file, in the single chat with the sender', (name, media) => {
    expect(input(name)).toMatchObject({
      chat: { kind: 'direct', workplace: here, id: 'zhangsan01' },
      media: [media],
    })
  })

  it('without senderStaffId have no agent', () => {
    expect(input('bot-text-stranger')).toMatchObject({ agent: undefined, text: '你好' })
  })

  it('say when the platform kept the words to itself, under either name of the code', () => {
    const data = fixture('bot-quota-used')
    expect(decode(data).withheld).toBe(true)
    expect(decode({ ...data, code: undefined, errCode: '20001' }).withheld).toBe(true)
    expect(decode(fixture('bot-text-group')).withheld).toBe(false)
  })

  it('keep the webhook for the answer and out of the record', () => {
    const { session, input } = decode(fixture('bot-text-group'))
    expect(session).toMatchObject({ expiresAt: 1788226600000, staffId: 'zhangsan01' })
    expect(JSON.stringify(input.raw)).not.toContain('sendBySession')
  })

  it.each([[null], ['text'], [{}], [{ msgId: 'x' }], [[]]])('%j are none', (data) => {
    expect(decodeMessage(data, context)).toBeUndefined()
  })

  it('survive fields of wrong types', () => {
    const broken = { text: 7, content: [], createAt: 'x', senderStaffId: 3, atUsers: 'y' }
    expect(decode({ ...fixture('bot-text-group'), ...broken }).input).toMatchObject({
      text: '',
      at: 1000,
      agent: undefined,
    })
  })
})

describe('a quote in DingTalk', () => {
  const bare = fixture('bot-text-group')
  const words = '〔#7KQ8H2·3〕客户：在吗'
  const replied = (content: unknown) => ({
    text: { content: ' 好的', repliedMsg: { msgType: 'text', content } },
  })
  const quoted = (over: object) => decodeMessage({ ...bare, ...over }, context)?.input.quoted

  it.each([
    [{ text: { content: '好的', isReplyMsg: true } }],
    [{ text: { content: '好的', isReplyMsg: 'true' } }],
    [{ text: { content: '好的', repliedMsg: {} } }],
    [{ text: { content: '好的', repliedMsg: 7 } }],
    [{ text: { content: '好的', repliedMsg: { content: null } } }],
    [{ originalMsgId: 'msgquoted==' }],
    [{ originalProcessQueryKey: {} }],
    [{ quoteMessage: { msgtype: 'picture' } }],
    [{ msgtype: 'richText', content: { isReplyMsg: true, richText: [] } }],
    [{ msgtype: 'richText', content: '{"repliedMsg":{},"richText":[]}' }],
  ])('%j is one, if an unreadable one', (over) => {
    expect(quoted(over)).toEqual({})
  })

  it.each([
    [{}],
    [{ text: { content: '好的', isReplyMsg: false, repliedMsg: null } }],
    [{ originalMsgId: '', originalProcessQueryKey: null, quoteMessage: null }],
  ])('%j is none', (over) => {
    expect(quoted(over)).toBeUndefined()
  })

  it.each([
    [replied({ text: words })],
    [replied({ content: words })],
    [replied(words)],
    [replied(JSON.stringify({ text: words }))],
    [replied(JSON.stringify(JSON.stringify({ content: words })))],
    [replied({ richText: [{ text: '〔#7KQ8H2·3〕' }, null, { text: '客户：在吗' }] })],
    [{ text: { content: '好的', repliedMsg: JSON.stringify({ content: { text: words } }) } }],
    [{ quoteMessage: { msgtype: 'text', text: { content: words } } }],
    [{ text: { content: '好的', quoteMessage: { text: { content: words } } } }],
    [{ msgtype: 'richText', content: { repliedMsg: { content: words }, richText: [] } }],
  ])('%j brings its words', (over) => {
    expect(quoted(over)).toEqual({ text: words })
  })
})

describe('odd DingTalk messages', () => {
  const decode = (name: string, over: object) =>
    decodeMessage({ ...fixture(name), ...over }, context)?.input

  it.each([
    [{ conversationType: 2 }],
    [{ conversationType: null }],
    [{ msgtype: null }],
    [{ text: '{"content":" 列表"}' }],
    [{ text: undefined, content: '{"content":" 列表"}' }],
  ])('with %j are read', (over) => {
    expect(decode('bot-text-group', over)).toMatchObject({ chat: group, text: '列表' })
  })

  it('know a single chat by its number too', () => {
    const { chat } = decode('bot-picture-direct', { conversationType: 1 })!
    expect(chat).toMatchObject({ kind: 'direct', id: 'zhangsan01' })
  })

  it('lose nothing but the broken part of a rich text', () => {
    const richText = [
      null,
      { text: '看' },
      'x',
      7,
      { type: 'picture', downloadCode: 'c' },
      { text: '这' },
    ]
    const whole = { text: '看这', media: [{ kind: 'image', ref: 'code:c' }] }
    expect(decode('bot-richtext-group', { content: { richText } })).toMatchObject(whole)
    const packed = JSON.stringify({ richText: JSON.stringify(richText) })
    expect(decode('bot-richtext-group', { content: packed })).toMatchObject(whole)
  })

  it('have their file also when it is packed as JSON', () => {
    const content = '{"downloadCode":"code-file","fileName":"发票.pdf"}'
    expect(decode('bot-file-direct', { content })?.media).toEqual([
      { kind: 'file', ref: 'code:code-file', name: '发票.pdf' },
    ])
  })
})

describe('DingTalk clicks', () => {
  const decode = (data: unknown, messageId = 'frame1'): CardClick =>
    decodeClick(data, messageId, context)!

  it('carry card, action and lease', () => {
    expect(decode(fixture('card-claim'))).toMatchObject({
      agent: zhangsan,
      chat: group,
      card: '01K0EXAMPLE-abc123-r1',
      action: 'claim',
      lease: 0,
    })
  })

  it('carry the words of the reply box; the same submission has the same key, other words or another box not', () => {
    const data = fixture('card-reply')
    const first = decode(data, 'frame1')
    expect(first).toMatchObject({ action: 'reply', lease: 1, text: '您好，马上为您查询' })
    expect(decode(data, 'frame2').key).toBe(first.key)
    const changed = (from: string, to: string) => {
      const content = String(data['content']).replace(from, to)
      return decode({ ...data, content }).key
    }
    expect(changed('马上', '稍后')).not.toBe(first.key)
    expect(changed('mf3k2a', 'mf3k2b')).not.toBe(first.key)
  })

  it('of other buttons are told apart by their frame', () => {
    const data = fixture('card-claim')
    expect(decode(data, 'frame1').key).not.toBe(decode(data, 'frame2').key)
    expect(decode(data, 'frame1').key).toBe(decode(data, 'frame1').key)
  })

  it('name the chosen colleague', () => {
    expect(decode(fixture('card-transfer'))).toMatchObject({
      action: 'transfer',
      value: 'dingtalk/lisi02',
      lease: 2,
    })
  })

  it('are read where params stand beside cardPrivateData, and from value when content is missing', () => {
    const beside = { action: 'retry', value: '01K0MESSAGE', lease: 3 }
    const data = fixture('card-retry-params-beside')
    expect(decode(data)).toMatchObject(beside)
    expect(decode({ ...data, content: undefined })).toMatchObject(beside)
  })

  it('without a space are the group’s that the button names, else the person’s', () => {
    const data = { ...fixture('card-claim'), spaceId: undefined }
    expect(decode(data).chat).toEqual(group)
    expect(decode({ ...data, content: '{}', value: '{}' }).chat).toMatchObject({ kind: 'direct' })
  })

  it('with a lease that is no number are older than any', () => {
    const content = String(fixture('card-claim')['content']).replace('"lease":"0"', '"lease":"x"')
    expect(decode({ ...fixture('card-claim'), content }).lease).toBe(-1)
  })

  it.each([[null], [{}], [{ outTrackId: 'x' }], [{ outTrackId: '', userId: 'u' }]])(
    '%j are none',
    (data) => {
      expect(decodeClick(data, 'frame', context)).toBeUndefined()
    },
  )

  it('whose content is broken have no action', () => {
    expect(decode({ ...fixture('card-claim'), content: '{', value: '' })).toMatchObject({
      action: '',
    })
  })

  const action = { action: 'reply', lease: 1, text: '您好，马上为您查询' }
  const reply = fixture('card-reply')
  const content = String(reply['content'])
  const parsed = JSON.parse(content) as { cardPrivateData: { params: Record<string, unknown> } }
  const withParams = (over: object) => ({
    ...reply,
    value: '',
    content: JSON.stringify({
      cardPrivateData: {
        actionIds: ['reply'],
        params: { ...parsed.cardPrivateData.params, ...over },
      },
    }),
  })

  it.each([
    ['empty content', { content: '' }],
    ['content without anything', { content: '{}' }],
    ['content as null', { content: null }],
    ['content that says less', { content: '{"cardPrivateData":{"actionIds":["reply"]}}' }],
    ['content with an unknown action', { content: '{"cardPrivateData":{"actionIds":["node1"]}}' }],
    ['content as an object', { content: parsed, value: undefined }],
    ['content encoded twice', { content: JSON.stringify(content), value: '' }],
    [
      'packed cardPrivateData',
      {
        content: { cardPrivateData: JSON.stringify(parsed.cardPrivateData) },
        value: '',
      },
    ],
    ['broken content', { content: '{"card' }],
    ['value as an object', { content: '', value: parsed }],
  ])('with %s are read', (_, over) => {
    expect(decode({ ...reply, ...over })).toMatchObject(action)
  })

  it.each([
    ['claim', 'claim'],
    [['node_1', 'close', 'claim'], 'close'],
    ['["claim"]', 'claim'],
    [['node_1', 'node_2'], 'node_1'],
    [[null, 3], '3'],
    [[], ''],
    [{}, ''],
    [null, ''],
    ['constructor', 'constructor'],
  ])('with the actionIds %j say %s', (actionIds, action) => {
    const content = JSON.stringify({ cardPrivateData: { actionIds } })
    expect(decode({ ...reply, content, value: '' }).action).toBe(action)
  })

  it('have a lease, a form and words in other clothes', () => {
    expect(decode(withParams({ lease: 4 })).lease).toBe(4)
    expect(decode(withParams({ form: '{"text":"好","nonce":"n"}' })).text).toBe('好')
    expect(decode(withParams({ form: { text: 12 } })).text).toBe('12')
    const to = decode(withParams({ action: 'transfer', form: { to: '{"value":"dingtalk/li"}' } }))
    expect(to.value).toBe('dingtalk/li')
  })

  it('keep every digit of a number that was typed', () => {
    const content =
      '{"cardPrivateData":{"params":{"action":"reply","form":{"text":2026090112345678901}}}}'
    expect(decode({ ...reply, content, value: '' }).text).toBe('2026090112345678901')
    const price = content.replace('2026090112345678901', '1.10')
    expect(decode({ ...reply, content: price, value: '' }).text).toBe('1.10')
  })

  it('without an id of their frame are told apart by their time', () => {
    const at = (now: number) => decodeClick(fixture('card-claim'), '', { ...context, now })?.key
    expect(at(1)).not.toBe(at(2))
  })
})
