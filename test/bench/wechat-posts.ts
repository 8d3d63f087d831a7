import { wechatOaKeys } from '#src/channels/wechat/config.ts'
import { readAesKey } from '#src/platform/tencent-crypto.ts'
import { sealCallback } from '#src/playground/wechat/callback.ts'
import type { Post } from './load.ts'

/** The one account of the benchmarks, in safe mode. */
export const benchAccount = {
  channel: 'wechat-oa' as const,
  name: '旗舰店',
  ...wechatOaKeys.parse({
    appId: 'wx0000000000000001',
    appSecret: 'bench-secret',
    token: 'T0KEN',
    encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
  }),
}

/** 60 Chinese characters: the body is about 1 KB once encrypted. */
const WORDS =
  '您好，我上周在你们店里买的那件外套到现在还没有收到，请帮我查一下物流到哪里了，订单是手机下的，麻烦尽快回复，谢谢'

/** Signed and encrypted callbacks, each another message, of so many customers in turn. */
export function makePosts(count: number, customers: number, seed = 0): Post[] {
  const now = Date.now()
  const key = readAesKey(benchAccount.encodingAesKey ?? '')
  return Array.from({ length: count }, (_, i) => {
    const openid = `oBench${String((seed + i) % customers).padStart(8, '0')}`
    const { query, body } = sealCallback(
      {
        ToUserName: 'gh_bench',
        FromUserName: openid,
        CreateTime: Math.floor(now / 1000),
        MsgType: 'text',
        Content: `${WORDS} ${seed + i}`,
        MsgId: 24_000_000_000_000_000n + BigInt(seed + i),
      },
      {
        appid: benchAccount.appId,
        openid,
        token: benchAccount.token,
        key,
        mode: 'safe',
        format: 'xml',
      },
      now,
    )
    return { path: `/hooks/shop?${query}`, body }
  })
}
