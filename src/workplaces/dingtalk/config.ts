import { z } from 'zod'
import { streamSettings } from './stream/settings.ts'

const baseUrl = (fallback: string) =>
  z
    .url({ protocol: /^https?$/ })
    .default(fallback)
    .transform((url) => url.replace(/\/+$/, ''))

/** The keys of one DingTalk app (企业内部应用 with a robot) under `workplaces:`. */
export const dingtalkConfig = z.strictObject({
  clientId: z.string().min(1).describe('应用的 Client ID（原 AppKey）'),
  clientSecret: z.string().min(1).describe('应用的 Client Secret（原 AppSecret）'),
  robotCode: z.string().min(1).optional().describe('机器人编码；不填则与 clientId 相同'),
  cardTemplateId: z
    .string()
    .min(1)
    .optional()
    .describe('会话卡片的模板 ID（以 .schema 结尾）；不填则不用卡片，只发带编号的消息'),
  apiUrl: baseUrl('https://api.dingtalk.com').describe('新版接口地址'),
  oapiUrl: baseUrl('https://oapi.dingtalk.com').describe('旧版接口地址'),
  callsPerSecond: z
    .int()
    .min(0)
    .default(15)
    .describe('calls a second of each API; the standard edition allows 20; 0: no limit of ours'),
  monthlyCalls: z
    .int()
    .min(0)
    .default(5000)
    .describe('每月接口额度（标准版 5000）；用到七成时告警；0：不提醒'),
  cardGapMs: z
    .int()
    .min(0)
    .default(2000)
    .describe('milliseconds between two updates of one card; each costs one call of the quota'),
  lineGapMs: z
    .int()
    .min(0)
    .default(2000)
    .describe('milliseconds between two messages of one conversation into one group'),
  formMaxBytes: z
    .int()
    .min(200)
    .max(8192)
    .default(8192)
    .describe(
      'bytes of a form on the card (sources say 1,024 or 100 KB); colleagues beyond are left out',
    ),
  clickAnswerMs: z
    .int()
    .min(100)
    .max(1700)
    .default(1200)
    .describe('milliseconds until a click is answered 处理中; the platform waits 2,000'),
  stream: streamSettings.prefault({}),
})

export type DingtalkConfig = z.infer<typeof dingtalkConfig>

export const robotCodeOf = ({ robotCode, clientId }: DingtalkConfig): string =>
  robotCode ?? clientId
