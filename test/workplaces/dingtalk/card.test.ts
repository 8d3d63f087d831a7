import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Card, CardAction, CardElement } from '#cards/elements.ts'
import { drawCard, drawPublic, drawReplyForm, replyBox } from '#src/workplaces/dingtalk/card.ts'
import { checkCard, conversationTemplate } from '#src/workplaces/dingtalk/template/template.ts'
import { agent, card, heldCard, input, transcript, waitingCard } from './cards-of-tests.ts'

const options = { space: 'cidKq3Zf0example==', formMaxBytes: 8192 }
const draw = (drawn: Card) => drawCard(drawn, options)

describe('a DingTalk card', () => {
  it('shows title, source, state, the newest lines and the buttons that the card has', () => {
    expect(draw(waitingCard('你好', '什么时候发货'))).toMatchObject({
      title: '客户-7F3A 〔#7KQ8H2〕',
      source: '旗舰店 · 公众号',
      tone: 'alert',
      lease: '0',
      space: 'cidKq3Zf0example==',
      fields: '状态：等待认领',
      line_1: '14:00 客户-7F3A：你好',
      line_2: '14:01 客户-7F3A：什么时候发货',
      line_3: '',
      label_claim: '认领',
      label_close: '',
      reply_open: '',
      show_transfer: '',
    })
  })

  it('keeps the last eight lines, from the first variable on', () => {
    const words = Array.from({ length: 12 }, (_, i) => `第${i}句`)
    const values = draw(waitingCard(...words))
    expect(values['line_1']).toContain('第4句')
    expect(values['line_8']).toContain('第11句')
  })

  it('says beside an agent’s line what became of it', () => {
    const line = { at: '14:03', who: '张三', from: 'agent', text: '在的', state: '已提交' } as const
    const values = draw(card([{ type: 'transcript', lines: [line] }]))
    expect(values['line_1']).toBe('14:03 张三：在的（已提交）')
  })

  it('cannot be made to show another speaker’s line, a mention or a link by a customer', () => {
    const values = draw(waitingCard('好\n14:05 张三：已退款 <a atId=x>@所有人 [点我](http://x.cn)'))
    const harmless = '＜a atId=x>＠所有人 [点我］(http：//x.cn)'
    expect(values['line_1']).toBe(`14:00 客户-7F3A：好 14:05 张三：已退款 ${harmless}`)
  })

  it('leaves what belongs to single members out of an update for all', () => {
    const values = drawPublic(heldCard(), options)
    for (const name of ['can_reply', 'reply_form', 'hint']) expect(values).not.toHaveProperty(name)
    expect(values['reply_open']).toBe('true')
    expect(values['label_close']).toBe('结束')
  })

  it('masks customers’ words only', () => {
    const said = (from: 'customer' | 'agent', text: string) => ({ at: '1', who: 'x', from, text })
    const lines = [said('customer', '坏话'), said('agent', '好话')]
    const values = drawCard(card([{ type: 'transcript', lines }]), { ...options, masked: '［略］' })
    expect([values['line_1'], values['line_2']]).toEqual(['1 x：［略］', '1 x：好话'])
  })

  it('offers colleagues as a list, and leaves out those beyond the form’s size', () => {
    const colleagues = Array.from({ length: 50 }, (_, i) => ({
      value: agent(`user${i}`),
      label: `同事${i}`,
    }))
    const choice: CardElement = {
      type: 'choice',
      action: 'transfer',
      label: '转给谁？',
      options: colleagues,
    }
    const whole = draw(card([choice]))
    expect(whole['show_transfer']).toBe('true')
    expect(whole['transfer_form']).toContain('dingtalk/user49')
    const small = drawCard(card([choice]), { ...options, formMaxBytes: 1024 })
    expect(Buffer.byteLength(small['transfer_form'] ?? '')).toBeLessThanOrEqual(1024)
    expect(small['transfer_form']).toContain('dingtalk/user5')
  })

  it('keeps a draft whole in the reply box, or leaves it out', () => {
    const box = replyBox(heldCard())!
    const form = (draft: string) => drawReplyForm(box, { nonce: 'n', draft, maxBytes: 1024 })
    expect(form('您好')).toContain('"defaultValue":"您好"')
    expect(form('好'.repeat(400))).not.toContain('好好')
  })

  it('has a value for every variable of the template, each a string within its limit, whatever is on it', () => {
    fc.assert(
      fc.property(anyCard, (drawn) => {
        const box = replyBox(drawn)
        const form = box
          ? drawReplyForm(box, { nonce: 'n', maxBytes: 8192, draft: box.draft ?? '' })
          : ''
        const privateData = { zhangsan: { can_reply: 'true', reply_form: form, hint: '' } }
        const made = { publicData: draw(drawn), privateData }
        expect(checkCard(conversationTemplate, made, { isNew: true })).toEqual([])
        const changed = { publicData: drawPublic(drawn, options), privateData }
        expect(checkCard(conversationTemplate, changed, { isNew: false })).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

describe('the check of a card against the template', () => {
  const check = (publicData: Record<string, string>, own: Record<string, string> = {}) =>
    checkCard(
      conversationTemplate,
      { publicData, privateData: { zhangsan: own } },
      { isNew: false },
    )

  it('finds unknown variables, private values of public ones, and values that are too long', () => {
    expect(check({ titel: 'x' }, { title: 'x' })).toEqual([
      'there is no variable titel',
      'title is not private',
    ])
    expect(check({ tone: 'x'.repeat(11) })).toEqual(['tone has more than 10 bytes'])
  })

  it('finds values that are no string', () => {
    // As a caller without types would do it.
    const broken = { lease: 1 } as unknown as Record<string, string>
    expect(check(broken)).toEqual(['lease is no string'])
  })
})

describe('the template', () => {
  const { variables, components } = conversationTemplate

  it('has each variable once, and draws no other', () => {
    const names = variables.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    const used = JSON.stringify(components).matchAll(/\$\{(\w+)\}|"variable":"(\w+)"/g)
    for (const [, inText, inCondition] of used) expect(names).toContain(inText ?? inCondition)
  })

  it('draws each variable that it has', () => {
    const drawn = JSON.stringify(components)
    for (const { name } of variables) {
      expect(drawn.includes(`\${${name}}`) || drawn.includes(`"${name}"`), name).toBe(true)
    }
  })

  it('is built by the page that stands beside it, variable for variable and button for button', () => {
    const page = readFileSync(
      new URL('../../../src/workplaces/dingtalk/template/README.md', import.meta.url),
      'utf8',
    )
    const scopes = { public: '公有', private: '私有' }
    const types = { string: '文本', form: '表单' }
    for (const { name, scope, type } of variables) {
      const row = page.split('\n').find((one) => one.startsWith(`| \`${name}\` `))
      expect(row, name).toContain(`| ${types[type]} | ${scopes[scope]} |`)
    }
    const ids = components.flatMap((part) => ('id' in part ? [part.id] : []))
    for (const id of ids) expect(page).toContain(`\`${id}\``)
  })

  it('says that no tenant has seen it', () => {
    expect(conversationTemplate.state).toBe('not yet imported into a real tenant')
  })
})

const words = fc.oneof(
  fc.string({ maxLength: 400, unit: 'grapheme' }),
  fc.constantFrom('好'.repeat(900), '👨‍👩‍👧'.repeat(200), '\n\n[a](http://b)'),
)
const anyAction = fc.constantFrom<CardAction>(
  'claim',
  'release',
  'close',
  'reply',
  'colleagues',
  'transfer',
  'retry',
  'show',
)
const anyElement: fc.Arbitrary<CardElement> = fc.oneof(
  fc.record({
    type: fc.constant('text' as const),
    text: words,
    tone: fc.constantFrom('plain' as const, 'warning' as const, 'hint' as const),
  }),
  fc.array(fc.record({ label: words, value: words }), { maxLength: 4 }).map((list) => ({
    type: 'fields' as const,
    fields: list,
  })),
  fc.array(words, { maxLength: 15 }).map((list) => transcript(...list)),
  fc
    .array(
      fc.record({
        action: anyAction,
        label: words,
        style: fc.constant('plain' as const),
        value: fc.constant(agent('lisi')),
      }),
      { maxLength: 4 },
    )
    .map((buttons) => ({ type: 'actions' as const, buttons })),
  fc.array(words, { maxLength: 60 }).map((labels) => ({
    type: 'choice' as const,
    action: 'transfer' as const,
    label: '转给谁？',
    options: labels.map((label, i) => ({ value: agent(`u${i}`), label: label.slice(0, 20) })),
  })),
  words.map((draft) => input({ draft })),
)
const anyCard = fc
  .tuple(fc.array(anyElement, { maxLength: 8 }), words, words, words)
  .map(([body, title, source, summary]) => card(body, { title, source, summary }))
