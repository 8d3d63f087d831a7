import { createServer, type Server } from 'node:http'
import { mkdtemp, rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildConfig } from '#config/load.ts'
import type { Config } from '#config/schema.ts'
import { createClickWatch } from '#src/cli/checks/live.ts'
import { judgeRoom } from '#src/cli/checks/store.ts'
import { examine, type Patient } from '#src/cli/doctor.ts'
import { accountId, workplaceId } from '#src/domain/ids.ts'
import { createHttp } from '#src/platform/http.ts'
import type { Channel } from '#src/ports/channel.ts'
import type { Check } from '#src/ports/health.ts'
import type { Reads } from '#src/ports/store.ts'
import type { Delivery, Workplace } from '#src/ports/workplace.ts'
import { least } from '#test/config/support.ts'
import { createManualClock, type ManualClock } from '#test/support/clock.ts'

let folder: string
let clock: ManualClock
let outside: Server
let address: string
/** What the world outside answers. */
let answer: { status: number; date?: string; type?: string; location?: string }
let groups: { workplace: string; chat: string }[]
let parked: number
let delivered: Delivery[]
let deliver: () => Promise<object>

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jieli-doctor-'))
  clock = createManualClock(Date.UTC(2026, 8, 1, 12))
  answer = { status: 403, type: 'text/plain; charset=utf-8' }
  groups = [{ workplace: 'wecom', chat: 'wrGroup' }]
  parked = 0
  delivered = []
  deliver = async () => ({})
  outside = createServer((_, response) => {
    const { status, date = new Date(clock.now()).toUTCString(), type, location } = answer
    response.sendDate = false
    response.writeHead(status, {
      Date: date,
      ...(type === undefined ? {} : { 'Content-Type': type }),
      ...(location === undefined ? {} : { Location: location }),
    })
    response.end()
  })
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`
})
afterEach(async () => {
  outside.closeAllConnections()
  outside.close()
  await rm(folder, { recursive: true })
})

function config(more: object = {}): Config {
  const { shop } = least.accounts
  return buildConfig(
    { ...least, dataFolder: folder, accounts: { shop: { ...shop, apiBase: address } }, ...more },
    'test',
  )
}

const well: Check = { name: '密钥', state: 'ok', found: '有效', fix: '' }

/** Only what the doctor asks of an adapter. */
function patient(more: Partial<Patient> = {}): Patient {
  const channel: Pick<Channel, 'account' | 'check'> = {
    account: accountId('shop'),
    check: async () => [well],
  }
  const workplace: Pick<Workplace, 'id' | 'label' | 'check' | 'deliver'> & {
    capabilities: object
  } = {
    id: workplaceId('wecom'),
    label: '企业微信',
    capabilities: { cards: true, cardPushGroup: true },
    check: async () => [{ ...well, name: '登录' }],
    deliver: async (delivery) => {
      delivered.push(delivery)
      return deliver()
    },
  }
  const read: Pick<Reads, 'desk' | 'counts'> & object = {
    desk: ((id: string) => ({ id, groups, agents: [] })) as unknown as Reads['desk'], // the doctor reads no more of a group
    counts: async () => ({
      inboxWaiting: 0,
      inboxParked: parked,
      outboxQueued: 0,
      outboxDead: 0,
      conversationsOpen: 0,
      messages: 0,
    }),
  }
  return {
    config: config(),
    store: { read: read as Reads },
    channels: [channel as Channel],
    workplaces: [workplace as Workplace],
    http: createHttp(),
    clock,
    running: true,
    ...more,
  }
}

async function finding(name: string, of: Patient, live = false): Promise<Check | undefined> {
  const checks = await examine(of, { live })
  return checks.find((check) => check.name.startsWith(name))
}

describe('the doctor', () => {
  it('finds nothing wrong with a healthy service', async () => {
    const checks = await examine(patient({ config: config({ publicUrl: address }) }), {
      live: false,
    })
    expect(checks.filter(({ state }) => state === 'failed')).toEqual([])
    expect(checks.map(({ name }) => name)).toEqual([
      '数据目录',
      '磁盘空间',
      '数据目录权限',
      '待处理',
      expect.stringMatching(/^时钟/),
      'shop · 密钥',
      '回调端口',
      `回调地址 ${address}/hooks/shop`,
      'wecom · 登录',
      '服务台 一组（main）',
    ])
  })

  it('warns of a clock that is more than a minute off', async () => {
    answer.date = new Date(clock.now() - 90_000).toUTCString()
    expect(await finding('时钟', patient())).toMatchObject({
      state: 'warning',
      found: '本机快了 90 秒',
    })
  })

  it('says which platform cannot be reached', async () => {
    const { shop } = least.accounts
    const accounts = { shop: { ...shop, apiBase: 'http://127.0.0.1:1' } }
    expect(await finding('时钟', patient({ config: config({ accounts }) }))).toMatchObject({
      name: '时钟（127.0.0.1:1）',
      state: 'failed',
      found: '连不上',
    })
  })

  it('goes on when an adapter’s check breaks', async () => {
    const broken = { account: 'shop', check: () => Promise.reject(new Error('no route')) }
    const checks = await examine(patient({ channels: [broken as unknown as Channel] }), {
      live: false,
    })
    expect(checks.find(({ name }) => name === '渠道账号 shop')).toMatchObject({
      state: 'failed',
      found: 'no route',
    })
    expect(checks.at(-1)?.name).toBe('服务台 一组（main）')
  })

  it('asks for a public address where there is none', async () => {
    expect(await finding('回调地址', patient())).toMatchObject({ state: 'warning' })
  })

  it('does not blame the address while the service is at rest', async () => {
    const resting = patient({ config: config({ publicUrl: address }), running: false })
    expect(await finding('回调地址', resting)).toMatchObject({
      state: 'warning',
      found: '服务没有运行，没有检查',
    })
  })

  it.each([
    [{ status: 301, location: 'https://elsewhere.example/' }, '被跳转（HTTP 301）'],
    [{ status: 404, type: 'text/plain' }, '答复的不是本服务（HTTP 404）'],
    [{ status: 200, type: 'text/html' }, '答复的不是本服务（HTTP 200）'],
    [{ status: 502, type: 'text/html' }, '反向代理或服务出错（HTTP 502）'],
  ])('knows an answer that is not ours: %j', async (wrong, found) => {
    answer = wrong
    const checks = await finding('回调地址', patient({ config: config({ publicUrl: address }) }))
    expect(checks).toMatchObject({ state: 'failed', found })
  })

  it('says how to bind a desk without a group', async () => {
    groups = []
    expect(await finding('服务台', patient())).toMatchObject({
      state: 'warning',
      fix: expect.stringContaining('jieli bind main'),
    })
  })

  it('does not count a group of a workplace that has left the configuration', async () => {
    groups = [{ workplace: 'gone', chat: 'x' }]
    expect(await finding('服务台', patient())).toMatchObject({ state: 'warning' })
  })

  it('points at what was parked', async () => {
    parked = 3
    expect(await finding('待处理', patient())).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('3 件'),
    })
  })

  it('judges the room on the disk', () => {
    const gibibyte = 1024 ** 3
    expect([2, 0.5, 0.05].map((free) => judgeRoom(free * gibibyte).state)).toEqual([
      'ok',
      'warning',
      'failed',
    ])
  })
})

describe('the live check', () => {
  it('posts a card and sees its click', async () => {
    const clicks = createClickWatch(clock)
    const examining = finding('卡片', patient({ clicks }), true)
    const card = await posted()
    expect(clicks.saw(card)).toBe(true)
    expect(await examining).toMatchObject({ state: 'ok' })
    expect(clock.pending()).toBe(0)
  })

  it('says what to look at when nobody clicks for a minute', async () => {
    const examining = finding('卡片', patient({ clicks: createClickWatch(clock) }), true)
    await posted()
    await clock.advance(60_000)
    expect(await examining).toMatchObject({ state: 'failed', found: '一分钟内没有收到点击' })
  })

  it('says why a card could not be posted', async () => {
    deliver = () => Promise.reject(new Error('not in the group'))
    const found = await finding('卡片', patient({ clicks: createClickWatch(clock) }), true)
    expect(found).toMatchObject({ state: 'failed', found: '发不出去：not in the group' })
  })

  it('leaves other clicks to the relay', () => {
    expect(createClickWatch(clock).saw('card-of-a-customer')).toBe(false)
  })

  it('needs the running service', async () => {
    expect(await finding('卡片', patient(), true)).toMatchObject({ state: 'warning' })
  })
})

/** The id of the card that the doctor posts. */
async function posted(): Promise<string> {
  for (;;) {
    const [delivery] = delivered
    if (delivery?.do === 'post-card') return delivery.card.id
    await new Promise((resolve) => setImmediate(resolve))
  }
}
