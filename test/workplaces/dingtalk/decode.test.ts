import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Decoded, decodeClick, decodeMessage } from '#src/workplaces/dingtalk/decode.ts'
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
    expect(decode({ ...data, content: '{}' }).chat).toMatchObject({ kind: 'direct' })
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
    expect(decode({ ...fixture('card-claim'), content: '{' })).toMatchObject({ action: '' })
  })
})
