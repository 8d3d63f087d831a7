import { Command, CommanderError } from 'commander'
import { ConfigError, findConfigFile, loadConfig, type LoadedConfig } from '#config/load.ts'
import { dataPaths } from '#config/paths.ts'
import { CommandRefused, type Commands, connectControl } from './client.ts'
import {
  readChecks,
  showBindCode,
  showChecks,
  type ShownCheck,
  showDead,
  showLedger,
  showParked,
  showReplayed,
  showStatus,
} from './replies.ts'

/** What the command needs of the product; main gives the real things. */
export interface CliDeps {
  version: string
  out(line: string): void
  err(line: string): void
  /** Runs the service until it is told to stop; without a configuration the playground. */
  start(config: LoadedConfig | undefined): Promise<void>
  /** Runs the product against stand-ins of the platforms on this machine, with a page that shows them. */
  playground(options: { port?: number; data?: string; unbound?: boolean }): Promise<void>
  /**
   * Opens the store, without starting anything, so that the same commands run on it.
   * @throws an error named `StoreLockedError` while another process has it
   */
  open(config: LoadedConfig): Promise<Commands>
}

/**
 * The `jieli` command; without a word it starts what there is to start.
 * @param argv without the interpreter and the script
 * @returns the exit code: 0, 1 when something failed, 2 when the command or the configuration is wrong
 */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  const run: Run = { deps, exitCode: 0 }
  try {
    if (argv.length === 0) await deps.start(loadIfThere())
    else await program(run).parseAsync(withCommand(argv), { from: 'user' })
    return run.exitCode
  } catch (error) {
    return explain(error, deps)
  }
}

interface Run {
  deps: CliDeps
  exitCode: number
}

interface ConfigOption {
  config?: string
}

function program(run: Run): Command {
  const { deps } = run
  const jieli = base('jieli', deps)
    .description('接力：把公众号等渠道的顾客消息转到钉钉群、企业微信群里接待')
    .version(deps.version, '-v, --version', '显示版本')
    .helpCommand('help [command]', '显示用法')

  withConfig(jieli.command('start').description('启动服务')).action((options: ConfigOption) =>
    deps.start(load(options)),
  )
  jieli
    .command('playground')
    .description('演练场：在本机模拟各平台，用浏览器试用')
    .option('--port <port>', '页面端口，默认 8000；0 为任选空闲端口', readPort)
    .option('--data <folder>', '保留数据的目录，默认用临时目录')
    .option('--unbound', '不自动绑定群，自己试一遍绑定')
    .action((options: { port?: number; data?: string; unbound?: boolean }) =>
      deps.playground(options),
    )
  withConfig(jieli.command('doctor').description('检查配置、数据、时钟、密钥、回调地址和连接'))
    .option('--live', '在已绑定的群里发一张卡片，等人点击')
    .action((options: ConfigOption & { live?: boolean }) => doctor(run, options))
  withConfig(jieli.command('status').description('现在的状态')).action((options: ConfigOption) =>
    show(run, options, 'status', {}, showStatus),
  )
  withConfig(jieli.command('bind <desk>').description('生成把群绑定到服务台的验证码')).action(
    (desk: string, options: ConfigOption) => show(run, options, 'bind', { desk }, showBindCode),
  )
  withConfig(
    jieli.command('ledger').description('消息台账：收到 = 已转达 + 已过滤 + 等待中 + 已搁置'),
  ).action((options: ConfigOption) => show(run, options, 'ledger', {}, showLedger))
  addReplays(jieli, run, 'dead', '发不出去的消息（死信）', showDead)
  addReplays(jieli, run, 'parked', '处理出错而搁置的事件', showParked)

  const config = jieli.command('config').description('配置文件')
  withConfig(config.command('check').description('检查配置文件，不启动')).action(
    (options: ConfigOption) => deps.out(described(load(options))),
  )
  return jieli
}

/** Options without a command are the playground's: `npm start -- --port 0`. */
function withCommand(argv: readonly string[]): string[] {
  const own = ['-h', '--help', '-v', '--version']
  const isBare = argv[0]?.startsWith('-') === true && !own.includes(argv[0])
  return isBare ? ['playground', ...argv] : [...argv]
}

function readPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new CommandRefused('cli.port', '--port 要写 0 到 65535 的整数')
}

/** Commander with our voice: it prints through `deps` and never ends the process itself. */
function base(name: string, deps: CliDeps): Command {
  return new Command(name)
    .exitOverride()
    .configureOutput({ writeOut: (text) => deps.out(text.trimEnd()), writeErr: () => undefined })
    .helpOption('-h, --help', '显示用法')
}

const withConfig = (command: Command): Command =>
  command.option('-c, --config <file>', '配置文件，默认为 JIELI_CONFIG 或当前目录的 jieli.yaml')

function addReplays(
  jieli: Command,
  run: Run,
  name: 'dead' | 'parked',
  what: string,
  showList: (result: unknown) => string,
): void {
  const group = jieli.command(name).description(what)
  withConfig(group.command('list').description('列出')).action((options: ConfigOption) =>
    show(run, options, `${name}.list`, {}, showList),
  )
  withConfig(group.command('replay [id]').description('重新处理一条，或用 --all 处理全部'))
    .option('--all', '全部')
    .action((id: string | undefined, options: ConfigOption & { all?: boolean }) => {
      if ((id === undefined) === (options.all !== true)) {
        throw new CommandRefused('cli.replay', `请写编号或 --all 之一：jieli ${name} replay <编号>`)
      }
      const command = id === undefined ? `${name}.replay-all` : `${name}.replay`
      return show(run, options, command, id === undefined ? {} : { id }, showReplayed)
    })
}

async function show(
  { deps }: Run,
  options: ConfigOption,
  command: string,
  args: object,
  words: (result: unknown) => string,
): Promise<void> {
  const commands = await reach(load(options), deps)
  try {
    deps.out(words(await commands.call(command, args)))
  } finally {
    await commands.close()
  }
}

/** The running process, or else the store itself. */
async function reach(loaded: LoadedConfig, deps: CliDeps): Promise<Commands> {
  return (await connectControl(dataPaths(loaded.config.dataFolder).control)) ?? deps.open(loaded)
}

async function doctor(run: Run, options: ConfigOption & { live?: boolean }): Promise<void> {
  const checks = await examine(run.deps, options)
  run.deps.out(showChecks(checks))
  if (checks.some(({ state }) => state === 'failed')) run.exitCode = 1
}

async function examine(
  deps: CliDeps,
  options: ConfigOption & { live?: boolean },
): Promise<ShownCheck[]> {
  const loaded = load(options)
  const config: ShownCheck = { name: '配置', state: 'ok', found: loaded.file, fix: '' }
  let commands: Commands
  try {
    commands = await reach(loaded, deps)
  } catch (error) {
    const fix = '根据上面的原因处理后再运行 jieli doctor'
    return [config, { name: '数据目录', state: 'failed', found: wordsFor(error), fix }]
  }
  try {
    return [config, ...readChecks(await commands.call('doctor', { live: options.live === true }))]
  } finally {
    await commands.close()
  }
}

function load({ config }: ConfigOption): LoadedConfig {
  const file = findConfigFile(config)
  if (file !== undefined) return loadConfig(file)
  throw new CommandRefused(
    'cli.no_config',
    '没有找到配置文件：请把 config/example.yaml 复制为 jieli.yaml 再修改，或用 --config 指定。只想试用请运行 npm start',
  )
}

function loadIfThere(): LoadedConfig | undefined {
  const file = findConfigFile(undefined)
  return file === undefined ? undefined : loadConfig(file)
}

function described({ config, file }: LoadedConfig): string {
  const hooks = Object.keys(config.accounts).map(
    (account) => `  ${account} 的回调地址：${config.publicUrl ?? '<publicUrl>'}/hooks/${account}`,
  )
  return [`✓ 配置没有问题：${file}`, ...hooks].join('\n')
}

function explain(error: unknown, deps: CliDeps): number {
  if (error instanceof CommanderError) {
    // Help and version end the parsing, too.
    if (error.exitCode === 0) return 0
    deps.err(`${usageWords(error)}\n用法请看：jieli help`)
    return 2
  }
  deps.err(wordsFor(error))
  return error instanceof ConfigError ||
    (error instanceof CommandRefused && error.code.startsWith('cli.'))
    ? 2
    : 1
}

function usageWords({ code, message }: CommanderError): string {
  const quoted = /'([^']*)'/.exec(message)?.[1] ?? ''
  const words: Readonly<Record<string, string>> = {
    'commander.unknownCommand': `没有这个命令：${quoted}`,
    'commander.unknownOption': `没有这个选项：${quoted}`,
    'commander.missingArgument': `缺少参数：${quoted}`,
    'commander.optionMissingArgument': `选项缺少值：${quoted}`,
    'commander.excessArguments': '参数太多了',
    'commander.help': '请写明要做什么',
  }
  return words[code] ?? message
}

/** Errors made for people are shown as they are; of others their message, which holds no secret. */
function wordsFor(error: unknown): string {
  if (error instanceof ConfigError || error instanceof CommandRefused) return error.message
  if (!(error instanceof Error)) return '出错了'
  if (error.name === 'StoreLockedError') {
    return '数据目录正被另一个 jieli 进程使用：它已经在运行（jieli status 查看），或者正在启动、停止，请稍后再试'
  }
  return `出错了：${error.message}`
}
