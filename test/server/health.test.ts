import { afterEach, describe, expect, it } from 'vitest'
import type { ReadinessSources } from '#src/server/health.ts'
import { startServer, success, type TestServer } from './support.ts'

let server: TestServer | undefined
afterEach(() => server?.listener.close(0))

const well = { state: 'ok', detail: '', since: 0 } as const

async function ready(sources: Partial<ReadinessSources>): Promise<[number, unknown]> {
  server = await startServer(async () => ({ events: [], answer: success }), {
    readiness: {
      running: () => true,
      storeOpen: () => true,
      workplaces: () => [{ id: 'ding', available: true, health: well }],
      ...sources,
    },
  })
  const response = await fetch(`${server.url}/readyz`)
  return [response.status, await response.json()]
}

describe('health', () => {
  it('is ready when the store is open and the workplaces can be reached', async () => {
    expect(await ready({})).toEqual([
      200,
      { state: 'ready', store: 'open', stopping: false, workplaces: { ding: 'ok' } },
    ])
  })

  it('goes on taking callbacks in while a workplace is away', async () => {
    const workplaces: ReadinessSources['workplaces'] = () => [
      { id: 'ding', available: false, health: well },
      { id: 'wecom', available: true, health: well },
    ]
    expect(await ready({ workplaces })).toEqual([
      200,
      {
        state: 'degraded',
        store: 'open',
        stopping: false,
        workplaces: { ding: 'down', wecom: 'ok' },
      },
    ])
  })

  it('is unready without a store', async () => {
    expect(await ready({ storeOpen: () => false })).toMatchObject([503, { state: 'unready' }])
  })

  it('is unready from the moment it stops', async () => {
    expect(await ready({ running: () => false })).toMatchObject([503, { stopping: true }])
  })

  it('says that it lives', async () => {
    await ready({})
    const response = await fetch(`${server!.url}/healthz`)
    expect([response.status, await response.text()]).toEqual([200, 'ok'])
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('answers nothing on paths that nobody named', async () => {
    await ready({})
    expect((await fetch(`${server!.url}/metrics`)).status).toBe(404)
  })
})
