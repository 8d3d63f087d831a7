import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Content, MediaFile } from '#src/domain/content.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import { type AgentId, mediaHash } from '#src/domain/ids.ts'
import { type Carrier, outbound, splitText } from '#src/domain/outbound.ts'
import { agents, contactWith, freshConversation, holderOf } from '#test/support/arbitrary.ts'

const [zhang, li] = agents as [AgentId, AgentId]

const carrier: Carrier = {
  send: { text: { maxBytes: 30 }, image: { maxBytes: 1000 }, voice: { maxBytes: 1000 } },
  mediaTypes: { image: ['image/png'] },
  quota: { message: { windowMs: 1000, max: 3 } },
  typing: false,
}
const held: Conversation = {
  ...freshConversation(),
  status: 'held',
  lease: 1,
  holder: holderOf(zhang),
}
const contact = contactWith({ message: { openedAt: 0, used: 0 } })
const words = (text: string): Content => ({ kind: 'text', text })
const file = (over: Partial<MediaFile> = {}): MediaFile => ({
  hash: mediaHash('00'),
  kind: 'image',
  type: 'image/png',
  bytes: 1000,
  ...over,
})

interface Said {
  by?: AgentId
  lease?: number
  content?: Content
  conversation?: Conversation | undefined
  at?: number
  customer?: typeof contact
}

function say(said: Said = {}): ReturnType<typeof outbound> {
  const { by = zhang, content = words('在的'), at = 500, customer = contact, lease } = said
  const conversation = 'conversation' in said ? said.conversation : held
  const spoken = { by, content, ...(lease !== undefined && { lease }) }
  return outbound(spoken, conversation, customer, carrier, at)
}

const refused = (refusal: string): object => ({ ok: false, refusal })

describe('the door to the customer', () => {
  it('lets the holder’s words through and reserves their quota', () => {
    expect(say()).toEqual({
      ok: true,
      parts: [words('在的')],
      trigger: 'message',
      triggerOpenedAt: 0,
      quota: { message: { openedAt: 0, used: 1 } },
    })
  })

  it.each<[string, Said]>([
    ['closed', { conversation: undefined }],
    ['closed', { conversation: { ...freshConversation(), status: 'closed' } }],
    ['not-held', { conversation: freshConversation() }],
    ['held-by-other', { by: li }],
    ['held-by-other', { by: li, lease: 1 }],
    ['stale-card', { lease: 0 }],
    ['stale-card', { lease: 2 }],
    ['not-following', { customer: { ...contact, following: false } }],
    ['window-closed', { at: 1000 }],
    ['window-closed', { customer: contactWith({}) }],
    ['quota-used', { customer: contactWith({ message: { openedAt: 0, used: 3 } }) }],
    ['quota-too-small', { content: words('一二三四五六七八九十'.repeat(4)) }],
    ['kind-unsupported', { content: { kind: 'video', file: file({ kind: 'video' }) } }],
    ['kind-unsupported', { content: { kind: 'unsupported', type: 'sticker' } }],
    ['type-unsupported', { content: { kind: 'image', file: file({ type: 'image/webp' }) } }],
    ['too-large', { content: { kind: 'image', file: file({ bytes: 1001 }) } }],
    ['no-file', { content: { kind: 'image' } }],
    ['no-file', { content: { kind: 'image', lost: 'media.failed' } }],
    ['empty', { content: words(' \n ') }],
  ])('refuses: %s', (refusal, said) => {
    expect(say(said)).toEqual(refused(refusal))
  })

  it('lets a file through whose kind has no list of types', () => {
    expect(
      say({ content: { kind: 'voice', file: file({ kind: 'voice', type: 'audio/amr' }) } }),
    ).toMatchObject({ ok: true })
  })

  it('reserves one message for each part of a long text', () => {
    const said = say({ content: words('一二三四五六七八九。一二三四五') })
    expect(said).toMatchObject({
      parts: [words('一二三四五六七八九。'), words('一二三四五')],
      quota: { message: { used: 2 } },
    })
  })
})

describe('splitting a text', () => {
  const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' })
  const segments = (text: string): string[] =>
    Array.from(graphemes.segment(text), ({ segment }) => segment)

  it('prefers the end of a line, then of a sentence, then of a clause', () => {
    expect(splitText('一二三四五六七\n八九十', 30)).toEqual(['一二三四五六七', '八九十'])
    expect(splitText('一二三四五六。七八九十一', 30)).toEqual(['一二三四五六。', '七八九十一'])
    expect(splitText('一二三四五六，七八九十一', 30)).toEqual(['一二三四五六，', '七八九十一'])
    expect(splitText('一二三四五六七八九十一二', 30)).toEqual(['一二三四五六七八九十', '一二'])
  })

  it('makes nothing of nothing', () => {
    expect(splitText('', 30)).toEqual([])
  })

  it('cuts what is one character to the eye only when it is too big by itself, and fills each part', () => {
    const zalgo = `a${'\u0301'.repeat(30)}`
    const parts = splitText(zalgo, 20)
    expect(parts.join('')).toBe(zalgo)
    expect(parts.every((part) => Buffer.byteLength(part) <= 20)).toBe(true)
    expect(parts.length).toBeLessThanOrEqual(5)
  })

  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        fc.constantFrom(
          '。',
          '！\ufe0e',
          '!\u0301',
          ' \u0301',
          '\r\n',
          '\n',
          ' ',
          '，',
          '👨‍👩‍👧',
          '你好',
          'e\u0301',
        ),
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join(''))

  it('loses nothing but white space at the cuts, keeps the limit, and never cuts a character', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 40, max: 90 }), (given, maxBytes) => {
        const parts = splitText(given, maxBytes)
        expect(parts.join('').replace(/\s/g, '')).toBe(given.replace(/\s/g, ''))
        for (const part of parts) {
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(maxBytes)
          expect(part).not.toBe('')
        }
        if (segments(given).every((one) => Buffer.byteLength(one) <= maxBytes)) {
          const whole = segments(given).filter((one) => one.trim() !== '')
          const kept = parts.flatMap(segments).filter((one) => one.trim() !== '')
          expect(kept).toEqual(whole)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
