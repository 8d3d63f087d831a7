import { z } from 'zod'

const MEBIBYTE = 1024 * 1024

/** The keys of one WeCom bot under `workplaces:`. */
export const wecomConfig = z.strictObject({
  botId: z.string().min(1).describe('机器人的 Bot ID'),
  secret: z.string().min(1).describe('机器人的 Secret（长连接方式）'),
  botName: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .describe('机器人在企业微信里的显示名；改过名就都写上。用来从“@机器人 你好”里去掉“@机器人”'),
  url: z
    .url({ protocol: /^wss?$/ })
    .default('wss://openws.work.weixin.qq.com')
    .describe('长连接地址'),
  cardPushGroup: z
    .boolean()
    .default(true)
    .describe('主动把卡片发到群里；客户端看不到卡片时关掉，改为 @机器人 #编号 时才给出'),
  messagesPerMinute: z
    .int()
    .min(1)
    .default(30)
    .describe('messages a minute into one group or single chat'),
  messagesPerHour: z
    .int()
    .min(1)
    .default(1000)
    .describe('messages an hour into one group or single chat'),
  imageMaxBytes: z
    .int()
    .min(1)
    .default(2 * MEBIBYTE)
    .describe('bytes; a larger picture goes as a file (sources say 2 MB or 10 MB)'),
  heartbeatMs: z.int().min(1000).default(30_000).describe('milliseconds between two heart-beats'),
})

export type WecomConfig = z.infer<typeof wecomConfig>

/** The bot's display names, the longest first, so that one that begins like another is not taken for it. */
export function botNames({ botName }: Pick<WecomConfig, 'botName'>): string[] {
  const names = typeof botName === 'string' ? [botName] : [...botName]
  return names.sort((a, b) => b.length - a.length)
}
