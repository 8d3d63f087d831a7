import { z } from 'zod'
import { isEncodingAesKey } from '#src/platform/tencent-crypto.ts'

const MINUTE_MS = 60_000
const MEBIBYTE = 1024 * 1024

const aesKey = z.string().refine(isEncodingAesKey, '必须是 43 位字母和数字')

const quotaRule = z.strictObject({
  windowMs: z
    .int()
    .min(1000)
    .describe('毫秒；从顾客的这一动作算起 / milliseconds from what opened it'),
  max: z.int().min(0).describe('条；这段时间内最多回复几条 / messages in that time'),
})

/** The keys of one 公众号 under `accounts:`. */
export const wechatOaKeys = z.strictObject({
  appId: z
    .string()
    .regex(/^wx[0-9A-Za-z]{16}$/, '应为 wx 开头的 18 位 AppID')
    .describe('公众号的 AppID / AppID of the account'),
  appSecret: z.string().min(1).describe('公众号的 AppSecret / its AppSecret'),
  token: z
    .string()
    .regex(/^[0-9A-Za-z]{3,32}$/, '应为 3 到 32 位字母和数字')
    .describe('服务器配置里的令牌 Token / token of the server configuration'),
  encodingAesKey: aesKey
    .optional()
    .describe(
      '服务器配置里的消息加解密密钥；明文模式可以不填 / its EncodingAESKey; not needed in plain mode',
    ),
  previousEncodingAesKey: aesKey
    .optional()
    .describe('更换密钥后，旧的那一个，过几天可以删掉 / the old one, for some days after a change'),
  mode: z
    .enum(['plain', 'compatible', 'safe'])
    .default('safe')
    .describe(
      '消息加解密方式：plain 明文、compatible 兼容、safe 安全 / as chosen in the server configuration',
    ),
  apiBase: z
    .url({ protocol: /^https?$/ })
    .default('https://api.weixin.qq.com')
    .describe('接口地址 / address of the API'),
  timestampToleranceMs: z
    .int()
    .min(10_000)
    .default(10 * MINUTE_MS)
    .describe(
      '毫秒；回调里的时间与本机相差更多就拒绝 / a callback that is further off our clock is refused',
    ),
  kfAccount: z
    .string()
    .min(1)
    .optional()
    .describe(
      '回复时显示哪个客服帐号的名字和头像，形如 kf2001@gh_xxx；不填显示公众号自己 / whose name and picture answers show',
    ),
  typing: z
    .boolean()
    .default(true)
    .describe('接待人回复时，顾客看到“对方正在输入” / customers see that somebody is typing'),
  quota: z
    .strictObject({
      message: quotaRule.default({ windowMs: 48 * 60 * MINUTE_MS, max: 5 }),
      menu: quotaRule.default({ windowMs: MINUTE_MS, max: 3 }),
      subscribe: quotaRule.default({ windowMs: MINUTE_MS, max: 3 }),
      scan: quotaRule.default({ windowMs: MINUTE_MS, max: 3 }),
    })
    .prefault({})
    .describe(
      '什么动作之后、多久之内、可以回复几条；平台改过规则 / how many answers may follow what, and how long; the platform has changed them before',
    ),
  sendPath: z
    .string()
    .startsWith('/')
    .default('/cgi-bin/message/custom/send')
    .describe('发送接口的路径 / path of the call that sends'),
  sendsPerSecond: z.number().positive().default(50).describe('每秒最多调用次数 / calls a second'),
  textMaxBytes: z
    .int()
    .min(1)
    .default(2048)
    .describe('字节（UTF-8）；更长的文字分条发 / a longer text goes in parts'),
  imageMaxBytes: z
    .int()
    .min(1)
    .default(10 * MEBIBYTE)
    .describe('字节；平台文档有 10 MB 和 2 MB 两种说法 / the page says both 10 MB and 2 MB'),
  newIdRetry: z
    .strictObject({
      fromMs: z.int().min(0).default(3000),
      toMs: z.int().min(0).default(20_000),
    })
    .prefault({})
    .describe(
      '毫秒；第一条之后这段时间内，换了编号的同一条算重发 / time after a message in which its like under another id counts as its retry',
    ),
  quotaUsedRetryMs: z
    .int()
    .min(0)
    .default(2500)
    .describe(
      '毫秒；报 45047 后隔多久再试一次；0：不试 / until one more try after 45047, which has come on first replies; 0: none',
    ),
})

/** As {@link wechatOaKeys}, with what one key asks of another. */
export const wechatOaConfig = wechatOaKeys.refine(hasKeyForMode, {
  path: ['encodingAesKey'],
  message: '兼容模式和安全模式必须填写 encodingAesKey',
})

export type WechatOaConfig = z.infer<typeof wechatOaKeys>

/** Whether the account has the key that its mode cannot do without. */
export function hasKeyForMode({
  mode,
  encodingAesKey,
}: Pick<WechatOaConfig, 'mode' | 'encodingAesKey'>): boolean {
  return mode === 'plain' || encodingAesKey !== undefined
}
