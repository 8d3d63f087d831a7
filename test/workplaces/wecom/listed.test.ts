import { expect, it } from 'vitest'
import { configSchema } from '#config/schema.ts'
import { listedAgents } from '#src/settings.ts'

it('a listed agent of WeCom is known by the userid in any case, one of DingTalk as it is written', () => {
  const { workplaces, agents } = configSchema.shape
  const bots = workplaces.parse({
    wecom: { kind: 'wecom', botId: 'aib', secret: 's', botName: '接力' },
    ding: { kind: 'dingtalk', clientId: 'ding', clientSecret: 's', robotCode: 'ding' },
  })
  const list = [
    { name: '张三', ids: { wecom: 'ZhangSan', ding: 'ZhangSan' } },
    { name: '李四', ids: { wecom: 'woAbC' } },
  ]
  const listed = listedAgents({ workplaces: bots, agents: agents.parse({ list }) })
  expect(listed.map(({ id, user }) => [id, user])).toEqual([
    ['wecom/zhangsan', 'zhangsan'],
    ['ding/ZhangSan', 'ZhangSan'],
    ['wecom/woAbC', 'woAbC'],
  ])
})
