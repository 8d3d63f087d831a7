import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseCommand } from '#src/domain/commands.ts'
import type { DeadEffect, Store } from '#src/ports/store.ts'
import { type CommandSources, createCommands } from '#src/server/commands.ts'
import { dispatch } from '#src/server/control.ts'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import { createManualClock, type ManualClock } from '#test/support/clock.ts'

let folder: string
let store: Store
let clock: ManualClock
let replayed: string[]

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jieli-commands-'))
  clock = createManualClock()
  store = await openSqliteStore({ folder, clock })
  replayed = []
})
afterEach(async () => {
  await store.close()
  await rm(folder, { recursive: true })
})

function run(
  name: string,
  args: object = {},
  more: Partial<CommandSources> = {},
): Promise<unknown> {
  const replay = async (id: string): Promise<boolean> => replayed.push(id) > 0 && id !== 'gone'
  const commands = createCommands({
    store,
    clock,
    desks: new Map([['main', '一组']]),
    health: () => [['account/shop', { state: 'degraded', detail: '慢', since: 0 }]],
    replayEvent: replay,
    replayEffect: replay,
    doctor: async ({ live }) => [{ name: String(live), state: 'ok', found: '', fix: '' }],
    version: '1.2.3',
    ...more,
  })
  return dispatch(commands, name, args)
}

describe('bind', () => {
  it('keeps a code for ten minutes that can be typed as a command', async () => {
    // What bind answers is of its own making.
    const { code, expiresAt } = (await run('bind', { desk: 'main' })) as {
      code: string
      expiresAt: number
    }
    expect(expiresAt).toBe(clock.now() + 600_000)
    expect(await store.read.bindCode(code)).toEqual({ desk: 'main', expiresAt, used: false })
    expect(parseCommand(`绑定 ${code}`)).toEqual({ name: '绑定', code })
  })

  it('makes another code every time', async () => {
    const codes = await Promise.all([1, 2, 3].map(() => run('bind', { desk: 'main' })))
    expect(new Set(codes.map((made) => JSON.stringify(made))).size).toBe(3)
  })

  it('knows which desks there are', async () => {
    await expect(run('bind', { desk: 'other' })).rejects.toThrow('没有服务台 other；配置里有：main')
  })
})

describe('status', () => {
  it('tells how the service is', async () => {
    const startedAt = clock.now()
    await clock.advance(5_000)
    expect(await run('status', {}, { startedAt, addresses: ['http://x'] })).toMatchObject({
      version: '1.2.3',
      running: true,
      upMs: 5_000,
      addresses: ['http://x'],
      health: [{ name: 'account/shop', state: 'degraded', detail: '慢' }],
      desks: [{ id: 'main', name: '一组', groups: [] }],
      counts: { conversationsOpen: 0 },
    })
  })

  it('says that only the store is open', async () => {
    expect(await run('status')).toMatchObject({ running: false, addresses: [] })
  })
})

describe('replaying', () => {
  it('puts one back', async () => {
    expect(await run('dead.replay', { id: 'E1' })).toEqual({ replayed: 1 })
    expect(await run('parked.replay', { id: 'P1' })).toEqual({ replayed: 1 })
    expect(replayed).toEqual(['E1', 'P1'])
  })

  it('says so when there is none such', async () => {
    await expect(run('dead.replay', { id: 'gone' })).rejects.toThrow('没有这一条')
  })

  it('puts all back that certainly failed, and leaves the uncertain ones to people', async () => {
    const dead = [
      { id: 'E1', state: 'failed' },
      { id: 'E2', state: 'unknown' },
      { id: 'E3', state: 'failed' },
    ] as DeadEffect[] // the command looks at no more
    const read = { ...store.read, deadEffects: async () => dead }
    const sources = { store: { ...store, read } }
    expect(await run('dead.replay-all', {}, sources)).toEqual({ replayed: 2, uncertain: 1 })
    expect(replayed).toEqual(['E1', 'E3'])
  })
})

describe('the doctor', () => {
  it('is asked with or without a live check', async () => {
    expect(await run('doctor')).toMatchObject([{ name: 'false' }])
    expect(await run('doctor', { live: true })).toMatchObject([{ name: 'true' }])
  })

  it('leaves answers to customers to their holder, one by one and all together', async () => {
    const dead = [
      { id: 'E1', do: 'reply', state: 'failed' },
      { id: 'E2', do: 'line', state: 'failed' },
    ] as DeadEffect[] // the command looks at no more
    const sources = { store: { ...store, read: { ...store.read, deadEffects: async () => dead } } }
    await expect(run('dead.replay', { id: 'E1' }, sources)).rejects.toThrow('再发一次')
    expect(await run('dead.replay-all', {}, sources)).toEqual({ replayed: 1, uncertain: 0 })
    expect(replayed).toEqual(['E2'])
  })
})
