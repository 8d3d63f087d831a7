import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Command, isDeskCommand, parseCommand } from '#src/domain/commands.ts'

describe('an order', () => {
  it.each<[string, Command]>([
    ['认领', { name: '认领' }],
    [' 认领 ', { name: '认领' }],
    ['/认领', { name: '认领' }],
    ['／认领', { name: '认领' }],
    ['/接待', { name: '认领' }],
    ['释放', { name: '释放' }],
    ['/退回', { name: '释放' }],
    ['关闭', { name: '关闭' }],
    ['/结束', { name: '关闭' }],
    ['详情', { name: '详情' }],
    ['列表', { name: '列表' }],
    ['帮助', { name: '帮助' }],
    ['解绑', { name: '解绑' }],
    ['转 张三', { name: '转', to: '张三' }],
    ['转 @张三', { name: '转', to: '张三' }],
    ['转@张三', { name: '转', to: '张三' }],
    ['转给 张三', { name: '转', to: '张三' }],
    ['转接 张三·钉钉', { name: '转', to: '张三·钉钉' }],
    ['转 李', { name: '转', to: '李' }],
    ['/转 张三', { name: '转', to: '张三' }],
    ['转 San Zhang', { name: '转', to: 'San Zhang' }],
    ['绑定 abcd-1234', { name: '绑定', code: 'ABCD-1234' }],
    ['绑定ABCD1234', { name: '绑定', code: 'ABCD1234' }],
    ['/退款', { name: '不明', typed: '退款' }],
    ['/constructor', { name: '不明', typed: 'constructor' }],
    ['/toString', { name: '不明', typed: 'toString' }],
  ])('is read from %j', (typed, command) => {
    expect(parseCommand(typed)).toEqual(command)
  })
})

describe('talk', () => {
  it.each([
    '',
    ' ',
    '转账记录发我',
    '转给你了',
    '转',
    '转 ',
    '关闭订单',
    '请关闭',
    '认领了吗',
    '接待',
    '结束',
    '退回',
    '绑定手机号',
    '绑定 abc',
    '/::D',
    '/:heart',
    '/:,@-D',
    '/ 关闭',
    '/',
    '//',
    '/5折',
    'constructor',
    '__proto__',
    '你好\n关闭',
    '转 张三\n你好',
  ])('is not an order: %j', (typed) => {
    expect(parseCommand(typed)).toBeUndefined()
  })

  it('is everything that neither is an order as a whole nor begins with a slash and a letter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (typed) => {
        const command = parseCommand(typed)
        const isSlash = /^[/／]\p{L}/u.test(typed.trim())
        if (isSlash) expect(command).toBeDefined()
        if (command?.name === '不明') expect(isSlash).toBe(true)
      }),
    )
  })
})

describe('an order without a conversation', () => {
  it.each(['列表', '帮助', '绑定 ABCD', '解绑'])('is %s', (typed) => {
    const command = parseCommand(typed)
    expect(command && isDeskCommand(command)).toBe(true)
  })

  it.each(['认领', '释放', '关闭', '详情', '转 张三', '/不知道'])('is not %s', (typed) => {
    const command = parseCommand(typed)
    expect(command && isDeskCommand(command)).toBe(false)
  })
})
