import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { buildConfig } from '#config/load.ts'
import { startProduct } from '#src/main.ts'
import { silentLog } from '#src/platform/log.ts'
import { seedWorld } from '#src/playground/seed.ts'

describe('a start that fails', () => {
  it('leaves nothing running: no bot connected, the data folder free for the next try', async () => {
    const world = await seedWorld()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    // A TCP server's address is never a string.
    const { port } = other.address() as AddressInfo
    const dataFolder = mkdtempSync(path.join(tmpdir(), 'jieli-start-'))
    const config = (taken: number) =>
      buildConfig(
        { ...world.config, dataFolder, server: { port: 0 }, admin: { port: taken } },
        'test',
      )
    await expect(startProduct(config(port), { log: silentLog })).rejects.toThrow('EADDRINUSE')
    expect(world.wecom.isConnected).toBe(false)
    const product = await startProduct(config(0), { log: silentLog })
    await product.stop()
    other.close()
    await world.stop()
    rmSync(dataFolder, { recursive: true })
  })
})
