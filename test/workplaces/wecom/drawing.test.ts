import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { actions, button, type Card, fields, text } from '#cards/elements.ts'
import type { AgentId, CardId } from '#src/domain/ids.ts'
import { cardFlaws, readCard } from '#src/playground/wecom/cards.ts'
import { drawCard } from '#src/workplaces/wecom/card.ts'
import { encodeLines, encodeNote, encodeState } from '#src/workplaces/wecom/encode.ts'
import { makeButtonKey, parseButtonKey } from '#src/workplaces/wecom/ids.ts'
import { cutBytes, escapeMarkdown } from '#src/workplaces/wecom/markdown.ts'
import type { OutMessage } from '#src/workplaces/wecom/wire.ts'

const content = (message: OutMessage): string =>
  message.msgtype === 'markdown' ? message.markdown.content : ''

const line = (number: number, words: string) => ({
  marker: `〔#7KQ8H2·${number}〕`,
  who: '客户-7F3A',
  from: 'customer' as const,
  text: words,
})

describe('words in WeCom Markdown', () => {
  it.each([
    ['[点我](https://evil.example)', '[点我］(https://evil.example)'],
    ['<@lisi> 快来', '＜@lisi> 快来'],
    ['<font color="warning">红</font>', '＜font color="warning">红＜/font>'],
    ['# 标题', '＃ 标题'],
    ['> 引用', '＞ 引用'],
    ['**粗**', '＊＊粗＊＊'],
    ['`代码`', '｀代码｀'],
    ['文字\n---', '文字\n－－－'],
    ['2. 红色', '2． 红色'],
    ['- 一', '－ 一'],
    ['|a|b|', '｜a｜b｜'],
    ['&lt;font&gt;', '＆lt;font＆gt;'],
    ['_斜体_', '＿斜体＿'],
  ])('show %j as it is', (words, shown) => expect(escapeMarkdown(words)).toBe(shown))

  it('keep what people copy: order numbers, addresses, emoji codes', () => {
    const words = '订单 A_123-45 https://shop.example/a?b=1&c=2 [微笑] 1.5 元 3*2'.replace('*', '×')
    expect(escapeMarkdown(words)).toBe(words)
  })

  it('hold no markup, whatever a customer writes', () => {
    const markup = fc.stringMatching(/^[\s\S]{0,60}$/)
    const nasty = fc
      .array(
        fc.constantFrom(
          '[',
          '](',
          ')',
          '<',
          '@a>',
          '#',
          '>',
          '*',
          '`',
          '_',
          '|',
          '-',
          '\n',
          ' ',
          '~~',
          '1.',
          '好',
        ),
      )
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(markup, nasty), (words) => {
        const shown = escapeMarkdown(words)
        expect(shown).not.toMatch(/[`*<|]|\]\(|\]\[|\]:|~~/)
        expect(shown).not.toMatch(/^\s*(#|>|[-+]\s|\d+[.)]\s|-+$|=+$)/m)
        expect(escapeMarkdown(shown)).toBe(shown)
      }),
    )
  })

  it('are cut between characters', () => {
    expect(cutBytes('你好👋', 9)).toBe('你好…')
    expect(cutBytes('你好👋', 10)).toBe('你好👋')
    expect(cutBytes('👋👋', 7)).toBe('👋…')
  })
})

describe('WeCom lines', () => {
  it('begin with their marker, then who says it', () => {
    const lines = [
      line(1, '在吗'),
      { marker: '〔#7KQ8H2·2〕', who: '张三', from: 'agent' as const, text: '在的\n请讲' },
      { marker: '〔#7KQ8H2·3〕', who: '', from: 'note' as const, text: '张三 已认领' },
    ]
    expect(content(encodeLines(lines))).toBe(
      '〔#7KQ8H2·1〕**客户-7F3A**：在吗\n\n〔#7KQ8H2·2〕张三：\n在的\n请讲\n\n〔#7KQ8H2·3〕张三 已认领',
    )
  })

  it('are cut to the limit without losing a marker', () => {
    const long = [line(1, '长'.repeat(6000)), line(2, '<'.repeat(6000)), line(3, '短')]
    const shown = content(encodeLines(long))
    expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(20_480)
    for (const { marker } of long) expect(shown).toContain(marker)
  })

  it('draw a name as harmless as a text', () => {
    const shown = content(encodeLines([{ ...line(1, '在吗'), who: '**王**\n<@all>' }]))
    expect(shown).toBe('〔#7KQ8H2·1〕**＊＊王＊＊ ＜@all>**：在吗')
  })
})

describe('WeCom notes', () => {
  it('say a title once', () => {
    expect(content(encodeNote('已绑定', [text('已绑定')]))).toBe('已绑定')
    expect(content(encodeNote('会话列表', [text('没有会话')]))).toBe('**会话列表**\n没有会话')
  })

  it('have words for every element', () => {
    const shown = encodeNote('', [
      fields(['状态', '等待认领']),
      { type: 'transcript', lines: [{ at: '14:03', who: '客户', from: 'customer', text: '在吗' }] },
      { type: 'choice', action: 'transfer', label: '转给谁？', options: [] },
      actions(button('claim', '认领')),
    ])
    expect(content(shown)).toBe('状态：等待认领\n14:03 客户：在吗\n转给谁？ ')
  })

  it('are never blank', () => expect(content(encodeNote('', []))).toBe('…'))
})

const card = (body: Card['body'], more: Partial<Card> = {}): Card => ({
  id: 'c-1' as CardId,
  lease: 3,
  summary: '客户：在吗',
  title: '客户-7F3A 〔#7KQ8H2〕',
  source: '旗舰店 · 公众号',
  tone: 'alert',
  body,
  ...more,
})

describe('a WeCom card', () => {
  it('shows title, source, state, talk and buttons', () => {
    const drawn = drawCard(
      card([
        fields(['状态', '等待认领'], ['等待自', '14:03']),
        {
          type: 'transcript',
          lines: [{ at: '14:03', who: '客户', from: 'customer', text: '在吗' }],
        },
        text('发送失败', 'warning'),
        actions(button('claim', '认领')),
      ]),
    )
    expect(drawn).toEqual({
      card_type: 'button_interaction',
      task_id: 'c-1',
      source: { desc: '旗舰店 · 公众号', desc_color: 2 },
      main_title: { title: '客户-7F3A 〔#7KQ8H2〕' },
      sub_title_text: '客户：在吗\n发送失败',
      horizontal_content_list: [
        { keyname: '状态', value: '等待认领' },
        { keyname: '等待自', value: '14:03' },
      ],
      button_list: [{ text: '认领', style: 1, key: 'claim:3' }],
    })
  })

  it('turns a choice into name buttons beside 返回, at most six in all', () => {
    const options = ['甲', '乙', '丙', '丁', '戊', '己', '庚'].map((label) => ({
      value: `wecom/${label}` as AgentId,
      label,
    }))
    const drawn = drawCard(
      card([
        { type: 'choice', action: 'transfer', label: '转给谁？', options },
        actions(button('show', '返回', 'plain')),
      ]),
    )
    expect(drawn.button_list.map((one) => one.text)).toEqual(['甲', '乙', '丙', '丁', '戊', '返回'])
    expect(drawn.button_list[0]?.key).toBe('transfer:3:wecom/甲')
  })

  it('always has a button, so that an old card can be asked for the present state', () => {
    expect(drawCard(card([])).button_list).toEqual([{ text: '查看最新', style: 4, key: 'show:3' }])
  })

  it('keeps the marker of a title that is too long', () => {
    const { main_title: title } = drawCard(card([], { title: `${'长'.repeat(40)} 〔#7KQ8H2〕` }))
    expect(title.title).toBe(`${'长'.repeat(15)}… 〔#7KQ8H2〕`)
  })

  it('keeps the task_id of the clicked card', () => {
    expect(drawCard(card([]), 'c-older').task_id).toBe('c-older')
  })

  it('is accepted by the platform and cut by no client, whatever stands in it', () => {
    const words = fc.string({ unit: 'binary', maxLength: 300 })
    const body = fc.array(
      fc.oneof(
        words.map((one) => text(one)),
        fc.array(fc.tuple(words, words)).map((pairs) => fields(...pairs)),
        fc.array(fc.record({ who: words, text: words })).map((lines) => ({
          type: 'transcript' as const,
          lines: lines.map((one) => ({ at: '14:03', from: 'customer' as const, ...one })),
        })),
        fc
          .array(
            fc.record({
              label: words,
              value: fc.string({ maxLength: 64 }).map((one) => one as AgentId),
            }),
          )
          .map((options) => ({
            type: 'choice' as const,
            action: 'transfer' as const,
            label: '转',
            options,
          })),
        fc.constant(actions(button('close', '关闭'), button('close', '结束'))),
      ),
    )
    fc.assert(
      fc.property(body, words, words, (elements, title, source) => {
        const drawn = drawCard(card(elements, { title, source }))
        const read = readCard(drawn)
        expect(read).toEqual({ card: drawn })
        expect('card' in read && cardFlaws(read.card)).toEqual([])
      }),
    )
  })

  it('says its state in words when it can no longer be drawn', () => {
    const late = card([fields(['状态', '张三 接待中']), actions(button('close', '结束'))])
    expect(content(encodeState(late))).toBe('**客户-7F3A 〔#7KQ8H2〕**\n状态：张三 接待中')
  })
})

describe('a WeCom button key', () => {
  it('comes back as it went', () => {
    for (const key of [
      { action: 'claim', lease: 0 },
      { action: 'transfer', lease: 12, value: 'wecom/a:b/c' },
    ])
      expect(parseButtonKey(makeButtonKey(key))).toEqual(key)
  })

  it.each(['', 'claim', 'claim:', 'claim:x', 'CLAIM:1', 'claim:1:', 'claim:-1'])(
    'is not read from %j',
    (key) => expect(() => parseButtonKey(key)).toThrow('not a button of ours'),
  )
})
