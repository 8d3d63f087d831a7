import { describe, expect, it } from 'vitest'
import type { Line } from '#src/domain/line.ts'
import { encodeLines, encodeNote, sampleMarkdown } from '#src/workplaces/dingtalk/encode.ts'
import { escapeMarkdown, plainWords } from '#src/workplaces/dingtalk/plain.ts'

const line = (text: string, over: Partial<Line> = {}): Line => ({
  marker: '〔#7KQ8H2·1〕',
  who: '客户-7F3A',
  from: 'customer',
  text,
  ...over,
})
const content = (lines: Line[], options = {}) =>
  (JSON.parse(encodeLines(lines, options).msgParam) as { content: string }).content

describe('lines for DingTalk', () => {
  it('begin with their marker and stand below each other', () => {
    const lines = [line('你好'), line('在吗', { marker: '〔#7KQ8H2·2〕' })]
    expect(content(lines)).toBe('〔#7KQ8H2·1〕客户-7F3A：你好\n〔#7KQ8H2·2〕客户-7F3A：在吗')
  })

  it('are indented from their second row on, so that nothing at the margin is a customer’s', () => {
    expect(content([line('一\n张三：二')])).toBe('〔#7KQ8H2·1〕客户-7F3A：一\n　张三：二')
  })

  it('stay below 15,000 bytes whatever is in them, markers whole', () => {
    const lines = Array.from({ length: 20 }, (_, i) =>
      line('"\\\n'.repeat(2000), { marker: `〔#7KQ8H2·${i}〕` }),
    )
    const { msgParam } = encodeLines(lines)
    expect(Buffer.byteLength(msgParam)).toBeLessThanOrEqual(15_000)
    for (const { marker } of lines) expect(msgParam).toContain(marker)
  })

  it('can be masked', () => {
    expect(content([line('坏话')], { masked: true })).toMatch(
      /^〔#7KQ8H2·1〕客户-7F3A：［内容未通过/,
    )
  })
})

describe('words in DingTalk', () => {
  it.each([
    ['看 https://x.cn/a?b=1', '看 https：//x.cn/a?b=1'],
    ['<a atId=u1>@李四</a>', '＜a atId=u1>＠李四＜/a>'],
    ['@所有人 快', '＠所有人 快'],
    ['写信到 a_b.c@x.cn', '写信到 a_b.c@x.cn'],
    ['3 < 5 > 2', '3 < 5 > 2'],
    ['![图](http://x)', '![图］(http：//x)'],
  ])('%s as plain text become %s', (words, plain) => {
    expect(plainWords(words)).toBe(plain)
  })

  it.each([
    ['# 标题', '＃ 标题'],
    ['> 引用', '＞ 引用'],
    ['- 项', '－ 项'],
    ['1. 项', '1． 项'],
    ['**粗**', '＊＊粗＊＊'],
    ['_斜_ 与 order_12', '＿斜＿ 与 order_12'],
    ['[a](b)', '［a］(b)'],
    ['`x` ~~y~~ |z|', '｀x｀ ～～y～～ ｜z｜'],
    ['&lt;b&gt;', '＆lt;b＆gt;'],
    ['---', '－－－'],
  ])('%s in Markdown become %s', (words, escaped) => {
    expect(escapeMarkdown(words)).toBe(escaped)
  })
})

describe('a note for DingTalk', () => {
  it('has its title in bold and its rows apart', () => {
    const body = [
      { type: 'text' as const, text: '第一行\n第二行', tone: 'plain' as const },
      { type: 'fields' as const, fields: [{ label: '状态', value: '等待' }] },
    ]
    expect(encodeNote('帮助', body)).toEqual({
      title: '帮助',
      text: '**帮助**  \n  第一行  \n  第二行  \n  状态：等待',
    })
  })

  it('does not say its title twice, and is never empty', () => {
    const hello = { type: 'text' as const, text: '你好', tone: 'plain' as const }
    expect(encodeNote('你好', [hello]).text).toBe('你好')
    expect(encodeNote('', [])).toEqual({ title: '…', text: '…' })
  })

  it('stays below 15,000 bytes', () => {
    const long = { type: 'text' as const, text: '"\n'.repeat(9000), tone: 'plain' as const }
    const { msgParam } = sampleMarkdown(encodeNote('长', [long]))
    expect(Buffer.byteLength(msgParam)).toBeLessThanOrEqual(15_000)
  })

  const text = (words: string, tone: 'plain' | 'hint' = 'plain') => ({
    type: 'text' as const,
    text: words,
    tone,
  })
  const talk = Array.from({ length: 300 }, (_, i) => text(`第${i + 1}句：${'字'.repeat(40)}`))

  it('that is too long loses its oldest lines, says how many, and keeps title and hints', () => {
    const { text: shown } = encodeNote('详情', [text('详情'), text('共 300 条', 'hint'), ...talk])
    const rows = shown.split('  \n  ')
    const left = Number(/^（更早的 (\d+) 条略）$/.exec(rows[2]!)?.[1])
    expect(rows.slice(0, 2)).toEqual(['详情', '共 300 条'])
    expect(rows[3]).toBe(talk[left]?.text)
    expect(rows.at(-1)).toBe(talk.at(-1)?.text)
    expect(rows).toHaveLength(3 + 300 - left)
    expect(Buffer.byteLength(shown)).toBeGreaterThan(6500)
    expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(7000)
  })

  it('adds to the lines that were left out before', () => {
    const { text: shown } = encodeNote('详情', [text('（更早的 7 条略）', 'hint'), ...talk])
    const [title, more, first] = shown.split('  \n  ')
    const left = Number(/^（更早的 (\d+) 条略）$/.exec(more!)?.[1]) - 7
    expect([title, first]).toEqual(['**详情**', talk[left]?.text])
    expect(shown.match(/条略/g)).toHaveLength(1)
  })

  it('keeps the newest line, cut at its end, when that alone is too long', () => {
    const { text: shown } = encodeNote('详情', [text('早'), text(`晚${'x'.repeat(9000)}`)])
    expect(shown).toMatch(/^\*\*详情\*\* {2}\n {2}（更早的 1 条略） {2}\n {2}晚x+…$/)
  })
})
