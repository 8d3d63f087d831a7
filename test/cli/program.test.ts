import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { z } from 'zod'
import type { LoadedConfig } from '#config/load.ts'
import { dataPaths } from '#config/paths.ts'
import { CommandRefused, type Commands } from '#src/cli/client.ts'
import { runCli } from '#src/cli/program.ts'
import { silentLog } from '#src/platform/log.ts'
import { Refusal } from '#src/ports/errors.ts'
import { command, type ControlServer, openControl } from '#src/server/control.ts'
import { least } from '#test/config/support.ts'

const ROWS = {
  status: {
    version: '1.2.3',
    running: true,
    upMs: 90 * 60_000,
    addresses: ['http://127.0.0.1:8080'],
    health: [{ name: 'account/shop', state: 'down', detail: '密钥不对' }],
    desks: [{ id: 'main', name: '一组', groups: [] }],
    counts: {
      inboxWaiting: 0,
      inboxParked: 2,
      outboxQueued: 0,
      outboxDead: 0,
      conversationsOpen: 3,
      messages: 10,
    },
  },
  ledger: [{ account: 'shop', received: 9, relayed: 5, filtered: 2, waiting: 1, parked: 1 }],
  dead: [{ id: 'E1', do: 'reply', target: 't', state: 'unknown', code: 'wechat.timeout', at: 0 }],
  parked: [{ id: 'P1', lane: 'l', name: 'customer:text', at: 0, error: 'boom' }],
  checks: [
    { name: '时钟', state: 'ok', found: '相差 0 秒', fix: '' },
    { name: '磁盘空间', state: 'failed', found: '剩余 0.0 GB', fix: '请清理磁盘' },
  ],
}

let folder: string
let configFile: string
let out: string[]
let err: string[]
let asked: { command: string; args: unknown }[]
let started: (LoadedConfig | undefined)[]
let open: () => Promise<Commands>
let control: ControlServer | undefined

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jieli-cli-'))
  configFile = path.join(folder, 'jieli.yaml')
  await writeFile(
    configFile,
    stringify({ ...least, dataFolder: '.', publicUrl: 'https://k.example' }),
  )
  out = []
  err = []
  asked = []
  started = []
  open = () => Promise.reject(new Error('not to be opened'))
})
afterEach(async () => {
  await control?.close()
  control = undefined
  await rm(folder, { recursive: true })
})

/** Runs the command with this configuration. */
const jieli = (...argv: string[]): Promise<number> => bare(...argv, '--config', configFile)

const bare = (...argv: string[]): Promise<number> =>
  runCli(argv, {
    version: '1.2.3',
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    start: async (config) => void started.push(config),
    playground: async () => void started.push(undefined),
    open: () => open(),
  })

/** A running process that gives these answers. */
async function running(answers: Record<string, unknown>): Promise<void> {
  const commands = Object.entries(answers).map(([name, answer]) => [
    name,
    command(z.looseObject({}), async (args) => {
      asked.push({ command: name, args })
      if (answer instanceof Error) throw answer
      return answer
    }),
  ])
  control = await openControl({
    path: dataPaths(folder).control,
    commands: Object.fromEntries(commands) as Parameters<typeof openControl>[0]['commands'],
    log: silentLog,
  })
}

const printed = (): string => out.join('\n')

describe('jieli, while the service runs', () => {
  it('shows how it is', async () => {
    await running({ status: ROWS.status })
    expect(await jieli('status')).toBe(0)
    expect(printed()).toContain('Jieli 1.2.3：运行中，已运行 1 小时 30 分钟')
    expect(printed()).toContain('✗ account/shop：密钥不对')
    expect(printed()).toContain('还没有绑定群，请运行 jieli bind main')
    expect(printed()).toContain('已搁置 2（jieli parked list 查看）')
  })

  it('makes a code and says what to type', async () => {
    await running({ bind: { code: 'K7Q8H2MN', expiresAt: 600_000 } })
    expect(await jieli('bind', 'main')).toBe(0)
    expect(asked).toEqual([{ command: 'bind', args: { desk: 'main' } }])
    expect(printed()).toContain('@机器人 绑定 K7Q8H2MN')
    expect(printed()).toContain('10 分钟')
  })

  it('passes a refusal on, with exit code 1', async () => {
    await running({ bind: new Refusal('bind.unknown_desk', 404, '没有服务台 x；配置里有：main') })
    expect(await jieli('bind', 'x')).toBe(1)
    expect(err).toEqual(['没有服务台 x；配置里有：main'])
  })

  it('shows the ledger and whether it adds up', async () => {
    await running({ ledger: ROWS.ledger })
    await jieli('ledger')
    expect(printed()).toMatch(/shop +9 +5 +2 +1 +1 +✓/)
  })

  it('says so when the ledger does not add up', async () => {
    await running({ ledger: [{ ...ROWS.ledger[0], received: 10 }] })
    await jieli('ledger')
    expect(printed()).toContain('✗ 不平')
  })

  it('lists dead letters and parked events', async () => {
    await running({ 'dead.list': ROWS.dead, 'parked.list': ROWS.parked })
    await jieli('dead', 'list')
    await jieli('parked', 'list')
    expect(printed()).toMatch(/E1 .*回复顾客 +不确定 +wechat\.timeout/)
    expect(printed()).toMatch(/P1 .*customer:text +boom/)
  })

  it('replays one, or all of them, and never both at a time', async () => {
    const done = { replayed: 2, uncertain: 1 }
    await running({ 'dead.replay': done, 'dead.replay-all': done, 'parked.replay': done })
    expect(await jieli('dead', 'replay', 'E1')).toBe(0)
    expect(await jieli('dead', 'replay', '--all')).toBe(0)
    expect(await jieli('parked', 'replay', 'P1')).toBe(0)
    expect(asked.map(({ command, args }) => [command, args])).toEqual([
      ['dead.replay', { id: 'E1' }],
      ['dead.replay-all', {}],
      ['parked.replay', { id: 'P1' }],
    ])
    expect(printed()).toContain('已重新排队 2 条；另有 1 条不确定的没有动')
    expect(await jieli('dead', 'replay')).toBe(2)
    expect(await jieli('dead', 'replay', 'E1', '--all')).toBe(2)
    expect(asked).toHaveLength(3)
  })

  it('shows what the doctor found, each with its fix, and fails when something failed', async () => {
    await running({ doctor: ROWS.checks })
    expect(await jieli('doctor', '--live')).toBe(1)
    expect(asked).toEqual([{ command: 'doctor', args: { live: true } }])
    expect(printed()).toContain('✓ 配置')
    expect(printed()).toContain('✓ 时钟：相差 0 秒')
    expect(printed()).toContain('✗ 磁盘空间：剩余 0.0 GB\n    → 请清理磁盘')
    expect(printed()).toContain('1 项不通过，0 项需要留意')
  })

  it('says so when the process goes away in the middle', async () => {
    await running({ status: new Promise(() => undefined) })
    const asking = jieli('status')
    while (asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
    await control?.close()
    expect(await asking).toBe(1)
    expect(err.join()).toContain('没有回应就断开')
  })
})

describe('jieli, while nothing runs', () => {
  it('opens the store itself, and closes it', async () => {
    let closed = false
    open = async () => ({
      call: async () => ROWS.ledger,
      close: async () => void (closed = true),
    })
    expect(await jieli('ledger')).toBe(0)
    expect(closed).toBe(true)
  })

  it('takes a socket file that nobody listens on for nothing', async () => {
    await writeFile(dataPaths(folder).control, '')
    open = async () => ({ call: async () => ROWS.ledger, close: async () => undefined })
    expect(await jieli('ledger')).toBe(0)
  })

  it('closes the store after a refusal, too', async () => {
    let closed = false
    open = async () => ({
      call: () => Promise.reject(new CommandRefused('bind.unknown_desk', '没有')),
      close: async () => void (closed = true),
    })
    expect(await jieli('bind', 'x')).toBe(1)
    expect(closed).toBe(true)
  })

  it('says who has the store when it is locked', async () => {
    open = () => Promise.reject(Object.assign(new Error('busy'), { name: 'StoreLockedError' }))
    expect(await jieli('status')).toBe(1)
    expect(err.join()).toContain('正被另一个 jieli 进程使用')
  })

  it('makes a finding of a store that cannot be opened', async () => {
    open = () => Promise.reject(new Error('disk I/O error'))
    expect(await jieli('doctor')).toBe(1)
    expect(printed()).toContain('✗ 数据目录：出错了：disk I/O error')
  })

  it('starts the service with its configuration', async () => {
    expect(await jieli('start')).toBe(0)
    expect(started[0]?.config.desks['main']?.name).toBe('一组')
  })
})

describe('the command line', () => {
  it('checks the configuration and names the callback addresses', async () => {
    expect(await jieli('config', 'check')).toBe(0)
    expect(printed()).toContain('https://k.example/hooks/shop')
  })

  it('tells all problems of the configuration, with exit code 2', async () => {
    await writeFile(configFile, 'desks: {}\nnothing: 1\n')
    expect(await jieli('config', 'check')).toBe(2)
    expect(err.join()).toContain('nothing：没有这个配置项')
    expect(err.join()).toContain('accounts：必填')
  })

  it('says how to get a configuration when there is none', async () => {
    expect(await bare('start')).toBe(2)
    expect(err.join()).toContain('config/example.yaml')
  })

  it('starts the playground when there is neither a command nor a configuration', async () => {
    expect(await bare()).toBe(0)
    expect(started).toEqual([undefined])
  })

  it.each([
    [['claim'], '没有这个命令：claim'],
    [['status', '--fast'], '没有这个选项：--fast'],
    [['bind'], '缺少参数：desk'],
    [['status', 'now'], '参数太多了'],
  ])('explains a mistake: %j', async (argv, words) => {
    expect(await bare(...argv)).toBe(2)
    expect(err.join()).toContain(words)
  })

  it('shows its usage in Chinese, and its version', async () => {
    expect(await bare('--help')).toBe(0)
    expect(await bare('--version')).toBe(0)
    expect(printed()).toContain('启动服务')
    expect(out.at(-1)).toBe('1.2.3')
  })
})
