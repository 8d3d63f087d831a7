import { z } from 'zod'
import { streamSettings } from './stream/settings.ts'

const baseUrl = (fallback: string) =>
  z
    .url({ protocol: /^https?$/ })
    .default(fallback)
    .transform((url) => url.replace(/\/+$/, ''))

/** The keys of one DingTalk app (企业内部应用 with a robot) under `workplaces:`. */
export const dingtalkConfig = z.strictObject({
  clientId: z.string().min(1).describe('应用的 Client ID（原 AppKey）/ Client ID of the app'),
  clientSecret: z
    .string()
    .min(1)
    .describe('应用的 Client Secret（原 AppSecret）/ its Client Secret'),
  robotCode: z
    .string()
    .min(1)
    .optional()
    .describe(
      '机器人编码；不填则与 clientId 相同 / code of the robot; without it the same as clientId',
    ),
  cardTemplateId: z
    .string()
    .min(1)
    .optional()
    .describe(
      '会话卡片的模板 ID（以 .schema 结尾）；不填则不用卡片，只发带编号的消息 / card template; without it there are numbered lines and no cards',
    ),
  apiUrl: baseUrl('https://api.dingtalk.com').describe('新版接口地址 / address of the new API'),
  oapiUrl: baseUrl('https://oapi.dingtalk.com').describe('旧版接口地址 / address of the old API'),
  callsPerSecond: z
    .int()
    .min(0)
    .default(15)
    .describe(
      '每个接口每秒最多调用次数（标准版 20）；0：不限 / calls a second of each API; 0: no limit of ours',
    ),
  monthlyCalls: z
    .int()
    .min(0)
    .default(5000)
    .describe(
      '每月接口额度（标准版 5000）；用到七成时告警；0：不提醒 / calls a month, with a warning from 70 % on; 0: none',
    ),
  cardGapMs: z
    .int()
    .min(0)
    .default(2000)
    .describe(
      '毫秒；同一张卡片两次更新的间隔，每次更新用掉一次额度 / between two updates of one card',
    ),
  lineGapMs: z
    .int()
    .min(0)
    .default(2000)
    .describe(
      '毫秒；同一会话在一个群里两条消息的间隔 / between two messages of one conversation into one group',
    ),
  formMaxBytes: z
    .int()
    .min(200)
    .max(8192)
    .default(8192)
    .describe(
      '字节；卡片里表单的上限（资料有 1 KB 和 100 KB 两种说法），放不下的同事不列出 / of a form on the card; colleagues beyond are left out',
    ),
  clickAnswerMs: z
    .int()
    .min(100)
    .max(1700)
    .default(1200)
    .describe(
      '毫秒；点击后这么久没结果先答“处理中”，平台等 2 秒 / until a click is answered 处理中',
    ),
  stream: streamSettings.prefault({}),
})

export type DingtalkConfig = z.infer<typeof dingtalkConfig>

export const robotCodeOf = ({ robotCode, clientId }: DingtalkConfig): string =>
  robotCode ?? clientId
