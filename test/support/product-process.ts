import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataPaths } from '#config/paths.ts'
import { connectControl } from '#src/cli/client.ts'
import { deskId } from '#src/domain/ids.ts'
import type { SeededWorld } from '#src/playground/seed.ts'
import type { Store } from '#src/ports/store.ts'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import { freePort } from './free-port.ts'
import { configOf, type ShopConfig } from './product.ts'
import { until } from './until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/**
 * The product as an operator runs it, `node src/main.ts start --config …`, in a process of its own that can be killed
 * and started again on the same data folder and the same port, against stand-ins in this process.
 */
export class ProductProcess {
  readonly folder: string
  /** Everything that it printed, of all its lives. */
  readonly output: string[] = []
  readonly #world: SeededWorld
  readonly #file: string
  #child: ChildProcess | undefined

  private constructor(world: SeededWorld, folder: string) {
    this.#world = world
    this.folder = folder
    this.#file = path.join(folder, 'jieli.yaml')
  }

  /** Writes the configuration; starts nothing yet. */
  static async prepare(world: SeededWorld, own: ShopConfig = {}): Promise<ProductProcess> {
    const folder = mkdtempSync(path.join(tmpdir(), 'jieli-proc-'))
    const one = new ProductProcess(world, folder)
    const port = await freePort()
    const config = configOf(world, path.join(folder, 'data'), { ...own, server: { port } })
    // JSON is YAML.
    writeFileSync(one.#file, JSON.stringify(config), { mode: 0o600 })
    world.setProductUrl(`http://127.0.0.1:${port}`)
    return one
  }

  get dataFolder(): string {
    return path.join(this.folder, 'data')
  }

  /** Begins a life; does not wait until it is up. */
  spawn(): void {
    const child = spawn(process.execPath, [MAIN, 'start', '--config', this.#file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => this.output.push(text))
    this.#child = child
  }

  async start(): Promise<void> {
    const before = this.output.length
    this.spawn()
    await until(
      'the process is up',
      () => this.output.slice(before).join('').includes('已启动'),
      20_000,
    )
    await until('both workplaces are connected', () => this.isConnected, 20_000)
  }

  get isConnected(): boolean {
    const { dingtalk, wecom } = this.#world
    return wecom.isConnected && dingtalk.gateway.connections().some(({ state }) => state === 'open')
  }

  /** SIGKILL: no chance to finish anything. Resolves when it is gone. */
  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** SIGTERM: it finishes what is under way. Resolves when it is gone. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** A second process with the same configuration; resolves when it has ended. */
  async another(): Promise<{ code: number | null; said: string }> {
    const child = spawn(process.execPath, [MAIN, 'start', '--config', this.#file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const said: string[] = []
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => said.push(text))
    await once(child, 'close')
    return { code: child.exitCode, said: said.join('') }
  }

  /** One of the operator's commands, over the control socket. */
  async command(name: string, args: object = {}): Promise<unknown> {
    const commands = await connectControl(dataPaths(this.dataFolder).control)
    if (!commands) throw new Error('the process does not listen')
    try {
      return await commands.call(name, args)
    } finally {
      await commands.close()
    }
  }

  /** The store of a process that is not running. */
  async openStore<Result>(use: (store: Store) => Promise<Result>): Promise<Result> {
    const store = await openSqliteStore({ folder: this.dataFolder })
    try {
      return await use(store)
    } finally {
      await store.close()
    }
  }

  /** Binds both groups; the process must be up. */
  async bindGroups(): Promise<void> {
    const { members, groups, dingtalk, wecom } = this.#world
    const code = async (): Promise<string> => {
      // The command's own answer has this form.
      const { code } = (await this.command('bind', { desk: deskId('service') })) as { code: string }
      return code
    }
    const text = `绑定 ${await code()}`
    dingtalk.people.writeInGroup(members.dingtalk[0]!, groups.dingtalk, { text })
    wecom.members.mention(groups.wecom, members.wecom[0]!, `绑定 ${await code()}`)
    await until('both groups are bound', async () => {
      // The command's own answer has this form.
      const { desks } = (await this.command('status')) as { desks: { groups: string[] }[] }
      return desks[0]?.groups.length === 2
    })
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }
}
