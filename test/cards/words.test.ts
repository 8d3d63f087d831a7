import { describe, expect, it } from 'vitest'
import { contentWords } from '#cards/contents.ts'
import { helpBody } from '#cards/help.ts'
import { digestWords, queueList } from '#cards/queue.ts'
import { reasonWords } from '#cards/reasons.ts'
import type { Content } from '#src/domain/content.ts'
import { type MoveRefusal, moves } from '#src/domain/conversation.ts'
import type { OutboundRefusal } from '#src/domain/outbound.ts'
import { aFile } from '#test/support/threads.ts'

/** Fails to compile when a reason is missing here. */
const moveRefusals: Record<MoveRefusal, true> = {
  'stale-card': true,
  'already-yours': true,
  'held-by-other': true,
  'not-held': true,
  'not-yours': true,
  closed: true,
  'still-open': true,
}
const outboundRefusals: Record<OutboundRefusal, true> = {
  'not-held': true,
  'held-by-other': true,
  closed: true,
  'not-following': true,
  'window-closed': true,
  'quota-used': true,
  'quota-too-small': true,
  'kind-unsupported': true,
  'type-unsupported': true,
  'too-large': true,
  'no-file': true,
  empty: true,
  'stale-card': true,
}

describe('the words for a reason', () => {
  it.each(Object.keys({ ...moveRefusals, ...outboundRefusals }))('%s are Chinese', (reason) => {
    expect(reasonWords(reason)).toMatch(/^[\p{Script=Han}“”；，]+$/u)
  })

  it('cover every refusal of the table of moves', () => {
    const refusals = Object.values(moves)
      .flatMap((row) => Object.values(row))
      .filter((one) => typeof one === 'string')
    expect(refusals.filter((one) => !(one in moveRefusals))).toEqual([])
  })

  it.each([
    'expired',
    'interrupted',
    'no-answer',
    'unreachable',
    'unexpected',
    'media.too_large',
    'media.expired',
    'media.failed',
  ])('exist for what the relay says: %s', (reason) => {
    expect(reasonWords(reason)).not.toContain(reason)
  })

  it.each(['wechat.45099', 'constructor', 'toString'])(
    'nobody has found words for: %s',
    (reason) => {
      expect(reasonWords(reason)).toBe(`发送失败（${reason}），请联系管理员`)
    },
  )
})

describe('a message in words', () => {
  it.each<[string, Content]>([
    ['在吗', { kind: 'text', text: '在吗' }],
    ['〔图片〕正在取', { kind: 'image' }],
    ['〔图片〕', { kind: 'image', file: aFile }],
    ['〔文件〕 报价.pdf', { kind: 'file', file: { ...aFile, kind: 'file', name: '报价.pdf' } }],
    [
      '〔语音 3 秒〕 明天到吗',
      { kind: 'voice', file: aFile, durationMs: 2100, transcript: '明天到吗' },
    ],
    ['〔视频〕文件取回失败，请顾客重发', { kind: 'video', lost: 'media.failed' }],
    [
      '〔位置〕人民广场（31.23, 121.47）',
      { kind: 'location', latitude: 31.23, longitude: 121.47, label: '人民广场' },
    ],
    [
      '〔链接〕 标题 https://a.cn',
      { kind: 'link', title: '标题', description: '', url: 'https://a.cn' },
    ],
    ['〔小程序〕商城', { kind: 'miniprogram', title: '商城', appId: 'wx', path: '/' }],
    [
      '请选择\n1. 是\n2. 否',
      {
        kind: 'menu',
        head: '请选择',
        items: [
          { id: 'y', text: '是' },
          { id: 'n', text: '否' },
        ],
        tail: '',
      },
    ],
    ['〔hologram〕暂不支持显示，请顾客改发文字或图片', { kind: 'unsupported', type: 'hologram' }],
  ])('%s', (words, content) => {
    expect(contentWords(content)).toBe(words)
  })
})

describe('the list', () => {
  const row = { marker: '〔#7KQ8HB〕', customer: '客户', source: '旗舰店', state: '等待认领' }

  it('has a row for each, and says how many are left out', () => {
    const texts = queueList([{ ...row, owedSince: '14:03' }, row], 3).map(
      (one) => one.type === 'text' && one.text,
    )
    expect(texts).toEqual([
      '〔#7KQ8HB〕 客户 · 旗舰店｜等待认领｜等待自 14:03',
      '〔#7KQ8HB〕 客户 · 旗舰店｜等待认领｜无待回复',
      '另有 3 个会话未列出',
      '认领：@机器人 #编号 认领',
    ])
  })

  it('is short when nothing is open', () => {
    expect(queueList([], 0)).toHaveLength(1)
    expect(digestWords(37)).toBe('另有 37 位顾客等待，发“列表”查看')
  })
})

describe('help', () => {
  it('names every order that is understood', () => {
    const words = JSON.stringify(helpBody(true))
    for (const order of ['认领', '释放', '关闭', '转', '详情', '列表', '帮助', '绑定', '解绑'])
      expect(words).toContain(order)
  })
})
