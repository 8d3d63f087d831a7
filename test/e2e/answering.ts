import { afterEach, expect } from 'vitest'
import type { Contact } from '#src/domain/contact.ts'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import { createHttp } from '#src/platform/http.ts'
import type { Fault } from '#src/playground/faults.ts'
import type { CardView } from '#src/playground/dingtalk/index.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { openShop, type Shop } from '#test/support/product.ts'
import { settled, until } from '#test/support/until.ts'
import { layWire, type Wire } from '#test/support/wire.ts'

export let shop: Shop
export let wire: Wire

interface Own {
  relay?: object
  account?: object
  dingtalk?: object
}

/** A customer waits, 张三 has claimed in DingTalk, and the platform is reached over a wire. */
export async function open({ relay = {}, account = {}, dingtalk = {} }: Own = {}): Promise<void> {
  shop = await openShop({
    config: async ({ wechat }) => {
      wire = await layWire(wechat.url)
      return { relay, dingtalk, account: { apiBase: wire.url, quotaUsedRetryMs: 0, ...account } }
    },
    product: { http: createHttp({ timeoutMs: 400 }) },
  })
  await shop.customer().text('顾客在此。')
  await shop.ding.press('zhangsan', '顾客在此。', 'claim')
  await shop.idle()
}

/** Closes the shop of each test of the file that calls this. */
export function closeAfterwards(): void {
  afterEach(async () => {
    await shop.stop()
    await wire.down()
  })
}

/** The next sends to customers go wrong. */
export function strike(fault: Fault, times = 1): void {
  shop.world.wechat.faults.add({ call: 'custom/send', fault, times })
}

/** How often the product has made this call of WeChat's. */
export const calls = (name: string): number => shop.world.wechat.calls.get(name) ?? 0

/** Types into the reply box of the card. */
export async function reply(text: string): Promise<void> {
  await shop.ding.reply('zhangsan', '顾客在此。', text)
}

export async function contact(): Promise<Contact> {
  const lane = contactLane('shop' as AccountId, shop.customer().openid)
  const found = await shop.product.store.read.contact(lane)
  if (!found) throw new Error('no contact')
  return found
}

/** How many answers our own count has used of the customer's last opening. */
export const used = async (): Promise<number | undefined> =>
  (await contact()).quota['message']?.used

/** The agent's line on the card, once it says how it ended. */
export function endsAs(words: string, state: string): Promise<CardView> {
  return until(`${words} is shown as ${state}`, () => {
    const card = shop.ding.find(words, 'zhangsan')
    const line = card && talkOf(card.values).find((one) => one.includes(words))
    return line?.includes(`（${state}）`) ? card : undefined
  })
}

/** Nothing more is sent, whatever comes due. */
export async function nothingMoreIsSent(): Promise<void> {
  const before = calls('custom/send')
  shop.clock.jump(2 * 60_000)
  await settled(() => calls('custom/send'))
  expect(calls('custom/send')).toBe(before)
}
