import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type SeededWorld, seedWorld } from '#src/playground/seed.ts'
import { DingGroup } from '#test/support/ding-group.ts'
import { ProductProcess } from '#test/support/product-process.ts'
import { until } from '#test/support/until.ts'
import { WecomGroup } from '#test/support/wecom-group.ts'

const PICTURE = readFileSync(new URL('../../src/playground/samples/picture.jpg', import.meta.url))

let world: SeededWorld
let product: ProductProcess

beforeEach(async () => {
  world = await seedWorld({ limits: false })
  product = await ProductProcess.prepare(world)
  await product.start()
})
afterEach(async () => {
  await product.remove()
  await world.stop()
})

describe('the service, as an operator runs it', () => {
  it('ends soon when it is told to, whatever it has sent and fetched, and goes on at the next start', async () => {
    await product.bindGroups()
    const [phone] = [...world.wechat.account(world.appid).phones.values()]
    await phone!.image(PICTURE)
    await phone!.text('先停一下。')
    const ding = new DingGroup(world)
    await ding.card('先停一下。')
    await until('the picture stands in DingTalk', () =>
      ding.entries().some(({ content }) => content.type === 'picture'),
    )
    const toldAt = performance.now()
    await product.stop()
    expect(performance.now() - toldAt).toBeLessThan(3000)
    await product.start()
    await phone!.text('接着说。')
    await new WecomGroup(world).line('接着说。')
    expect(product.output.join('')).not.toContain('"level":50')
  }, 30_000)

  it('is not started twice on one data folder: the second says why, the first goes on', async () => {
    const second = await product.another()
    expect(second.code).not.toBe(0)
    expect(second.said).toContain('正被另一个 jieli 进程使用')
    const status = JSON.stringify(await product.command('status'))
    expect(status).toContain('"running":true')
  }, 30_000)
})
