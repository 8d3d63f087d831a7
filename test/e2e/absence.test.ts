import { describe, expect, it } from 'vitest'
import { startDingtalk } from '#src/playground/dingtalk/index.ts'
import { startWecom } from '#src/playground/wecom/index.ts'
import { conversationTemplate } from '#src/workplaces/dingtalk/template/template.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { freePort } from '#test/support/free-port.ts'
import { answersTo, inShop, type Shop } from '#test/support/product.ts'
import { until } from '#test/support/until.ts'
import { layWire, type Wire } from '#test/support/wire.ts'

const portOf = (url: string): number => Number(new URL(url).port)

/** The same company on the same port, as after an outage: it has forgotten every card and every token. */
async function dingtalkComesBack(shop: Shop, url: string): Promise<void> {
  const { clock, world } = shop
  const { dingtalk } = world.config.workplaces
  if (dingtalk?.kind !== 'dingtalk') throw new Error('the seed has no DingTalk')
  const again = await startDingtalk({ port: portOf(url), qps: false, now: () => clock.now() })
  const { clientId, clientSecret, cardTemplateId: id } = dingtalk
  again.addApp({ clientId, clientSecret, name: '接力' })
  again.addPerson({ userId: 'zhangsan', name: '张三' })
  again.addPerson({ userId: 'lisi', name: '李四' })
  again.addTemplate({ id: id!, description: conversationTemplate })
  const members = ['zhangsan', 'lisi']
  again.addGroup({ title: '客服一群', openConversationId: shop.ding.id, members })
  world.dingtalk = again
}

/** The same bot on the same port: nobody has written to it yet. */
async function wecomComesBack(shop: Shop, url: string): Promise<void> {
  const { clock, world } = shop
  const { botId, secret, botName } = world.wecom
  const again = await startWecom({
    port: portOf(url),
    botId,
    secret,
    botName,
    settings: { limits: false },
    now: () => clock.now(),
  })
  again.rooms.addGroup('客服二群', [{ userid: 'wangwu', name: '王五' }], shop.wecom.id)
  world.wecom = again
}

async function says(shop: Shop, ...lines: string[]): Promise<void> {
  for (const line of lines) await shop.customer().text(line)
}

const wordsIn = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /[前间后][一二三四五]。/.exec(line)?.[0] ?? [])

const everything = ['前一。', '前二。', '间一。', '间二。', '间三。', '后一。']

describe.concurrent('while one side is away', () => {
  it(
    'and comes back having forgotten everything, DingTalk gets all that is open on a new card',
    () =>
      inShop({}, async (shop) => {
        await says(shop, '前一。', '前二。')
        await shop.ding.card('前二。')
        await shop.idle()
        const { url } = shop.world.dingtalk
        await shop.world.dingtalk.stop()
        await says(shop, '间一。', '间二。', '间三。')
        await until('it was tried', () => shop.log.some((line) => line.includes('no_answer')))
        await shop.wecom.line('间三。')
        expect(wordsIn(shop.wecom.lines())).toEqual(everything.slice(0, 5))
        await dingtalkComesBack(shop, url)
        await shop.letPass(1000)
        await says(shop, '后一。')
        await shop.letPass(1000)
        const card = await shop.ding.card('后一。')
        expect(wordsIn(talkOf(card.values))).toEqual(everything)
        expect(await shop.ledger()).toMatchObject({ received: 6, relayed: 6, parked: 0 })
        // Clicks work again as well.
        await until(
          'the stream is back',
          () => shop.world.dingtalk.gateway.connections().length > 0,
        )
        await shop.ding.press('zhangsan', '后一。', 'claim')
        await shop.ding.reply('zhangsan', '后一。', '回来了')
        await until('it arrives', () => answersTo(shop.customer()).includes('回来了'))
      }),
    30_000,
  )

  it(
    'DingTalk gets what was said meanwhile, though it is the only workplace',
    () =>
      inShop({ bind: ['dingtalk'] }, async (shop) => {
        await says(shop, '前一。', '前二。')
        await shop.ding.card('前二。')
        await shop.idle()
        const { url } = shop.world.dingtalk
        await shop.world.dingtalk.stop()
        await says(shop, '间一。', '间二。', '间三。')
        await until('it was tried', () => shop.log.some((line) => line.includes('no_answer')))
        await dingtalkComesBack(shop, url)
        await shop.letPass(1000)
        const card = await shop.ding.card('间三。')
        expect(wordsIn(talkOf(card.values))).toEqual(everything.slice(0, 5))
        expect(await shop.ledger()).toMatchObject({ received: 5, relayed: 5 })
      }),
    30_000,
  )

  it(
    'WeCom gets every line in order once somebody there writes again',
    () =>
      inShop({ bind: ['wecom'] }, async (shop) => {
        await says(shop, '前一。', '前二。')
        await shop.idle()
        const before = wordsIn(shop.wecom.lines())
        const { url } = shop.world.wecom
        await shop.world.wecom.stop()
        await says(shop, '间一。', '间二。', '间三。')
        await wecomComesBack(shop, url)
        await until('the bot is back', () => shop.world.wecom.isConnected, 15_000)
        await says(shop, '后一。')
        shop.wecom.says('wangwu', '列表')
        await shop.letPass(500)
        expect([...before, ...wordsIn(shop.wecom.lines())]).toEqual(everything)
        expect(await shop.ledger()).toMatchObject({ received: 6, relayed: 6 })
      }),
    30_000,
  )

  it('for more than ten minutes WeCom’s lines are given up, kept, and come by a replay', () =>
    inShop({ bind: ['wecom'], config: { relay: { groupRetryMs: 0 } } }, async (shop) => {
      shop.world.wecom.fallAsleep(shop.wecom.id)
      await says(shop, '间一。', '间二。')
      await shop.idle()
      expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 0, parked: 2 })
      shop.wecom.says('wangwu', '帮助')
      await shop.product.command('dead.replay-all')
      await shop.idle()
      expect(wordsIn(shop.wecom.lines())).toEqual(['间一。', '间二。'])
      expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 2, parked: 0 })
    }))
})

describe.concurrent('the product', () => {
  it('comes up without its workplaces, takes what customers write, and delivers it when they are back', async () => {
    let ding!: Wire
    let wecom!: Wire
    await inShop(
      {
        config: async (world) => {
          ding = await layWire(world.dingtalk.url)
          wecom = await layWire(world.wecom.url)
          return {
            dingtalk: { apiUrl: ding.url, oapiUrl: ding.url, stream: { backoffFirstMs: 50 } },
            wecom: { url: wecom.url },
          }
        },
      },
      async (shop) => {
        await shop.product.stop()
        await Promise.all([ding.down(), wecom.down()])
        const starting = shop.start()
        await until('it takes callbacks', async () => {
          const answer = await fetch(`${shop.product.url}/healthz`).catch(() => undefined)
          return answer?.ok
        })
        shop.world.setProductUrl(shop.product.url)
        expect((await shop.customer().text('前一。')).accepted).toBe(true)
        expect((await shop.customer().text('前二。')).accepted).toBe(true)
        await Promise.all([ding.up(), wecom.up()])
        await starting
        await shop.letPass(500)
        expect(wordsIn(shop.wecom.lines())).toEqual(['前一。', '前二。'])
        const card = await shop.ding.card('前二。')
        expect(wordsIn(talkOf(card.values))).toEqual(['前一。', '前二。'])
        expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 2 })
      },
    )
    await Promise.all([ding.down(), wecom.down()])
  }, 30_000)

  it('stopped under load and started again loses nothing and doubles nothing', async () => {
    const port = await freePort()
    await inShop(
      {
        seed: { wechat: { retryGapMs: 150, retries: 60 } },
        config: { server: { port } },
      },
      async (shop) => {
        const count = 60
        const said = [0, 1].map((who) =>
          Array.from({ length: count }, (_, i) => `${who === 0 ? '甲' : '乙'}${i + 1}。`),
        )
        const sending = said.map(async (lines, who) => {
          for (const line of lines) {
            await shop.customer(who).text(line)
            await new Promise((resolve) => setTimeout(resolve, 5))
          }
        })
        for (let round = 0; round < 3; round++) {
          await until(
            'some came in',
            async () => (await shop.ledger()).received >= 20 * (round + 1),
          )
          await shop.product.stop()
          await shop.start()
        }
        await Promise.all(sending)
        await shop.letPass(200)
        for (const [who, lines] of said.entries()) {
          const name = who === 0 ? '甲' : '乙'
          const form = new RegExp(`${name}\\d+。`)
          const inWecom = shop.wecom.lines().flatMap((line) => form.exec(line)?.[0] ?? [])
          expect(inWecom).toEqual(lines)
          const drawn = new Set(
            shop.ding.drawings().flatMap((d) => d.lines.flatMap((l) => form.exec(l)?.[0] ?? [])),
          )
          const lined = shop.ding.texts().flatMap((t) => t.match(new RegExp(form, 'g')) ?? [])
          expect(lines.filter((line) => !drawn.has(line) && !lined.includes(line))).toEqual([])
        }
        expect(await shop.ledger()).toMatchObject({ received: 2 * count, relayed: 2 * count })
      },
    )
  }, 60_000)

  it('stopped while answers are on their way sends each once', async () => {
    const quota = { message: { windowMs: 172_800_000, max: 1000 } }
    await inShop({ seed: { wechat: { quota } }, config: { account: { quota } } }, async (shop) => {
      await says(shop, '请接待。')
      await shop.ding.press('zhangsan', '请接待。', 'claim')
      shop.world.wechat.faults.add({ call: 'custom/send', fault: { kind: 'delay', ms: 40 } })
      const lines = Array.from({ length: 20 }, (_, i) => `答${i + 1}`)
      for (const line of lines)
        expect(await shop.ding.says('zhangsan', line).acknowledged).toBe(true)
      await until('some have gone', () => answersTo(shop.customer()).length > 3)
      await shop.product.stop()
      const atRest = answersTo(shop.customer()).length
      await new Promise((resolve) => setTimeout(resolve, 80))
      // Nothing was under way when it said that it had stopped.
      expect(answersTo(shop.customer())).toHaveLength(atRest)
      await shop.start()
      await until('the rest follows', () => answersTo(shop.customer()).length >= lines.length)
      await shop.idle()
      expect(answersTo(shop.customer())).toEqual(lines)
    })
  })
})
