import { z } from 'zod'

const MEBIBYTE = 1024 * 1024

/** The keys of one WeCom bot under `workplaces:`. */
export const wecomConfig = z.strictObject({
  botId: z.string().min(1).describe('机器人的 Bot ID / Bot ID'),
  secret: z
    .string()
    .min(1)
    .describe('机器人的 Secret（长连接方式）/ secret of the long connection'),
  botName: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe(
      '机器人在企业微信里的显示名；改过名就都写上。用来从“@机器人 你好”里去掉“@机器人” / its shown name, or all it has had',
    ),
  url: z
    .url({ protocol: /^wss?$/ })
    .default('wss://openws.work.weixin.qq.com')
    .describe('长连接地址 / address of the socket'),
  cardPushGroup: z
    .boolean()
    .default(true)
    .describe(
      '主动把卡片发到群里；客户端看不到卡片时关掉，改为 @机器人 #编号 时才给出 / push cards into groups; off where clients do not show them',
    ),
  messagesPerMinute: z
    .int()
    .min(1)
    .default(30)
    .describe('条；每个群或单聊每分钟最多发多少 / messages a minute into one chat'),
  messagesPerHour: z
    .int()
    .min(1)
    .default(1000)
    .describe('条；每个群或单聊每小时最多发多少 / messages an hour into one chat'),
  imageMaxBytes: z
    .int()
    .min(1)
    .default(2 * MEBIBYTE)
    .describe(
      '字节；更大的图片作为文件发（资料有 2 MB 和 10 MB 两种说法）/ a larger picture goes as a file',
    ),
  heartbeatMs: z
    .int()
    .min(1000)
    .default(30_000)
    .describe('毫秒；心跳间隔 / between two heart-beats'),
})

export type WecomConfig = z.infer<typeof wecomConfig>

/** The bot's display names, the longest first, so that one that begins like another is not taken for it. */
export function botNames({ botName }: Pick<WecomConfig, 'botName'>): string[] {
  const names = typeof botName === 'string' ? [botName] : [...botName]
  return names.sort((a, b) => b.length - a.length)
}
