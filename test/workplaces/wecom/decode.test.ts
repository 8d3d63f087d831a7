import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { workplaceId } from '#src/domain/ids.ts'
import {
  type DecodeContext,
  decodeClick,
  decodeMessage,
  withoutMention,
} from '#src/workplaces/wecom/decode.ts'
import { parseMediaHandle } from '#src/workplaces/wecom/ids.ts'
import type { InFrame } from '#src/workplaces/wecom/session.ts'

const context: DecodeContext = { workplace: workplaceId('wecom'), botNames: ['KF-bot'], now: 1000 }

function fixture(name: string): InFrame {
  const text = readFileSync(new URL(`../../fixtures/wecom/${name}.json`, import.meta.url), 'utf8')
  const { headers, body } = JSON.parse(text)
  return { reqId: headers.req_id, body }
}

const group = { kind: 'group', workplace: 'wecom', id: 'wrExampleChatAbC' }

describe('WeCom decode', () => {
  it('turns a mention in a group into words of an agent, without the mention', () => {
    const frame = fixture('group-text')
    expect(decodeMessage(frame, context)).toEqual({
      key: 'MSG-0001',
      at: 1_788_220_800_000,
      agent: { id: 'wecom/zhangsan', workplace: 'wecom', user: 'zhangsan' },
      chat: group,
      messageId: 'REQ-0001',
      text: '#7KQ8H2 您好，马上为您查询',
      media: [],
      raw: frame.body,
    })
  })

  it('hands on the words of a quoted line, and an encrypted user id as it is', () => {
    expect(decodeMessage(fixture('group-quoted-line'), context)).toMatchObject({
      agent: { id: 'wecom/woExampleOpenUserIdAbC' },
      text: '您好',
      quoted: { text: '〔#7KQ8H2·7〕**客户-7F3A**：在吗' },
    })
  })

  it('finds a quoted picture with its key and the time of its arrival', () => {
    const input = decodeMessage(fixture('group-quoted-image'), context)
    expect(input?.quoted?.media?.kind).toBe('image')
    expect(parseMediaHandle(input?.quoted?.media?.ref ?? '')).toEqual({
      url: 'https://example.invalid/media/1',
      aesKey: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
      at: 1000,
    })
  })

  it('takes a quoted card for a quote of nothing', () => {
    expect(decodeMessage(fixture('group-quoted-card'), context)?.quoted).toEqual({})
  })

  it('finds the words and every picture of a mixed message', () => {
    const input = decodeMessage(fixture('group-mixed'), context)
    expect(input?.text).toBe('#7KQ8H2 请看图')
    expect(input?.media.map(({ kind }) => kind)).toEqual(['image', 'image'])
  })

  it('takes a file and the words of a voice clip in a single chat, whose id is the user', () => {
    const file = decodeMessage(fixture('single-file'), context)
    expect(file?.chat).toEqual({ kind: 'direct', workplace: 'wecom', id: 'zhangsan' })
    expect(file?.media.map(({ kind }) => kind)).toEqual(['file'])
    expect(decodeMessage(fixture('single-voice'), context)).toMatchObject({
      text: '您的订单已经发出',
      media: [],
    })
  })

  it('takes the time of receipt where the platform tells none', () => {
    const frame = fixture('group-text')
    const body = { ...(frame.body as object), create_time: undefined }
    expect(decodeMessage({ ...frame, body }, context)?.at).toBe(1000)
  })

  it('reads a click whose data are nested, and one whose data are flat', () => {
    expect(decodeClick(fixture('click'), context)).toMatchObject({
      key: 'EVT-0001',
      agent: { user: 'lisi' },
      chat: group,
      card: '01K3EXAMPLECONVERSATIONID0-1f3k-r1',
      action: 'transfer',
      lease: 3,
      value: 'wecom/wangwu',
    })
    expect(decodeClick(fixture('click-flat'), context)).toMatchObject({ action: 'claim', lease: 0 })
  })

  it.each(['click-foreign', 'enter-chat', 'feedback', 'group-text'])(
    'sees no click of ours in %s',
    (name) => expect(decodeClick(fixture(name), context)).toBeUndefined(),
  )

  it.each([
    null,
    'text',
    {},
    { msgid: '', from: {} },
    { msgid: 'm', chattype: 'group', msgtype: 'text' },
  ])('leaves a body like %j aside', (body) =>
    expect(decodeMessage({ reqId: 'r', body }, context)).toBeUndefined(),
  )

  it('says that it does not know who wrote when the platform does not say', () => {
    const frame = fixture('group-text')
    const body = { ...(frame.body as object), from: {} }
    expect(decodeMessage({ ...frame, body }, context)).toMatchObject({ agent: undefined })
  })
})

const line = '〔#7KQ8H2·7〕客户-7F3A：在吗'

function messageWith(more: object) {
  const frame = fixture('group-text')
  // The fixtures' bodies are objects.
  return decodeMessage({ ...frame, body: { ...(frame.body as object), ...more } }, context)
}

describe('a quote in a WeCom message', () => {
  it.each([
    [{ msgtype: 'template_card' }],
    [{}],
    [[]],
    [''],
    [7],
    [false],
    [{ msgtype: 'text', text: null }],
    [{ msgtype: 'text', text: { content: 7 } }],
    [{ msgtype: 7, mixed: { msg_item: null } }],
  ])('of the form %j is seen, though it says nothing', (quote) =>
    expect(messageWith({ quote })?.quoted).toEqual({}),
  )

  it.each([
    [line],
    [{ text: { content: line } }],
    [{ msgtype: 'text', text: { content: line }, image: null }],
    [{ msgtype: 'text', text: line }],
    [[{ msgtype: 'text', text: [{ content: line }] }]],
    [{ msgtype: 'markdown', markdown: { content: line } }],
    [{ msgtype: 'text', text: null, markdown: { content: line } }],
    [{ msgtype: 'mixed', mixed: { msg_item: { msgtype: 'text', text: { content: line } } } }],
    [{ content: line }],
  ])('of the form %j is read', (quote) =>
    expect(messageWith({ quote })?.quoted).toEqual({ text: line }),
  )

  it('is none where the platform writes null', () => {
    expect(messageWith({ quote: null })).toBeDefined()
    expect(messageWith({ quote: null })?.quoted).toBeUndefined()
  })
})

describe('a WeCom callback with odd fields', () => {
  it.each([
    [{ image: null, mixed: null, voice: null, file: null }],
    [{ image: { url: '' } }],
    [{ create_time: '1788220800' }],
    [{ chattype: null }],
  ])('with %j is the same message', (more) =>
    expect(messageWith(more)).toMatchObject({
      key: 'MSG-0001',
      at: 1_788_220_800_000,
      chat: group,
      text: '#7KQ8H2 您好，马上为您查询',
      media: [],
    }),
  )

  it.each([[null], ['soon'], [{}]])('takes the time of receipt for a create_time of %j', (time) =>
    expect(messageWith({ create_time: time })?.at).toBe(1000),
  )

  it('is a single chat where the chatid is null, and knows a numeric msgid', () =>
    expect(messageWith({ chatid: null, chattype: 'single', msgid: 12 })).toMatchObject({
      key: '12',
      chat: { kind: 'direct', id: 'zhangsan' },
    }))

  it('reads what it can of a mixed message', () => {
    const text = { msgtype: 'text', text: { content: '您好' }, image: null }
    const image = { msgtype: 'image', text: null, image: { url: 'https://example.invalid/1' } }
    const mixed = (item: unknown) => messageWith({ msgtype: 'mixed', mixed: { msg_item: item } })
    expect(mixed([text, null, image])).toMatchObject({ text: '您好', media: [{ kind: 'image' }] })
    expect(mixed(text)).toMatchObject({ text: '您好', media: [] })
  })

  const data = { event_key: 'claim:0', task_id: 'card-1' }
  const eventtype = 'template_card_event'
  it.each([
    [{ create_time: '1788220807' }],
    [{ chatid: null, chattype: 'single' }],
    [{ event: { eventtype, template_card_event: [data] } }],
    [{ event: [{ eventtype, template_card_event: data }] }],
    [{ event: [{ eventtype, template_card_event: [data] }] }],
    [{ event: { eventtype, template_card_event: null, ...data } }],
    [{ event: [{ eventtype, ...data }] }],
  ])('with %j is the same click', (more) => {
    const event = { eventtype, template_card_event: data }
    const frame = fixture('click')
    // The fixtures' bodies are objects.
    const body = { ...(frame.body as object), event, ...more }
    expect(decodeClick({ ...frame, body }, context)).toMatchObject({
      at: 1_788_220_807_000,
      agent: { user: 'lisi' },
      card: 'card-1',
      action: 'claim',
    })
  })
})

describe('the userid in a WeCom callback', () => {
  it.each([
    ['ZhangSan', 'zhangsan'],
    ['woAbC', 'woAbC'],
  ])('%s is the agent %s, also in the single chat', (userid, user) => {
    expect(messageWith({ from: { userid }, chatid: undefined, chattype: 'single' })).toMatchObject({
      agent: { id: `wecom/${user}`, user },
      chat: { kind: 'direct', id: user },
    })
  })
})

describe('the mention of the bot', () => {
  const names = ['接力 助手二', '接力 助手']
  it.each([
    ['@接力 助手 您好', '您好'],
    ['@接力 助手\u2005您好', '您好'],
    ['@接力 助手您好', '您好'],
    ['@接力 助手：您好', '您好'],
    ['@接力 助手二 您好', '您好'],
    ['您好 @接力 助手', '您好'],
    ['您好，@接力 助手 在吗', '您好，在吗'],
    ['@接力 助手\n第一行\n第二行', '第一行\n第二行'],
    ['@接力 助手 请联系 @李四', '请联系 @李四'],
    ['@接力 助手', ''],
    ['@改了 的名\u2005您好', '您好'],
    ['@改名 您好', '您好'],
    ['您好', '您好'],
  ])('is taken out of %j', (text, rest) => {
    expect(withoutMention(text, names, 'group')).toBe(rest)
  })

  it('is not looked for under another name in a single chat, where nobody has to mention it', () => {
    expect(withoutMention('@李四 那边的订单', names, 'direct')).toBe('@李四 那边的订单')
  })
})
