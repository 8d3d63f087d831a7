import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  buildConfig,
  ConfigError,
  findConfigFile,
  loadConfig,
  type LoadedConfig,
} from '#config/load.ts'
import { EXAMPLE, exampleEnv, exampleText, least } from './support.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(path.join(tmpdir(), 'jieli-config-'))))
afterEach(() => rmSync(folder, { recursive: true }))

function load(text: string, env: Record<string, string> = exampleEnv): LoadedConfig {
  const file = path.join(folder, 'jieli.yaml')
  writeFileSync(file, text)
  return loadConfig(file, env)
}

/** The problems that a configuration has, one a line. */
function problemsOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.join('\n')
    throw error
  }
  return ''
}

const problemsIn = (value: unknown): string => problemsOf(() => buildConfig(value, 'test'))

describe('loading', () => {
  it('fills secrets in from the environment and from files', () => {
    writeFileSync(path.join(folder, 'wecom.secret'), 'from-a-file\n')
    const text = exampleText().replace('${WECOM_BOT_SECRET}', '${file:wecom.secret}')
    const { config } = load(text)
    expect(config.accounts['shop']).toMatchObject({ appSecret: 'wechat-app-secret' })
    expect(config.workplaces['wecom']).toMatchObject({ secret: 'from-a-file' })
  })

  it('leaves $${ as ${', () => {
    const { config } = load(exampleText().replace('name: 客服一组', () => "name: '$${一组}'"))
    expect(config.desks['main']?.name).toBe('${一组}')
  })

  it('puts the data folder beside the file', () => {
    expect(load(exampleText()).config.dataFolder).toBe(path.join(folder, 'data'))
  })

  it('tells which values no log line may show', () => {
    expect(new Set(load(exampleText()).secrets)).toEqual(
      new Set([
        exampleEnv.WECHAT_APP_SECRET,
        exampleEnv.WECHAT_TOKEN,
        exampleEnv.WECHAT_AES_KEY,
        exampleEnv.DINGTALK_CLIENT_SECRET,
        exampleEnv.WECOM_BOT_SECRET,
      ]),
    )
  })

  it('freezes everything', () => {
    const { config } = load(exampleText())
    expect(() => void (config.desks['main']!.name = 'x')).toThrow('read only')
    expect(Object.isFrozen(config.relay.handlerRetryMs)).toBe(true)
  })

  it('takes the defaults for what is left out', () => {
    const config = buildConfig(least, 'test')
    expect(config.server.port).toBe(8080)
    expect(config.desks['main']?.timeZone).toBe('Asia/Shanghai')
    expect(config.relay.repost.afterPosts).toBe(8)
  })

  it('takes the slash off the public address', () => {
    expect(buildConfig({ ...least, publicUrl: 'https://a.example/kf/' }, 'test').publicUrl).toBe(
      'https://a.example/kf',
    )
  })
})

describe('problems', () => {
  it('are told all at once, each with its key', () => {
    const { shop } = least.accounts
    const problems = problemsIn({
      ...least,
      server: { port: 99_999, prot: 1 },
      desks: { main: { ...least.desks.main, timeZone: 'Mars/Olympus', mirror: 'some' } },
      accounts: { shop: { ...shop, appId: 'nope', appSecret: undefined } },
    })
    expect(problems).toContain('server.port：太大，最大是 65535')
    expect(problems).toContain('server.prot：没有这个配置项')
    expect(problems).toContain('desks.main.timeZone：不是有效的时区名')
    expect(problems).toContain('desks.main.mirror：只能是 holder、all')
    expect(problems).toContain('accounts.shop.appId：应为 wx 开头的 18 位 AppID')
    expect(problems).toContain('accounts.shop.appSecret：必填，还没有填写（公众号的 AppSecret')
  })

  it('never show a value', () => {
    const { shop } = least.accounts
    const wrong = {
      ...shop,
      token: 'a-secret-with-!',
      encodingAesKey: 'short-secret',
      appId: 12_345_678,
    }
    const problems = problemsIn({ ...least, accounts: { shop: wrong } })
    expect(problems).toContain('accounts.shop.token')
    expect(problems).toContain('accounts.shop.encodingAesKey')
    expect(problems).not.toMatch(/a-secret-with|short-secret|12345678/)
  })

  it('name the environment variables and files that are missing, once each', () => {
    const text = exampleText().replace('${WECOM_BOT_SECRET}', '${file:/nowhere/secret}')
    const problems = problemsOf(() => load(text, { ...exampleEnv, WECHAT_TOKEN: '' })).split('\n')
    expect(problems).toEqual([
      'accounts.shop.token：环境变量 WECHAT_TOKEN 没有设置，请在启动前设置它',
      'workplaces.wecom.secret：文件 /nowhere/secret 读不到（ENOENT），请检查路径和权限',
    ])
  })

  it('of the YAML name the line and do not quote it', () => {
    const problems = problemsOf(() => load('desks:\n  main: "a secret\n'))
    expect(problems).toMatch(/^第 \d+ 行：YAML 格式不对/)
    expect(problems).not.toContain('secret')
  })

  it('say how to get a file when there is none', () => {
    expect(problemsOf(() => loadConfig(path.join(folder, 'none.yaml')))).toContain(
      'config/example.yaml',
    )
  })

  it('of a data folder that leaves no room for the socket file are told before it is made', () => {
    const text = exampleText().replace('dataFolder: ./data', `dataFolder: ./${'d'.repeat(100)}`)
    expect(problemsOf(() => load(text))).toContain('dataFolder：路径太长')
  })

  it('say which kinds there are when a kind is wrong', () => {
    expect(problemsIn({ ...least, workplaces: { x: { kind: 'slack' } } })).toContain('workplaces.x')
  })

  it('say what a safe-mode account lacks', () => {
    const { encodingAesKey: _, ...shop } = least.accounts.shop
    expect(problemsIn({ ...least, accounts: { shop } })).toContain(
      'accounts.shop.encodingAesKey：兼容模式和安全模式必须填写',
    )
  })
})

describe('parts that must fit each other', () => {
  it('a desk names only accounts that there are', () => {
    expect(
      problemsIn({ ...least, desks: { main: { name: 'a', accounts: ['shop', 'mall'] } } }),
    ).toBe('desks.main.accounts：accounts 里没有 mall，请先在 accounts 下添加它')
  })

  it('an account belongs to one desk', () => {
    const desks = { ...least.desks, other: { name: 'b', accounts: ['shop'] } }
    expect(problemsIn({ ...least, desks })).toContain(
      'desks.other.accounts：shop 已经属于服务台 main',
    )
  })

  it('an account belongs to some desk', () => {
    const accounts = { ...least.accounts, mall: least.accounts.shop }
    expect(problemsIn({ ...least, accounts })).toContain('accounts.mall：没有服务台接待它')
  })

  it('an account and a workplace have different names', () => {
    const workplaces = { shop: least.workplaces.wecom }
    expect(problemsIn({ ...least, workplaces })).toContain('workplaces.shop：accounts 里已有同名的')
  })

  it('a listed agent is known in a workplace that there is, and is one person', () => {
    const list = [
      { name: '甲', ids: { wecom: 'a', ding: 'b' } },
      { name: '乙', ids: { wecom: 'a' } },
    ]
    const problems = problemsIn({ ...least, agents: { admission: 'listed', list } })
    expect(problems).toContain('agents.list.0.ids.ding：workplaces 里没有 ding')
    expect(problems).toContain('agents.list.1.ids.wecom：与名单第 1 人是同一个用户 ID')
  })

  it('a list that admits nobody is a mistake', () => {
    expect(problemsIn({ ...least, agents: { admission: 'listed' } })).toContain('agents.list')
  })

  it('both listeners have ports of their own', () => {
    expect(problemsIn({ ...least, admin: { port: 8080 } })).toContain('admin.port')
    expect(problemsIn({ ...least, admin: { port: 0 }, server: { port: 0 } })).toBe('')
  })

  it('there is something to relay between', () => {
    expect(problemsIn({ ...least, workplaces: {} })).toBe('workplaces：至少要有一个')
  })
})

describe('finding the file', () => {
  it('takes the named one, then the one of the environment', () => {
    expect(findConfigFile('a.yaml', { JIELI_CONFIG: '/etc/b.yaml' })).toBe(path.resolve('a.yaml'))
    expect(findConfigFile(undefined, { JIELI_CONFIG: '/etc/b.yaml' })).toBe('/etc/b.yaml')
  })

  it('finds none where there is none', () => {
    expect(findConfigFile(undefined, {})).toBeUndefined()
    expect(EXAMPLE).toContain('example.yaml')
  })
})
