import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { buildConfig } from '#config/load.ts'
import type { Config } from '#config/schema.ts'
import { createLog } from '../platform/log.ts'
import type { Log } from '../ports/log.ts'
import { untilToldToStop } from '../signals.ts'
import { seedWorld, type SeededWorld } from './seed.ts'
import { startPlaygroundPage } from './server.ts'

export interface PlaygroundOptions {
  /** Of the page; 0: any free one. */
  port?: number
  /** A data folder that is kept; otherwise a temporary one. */
  data?: string
  /** Leaves the groups unbound, to try 绑定 by hand. */
  unbound?: boolean
}

/** What the playground needs of the product; main gives it. */
interface RunningProduct {
  url: string
  adminUrl: string
  command(name: string, args?: object): Promise<unknown>
  stop(): Promise<void>
}

type StartProduct = (
  config: Config,
  options: { log: Log; secrets: string[] },
) => Promise<RunningProduct>

const DESK = 'service'
const USUAL_PORT = 8000

/** The real product against local stand-ins of every platform, with the page that shows them, until told to stop. */
export async function runPlayground(
  startProduct: StartProduct,
  { port = USUAL_PORT, data, unbound = false }: PlaygroundOptions,
): Promise<void> {
  const folder =
    data === undefined ? mkdtempSync(path.join(tmpdir(), 'jieli-playground-')) : path.resolve(data)
  const world = await seedWorld()
  const config = buildConfig(
    {
      ...world.config,
      dataFolder: folder,
      server: { port: 0 },
      admin: { port: 0 },
      log: { level: 'warn' },
    },
    'playground',
  )
  const product = await startProduct(config, { log: createLog({ level: 'warn' }), secrets: [] })
  world.setProductUrl(product.url)
  if (!unbound) await bindGroups(world, product)
  const page = await openPage(world, product, port)
  sayAddresses(world, product, page.url, folder)
  await untilToldToStop()
  await page.close()
  await product.stop()
  await world.stop()
  if (data === undefined) rmSync(folder, { recursive: true, force: true })
}

async function openPage(
  { wechat, dingtalk, wecom }: SeededWorld,
  product: RunningProduct,
  port: number,
): ReturnType<typeof startPlaygroundPage> {
  const options = {
    wechat,
    dingtalk,
    wecom,
    bindCode: () => newBindCode(product),
    productLinks: [
      { label: '指标', url: `${product.adminUrl}/metrics` },
      { label: '消息台账', url: `${product.adminUrl}/ledger` },
    ],
  }
  try {
    return await startPlaygroundPage({ ...options, port })
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (!taken || port === 0) throw error
    return startPlaygroundPage({ ...options, port: 0 })
  }
}

/** As people do it: somebody in each group types the code. */
async function bindGroups(world: SeededWorld, product: RunningProduct): Promise<void> {
  const [ding, wecom] = [world.members.dingtalk[0], world.members.wecom[0]]
  await world.wecom.until(() => world.wecom.isConnected)
  if (ding !== undefined) {
    const text = `绑定 ${await newBindCode(product)}`
    world.dingtalk.people.writeInGroup(ding, world.groups.dingtalk, { text })
  }
  if (wecom !== undefined)
    world.wecom.members.mention(world.groups.wecom, wecom, `绑定 ${await newBindCode(product)}`)
}

async function newBindCode(product: RunningProduct): Promise<string> {
  // The command's own answer has this form.
  const { code } = (await product.command('bind', { desk: DESK })) as { code: string }
  return code
}

function sayAddresses(
  world: SeededWorld,
  product: RunningProduct,
  page: string,
  folder: string,
): void {
  const lines = [
    '接力演练场已启动，请用浏览器打开：',
    '',
    `  playground: ${page}`,
    '',
    `产品：${product.url}（回调 /hooks/shop，健康检查 /healthz）  管理：${product.adminUrl}/metrics /ledger`,
    `替身：微信 ${world.wechat.url}  钉钉 ${world.dingtalk.url}  企业微信 ${world.wecom.url}`,
    `数据目录：${folder}`,
    '全部在本机运行，不连接任何外部平台。按 Ctrl+C 结束。',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
