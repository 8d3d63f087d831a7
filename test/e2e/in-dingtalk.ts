import { afterEach } from 'vitest'
import type { FaultRule } from '#src/playground/faults.ts'
import type { SeedOptions } from '#src/playground/seed.ts'
import { openShop, type Shop, type ShopOptions } from '#test/support/product.ts'

export let shop: Shop

/** A shop whose DingTalk has these settings; customers may be answered without end. */
export async function open(
  dingtalk: NonNullable<SeedOptions['dingtalk']> = {},
  more: Partial<ShopOptions> = {},
): Promise<void> {
  shop = await openShop({
    seed: {
      wechat: { quota: { message: { windowMs: 172_800_000, max: 1000 } } },
      dingtalk,
    },
    ...more,
  })
}

/** Closes the shop of each test of the file that calls this. */
export function closeAfterwards(): void {
  afterEach(() => shop.stop())
}

/** The same, as our side is told. */
export const bare = { quota: { message: { windowMs: 172_800_000, max: 1000 } } }

/** Lets DingTalk go wrong until the returned function is called, or the rule is spent. */
export function strike(rule: FaultRule): () => void {
  return shop.world.dingtalk.faults.add(rule)
}

/** A refusal in DingTalk's own form. */
export const refuse = (call: string, code: string, times?: number): FaultRule => ({
  call,
  fault: { kind: 'errcode', code },
  ...(times !== undefined && { times }),
})

/** The first customer writes. */
export async function says(...words: string[]): Promise<void> {
  for (const one of words) await shop.customer().text(one)
}

/** How often the product has made this call. */
export const calls = (name: string): number =>
  shop.world.dingtalk.calls.filter((call) => call.name === name).length

/** The ledger when so many messages came and all were relayed. */
export const ledgerOf = (relayed: number) => ({
  received: relayed,
  relayed,
  filtered: 0,
  waiting: 0,
  parked: 0,
})
