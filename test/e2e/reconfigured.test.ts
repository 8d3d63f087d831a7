import { describe, expect, it } from 'vitest'
import { buildConfig } from '#config/load.ts'
import { startProduct } from '#src/main.ts'
import { silentLog } from '#src/platform/log.ts'
import { answersTo, configOf, inShop, type Shop, type ShopFile } from '#test/support/product.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { until } from '#test/support/until.ts'

/** Starts the product again on its data folder, with another configuration. */
async function startWith(shop: Shop, change: (config: ShopFile) => void): Promise<void> {
  await shop.product.stop()
  const config = configOf(shop.world, shop.folder)
  change(config)
  shop.product = await startProduct(buildConfig(config, 'test'), {
    clock: shop.clock,
    log: silentLog,
  })
  shop.world.setProductUrl(shop.product.url)
}

describe.concurrent('a configuration that was changed', () => {
  it('and has lost a workplace relays to the groups that are left, also what the other one held', () =>
    inShop({}, async (shop) => {
      await shop.customer().text('之前。')
      await shop.wecom.press('wangwu', '之前。', '认领')
      await shop.idle()
      await startWith(shop, ({ workplaces }) => delete workplaces['wecom'])
      await shop.customer().text('之后。')
      const card = await shop.ding.card('之后。')
      expect(talkOf(card.values)).toHaveLength(2)
      await shop.idle()
      expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 2, parked: 0 })
      // And back again.
      await startWith(shop, () => undefined)
      await shop.connected()
      await shop.customer().text('回来了。')
      await shop.wecom.line('回来了。')
    }))

  it('and calls its desk by another name takes groups and open conversations along once they are bound', () =>
    inShop({}, async (shop) => {
      await shop.customer().text('之前。')
      await shop.idle()
      await startWith(shop, (config) => (config.desks = { other: config.desks['service']! }))
      await shop.connected()
      await shop.customer().text('之后。')
      shop.ding.says('zhangsan', '列表')
      await until('the group is told', () =>
        shop.ding.texts().some((text) => text.includes('本群还没有绑定服务台')),
      )
      // The command's own answer has this form.
      const { code } = (await shop.product.command('bind', { desk: 'other' })) as { code: string }
      shop.ding.says('zhangsan', `绑定 ${code}`)
      const card = await shop.ding.card('之后。')
      expect(talkOf(card.values)).toHaveLength(2)
      await shop.ding.press('zhangsan', '之后。', 'claim')
      await shop.ding.reply('zhangsan', '之后。', '新名字')
      await until('it arrives', () => answersTo(shop.customer()).includes('新名字'))
      await shop.idle()
      expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 2 })
    }))
})
