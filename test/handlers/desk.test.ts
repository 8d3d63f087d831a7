import { describe, expect, it } from 'vitest'
import { makeAgentId } from '#src/domain/ids.ts'
import { DESK, DINGTALK, MINUTE, WECOM } from '#test/support/shop.ts'
import { Stage, cardWords, laneOf, stage } from '#test/support/stage.ts'

describe('binding a group', () => {
  function unbound(): Stage {
    const s = new Stage()
    s.memory.codes.set('ABCD-1234', { desk: DESK, expiresAt: s.now + 10 * MINUTE, used: false })
    return s
  }

  it('takes the code once and says where the group is now', async () => {
    const s = unbound()
    await s.agent('zhang').types('绑定 abcd-1234', { about: 'nobody' })
    expect(s.chat('dt').at(-1)).toBe(
      'note | 已绑定到服务台“售前”。顾客来消息时会发到本群；发“帮助”查看用法',
    )
    await s.agent('li', WECOM).types('绑定 abcd-1234', { about: 'nobody' })
    expect(s.chat('wc').at(-1)).toBe('note | 验证码已用过，请管理员运行 jieli bind 重新获取')
    expect([...s.memory.groups.keys()]).toEqual(['dingtalk/dt'])
  })

  it('refuses an expired code and an unknown one', async () => {
    const s = unbound()
    await s.agent('zhang').types('绑定 WRONG', { about: 'nobody' })
    expect(s.chat('dt').at(-1)).toBe('note | 验证码不对，请管理员运行 jieli bind 重新获取')
    s.now += 10 * MINUTE + 1
    await s.agent('zhang').types('绑定 abcd-1234', { about: 'nobody' })
    expect(s.chat('dt').at(-1)).toContain('验证码已过期')
    expect(s.memory.groups.size).toBe(0)
  })

  it('is for groups', async () => {
    const s = unbound()
    const zhang = s.agent('zhang')
    await zhang.types('绑定 abcd-1234', { about: 'nobody', chat: zhang.direct })
    expect(s.chat('zhang').at(-1)).toBe('note | 请在客服群里 @机器人 发送绑定指令')
  })

  it('shows at once what has been waiting, also what is older than the last messages', async () => {
    const s = unbound()
    for (let i = 1; i <= 25; i++) await s.customer.says(`第 ${i} 条`)
    await s.customer.says('你好', { who: 'bella' })
    await s.agent('li', WECOM).types('绑定 abcd-1234', { about: 'nobody' })
    for (let i = 1; i <= 25; i++)
      expect(s.chat('wc').filter((one) => one.endsWith(`：第 ${i} 条`))).toHaveLength(1)
    expect(s.chat('wc').some((one) => one.endsWith('：你好'))).toBe(true)
    expect(s.cards('wc')).toHaveLength(2)
    expect(s.messages().every(({ relay }) => relay === 'relayed')).toBe(true)
  })

  it('is undone by 解绑: the group hears no more', async () => {
    const s = stage()
    await s.customer.says('一')
    await s.agent('li', WECOM).types('解绑', { about: 'nobody' })
    const before = s.chat('wc').length
    await s.customer.says('二')
    expect(s.chat('wc')).toHaveLength(before)
    await s.agent('li', WECOM).types('列表', { about: 'nobody' })
    expect(s.chat('wc').at(-1)).toContain('本群还没有绑定服务台')
  })
})

describe('who may act', () => {
  it('is everybody in a bound group', async () => {
    const s = stage()
    await s.customer.says('在吗')
    await s.agent('newcomer', WECOM).types('认领')
    expect(s.conversation().status).toBe('held')
  })

  it('is nobody in a group that is not bound', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const chat = { kind: 'group', workplace: WECOM, id: 'elsewhere' } as const
    await s.agent('li', WECOM).types('认领', { chat })
    expect(s.conversation().status).toBe('waiting')
    expect(s.chat('elsewhere').at(-1)).toContain('jieli bind')
  })

  it('is nobody in a single chat before they have been seen in the group', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const zhang = s.agent('zhang')
    await zhang.types('认领', { chat: zhang.direct })
    expect(s.conversation().status).toBe('waiting')
    expect(s.chat('zhang').at(-1)).toContain('你的编号：zhang')
    await zhang.types('帮助', { about: 'nobody' })
    await zhang.types('认领', { chat: zhang.direct })
    expect(s.conversation().status).toBe('held')
  })

  it('is those of the list where there is one; the others are shown their id', async () => {
    const s = stage({ admission: 'listed', listed: [makeAgentId(DINGTALK, 'zhang')] })
    await s.customer.says('在吗')
    const { answer } = await s.agent('wang').clicks('claim')
    await s.agent('li', WECOM).types('认领')
    expect(answer).toMatchObject({
      accepted: false,
      hint: '你还不在客服名单里。请把你的编号 wang 发给管理员添加',
    })
    expect(s.chat('wc').at(-1)).toContain('你的编号 li')
    expect(s.conversation().status).toBe('waiting')
    await s.agent('zhang').clicks('claim')
    expect(s.conversation().status).toBe('held')
  })

  it('is also those who may be handed a conversation', async () => {
    const s = stage({ admission: 'listed', listed: [makeAgentId(DINGTALK, 'zhang')] })
    await s.customer.says('在吗')
    const [zhang, wang] = [s.agent('zhang'), s.agent('wang')]
    await wang.types('列表', { about: 'nobody' })
    await zhang.clicks('claim')
    const { card } = await zhang.clicks('colleagues')
    expect(cardWords(card).join()).toContain('还没有可以转接的同事')
    await zhang.clicks('transfer', { to: wang.id })
    await zhang.types('转 wang')
    expect(s.conversation().holder?.agent).toBe(zhang.id)
  })

  it('is nobody whom the workplace does not name', async () => {
    const s = stage()
    const chat = { kind: 'group', workplace: DINGTALK, id: 'dt' } as const
    await s.play('desk/main' as never, 'stranger:text', { chat, messageId: 'm' })
    expect(s.chat('dt').at(-1)).toContain('没能识别你的身份')
  })
})

describe('the list', () => {
  it('shows what is open, who has it, and how to claim', async () => {
    const s = stage()
    await s.customer.says('在吗')
    await s.agent('zhang', DINGTALK, '张三').clicks('claim')
    await s.pass(MINUTE)
    await s.customer.says('你好', { who: 'bella' })
    await s.agent('li', WECOM).types('列表', { about: 'nobody' })
    const words = s
      .chat('wc')
      .at(-1)!
      .replace(/客户-\w+/g, '客户')
      .split(' | ')
    expect(words).toEqual([
      'note',
      '会话列表',
      `〔#${s.conversation('anna').marker}〕 客户 · 旗舰店 · 公众号｜张三·钉钉 接待中｜等待自 14:00`,
      `〔#${s.conversation('bella').marker}〕 客户 · 旗舰店 · 公众号｜等待认领｜等待自 14:01`,
      '认领：@机器人 #编号 认领',
    ])
  })

  it('says so when nothing is open', async () => {
    const s = stage()
    await s.agent('li', WECOM).types('列表', { about: 'nobody' })
    expect(s.chat('wc').at(-1)).toBe('note | 会话列表 | 现在没有待处理的会话，可以喝口水')
  })
})

describe('help', () => {
  it('tells of the reply box only where there is one', async () => {
    const s = stage()
    await s.agent('li', WECOM).types('帮助', { about: 'nobody' })
    await s.agent('zhang').types('/帮助', { about: 'nobody' })
    expect(s.chat('wc').at(-1)).not.toContain('输入框')
    expect(s.chat('dt').at(-1)).toContain('输入框')
  })
})

describe('words without a place', () => {
  it('are sent nowhere, and the writer is told whom they hold', async () => {
    const s = stage()
    await s.customer.says('在吗')
    const li = s.agent('li', WECOM)
    await li.types('在的', { about: 'nobody' })
    expect(s.chat('wc').at(-1)).toContain('你还没有接待顾客')
    await li.types('认领')
    await li.types('在的', { about: 'nobody' })
    expect(s.chat('wc').at(-1)).toContain(`〔#${s.conversation().marker}〕`)
    expect(s.phone).toEqual([])
  })

  it('with a marker that does not exist are sent nowhere', async () => {
    const s = stage()
    await s.agent('li', WECOM).types('在的', { about: 'nobody', unknownMarker: '7KQ8H3' })
    expect(s.chat('wc').at(-1)).toBe(
      'note | 没有编号为 〔#7KQ8H3〕 的会话，没有发给顾客。发“列表”查看',
    )
  })

  it('of a command that nobody knows are sent nowhere', async () => {
    const s = stage()
    await s.agent('li', WECOM).types('/退款', { about: 'nobody' })
    expect(s.chat('wc').at(-1)).toContain('没有“/退款”这个指令')
  })
})

describe('the details', () => {
  it('are posted on request, as a card at the end of the group and in words', async () => {
    const s = stage()
    await s.customer.says('在吗')
    await s.agent('li', WECOM).types('详情')
    expect(s.cards('wc')).toHaveLength(2)
    expect(s.chat('wc').at(-1)).toMatch(/^note \| 客户-\w+ 〔#\w{6}〕 \| 14:00 客户-\w+：在吗$/)
  })

  it('are what a bare marker asks for', async () => {
    const s = stage()
    await s.customer.says('在吗')
    await s.agent('li', WECOM).types('')
    expect(s.chat('wc').at(-1)).toContain('在吗')
    expect(s.phone).toEqual([])
  })
})

describe('an event that could not be handled', () => {
  it('is told in the threads that read lines', async () => {
    const s = stage()
    await s.customer.says('在吗')
    await s.play(laneOf('anna'), 'thread:parked', { parked: 'E' as never })
    expect(s.chat('wc').at(-1)).toContain('jieli parked')
  })
})
