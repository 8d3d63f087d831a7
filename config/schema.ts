import { z } from 'zod'
import { hasKeyForMode, wechatOaKeys } from '#src/channels/wechat/config.ts'
import { dingtalkConfig } from '#src/workplaces/dingtalk/config.ts'
import { wecomConfig } from '#src/workplaces/wecom/config.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const MEBIBYTE = 1024 * 1024

/** Ids stand in addresses, file names and metrics. */
const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,31}$/, '只能用小写字母、数字、- 和 _，最多 32 个字符')

const shownName = z.string().trim().min(1).max(20)
const port = z.int().min(0).max(65_535)

const server = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('监听地址；容器里用 0.0.0.0，外网请经反向代理 / address to listen on'),
  port: port.default(8080).describe('端口；0：任选空闲端口 / port; 0: any free one'),
  bodyLimitBytes: z
    .int()
    .min(1024)
    .max(16 * MEBIBYTE)
    .default(MEBIBYTE / 8)
    .describe('字节；更大的回调直接拒绝 / larger callbacks are refused'),
  answerLimitMs: z
    .int()
    .min(500)
    .max(30 * SECOND)
    .default(4_500)
    .describe('毫秒；落盘超过这个时间先答 503，平台会重发 / then a callback is answered 503'),
  requestTimeoutMs: z
    .int()
    .min(SECOND)
    .default(10 * SECOND)
    .describe('毫秒；请求在此之前必须收完整 / until a request must have arrived whole'),
  keepAliveMs: z
    .int()
    .min(0)
    .default(65 * SECOND)
    .describe('毫秒；空闲连接保留多久，应比反向代理的长 / idle connections are kept'),
  graceMs: z
    .int()
    .min(0)
    .default(10 * SECOND)
    .describe('毫秒；停止时最多等多久让手头的请求做完 / for running requests when stopping'),
})

const admin = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('管理端监听地址；没有登录，不要对外开放 / it has no log-in: keep it on loopback'),
  port: port
    .default(8081)
    .describe('端口；指标 /metrics，台账 /ledger / port of metrics and ledger'),
})

const log = z.strictObject({
  level: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('日志级别 / least level that is written'),
})

const desk = z.strictObject({
  name: shownName.describe('服务台的名字 / name that people see'),
  timeZone: z
    .string()
    .refine(isTimeZone, '不是有效的时区名，例如 Asia/Shanghai')
    .default('Asia/Shanghai')
    .describe('界面上所有时间用的时区 / IANA zone of all times that people see'),
  accounts: z
    .array(id)
    .min(1)
    .describe('由这个服务台接待的渠道账号，写 accounts 下的名字 / ids of its accounts'),
  mirror: z
    .enum(['holder', 'all'])
    .default('holder')
    .describe(
      '认领后消息发到哪些群：holder 只发接待人所在群，all 发全部群 / who follows a held conversation',
    ),
  idleReleaseMs: z
    .int()
    .min(MINUTE)
    .default(30 * MINUTE)
    .describe('毫秒；顾客等接待人回复超过这么久，会话退回队列 / then it goes back to the queue'),
  idleCloseMs: z
    .int()
    .min(MINUTE)
    .default(2 * HOUR)
    .describe('毫秒；回复后双方这么久没说话，会话自动结束 / then a conversation is closed'),
  reopenWithinMs: z
    .int()
    .min(0)
    .default(24 * HOUR)
    .describe('毫秒；结束后这么久内顾客再来，接着原会话 / then the same conversation goes on'),
})

const listedAgent = z.strictObject({
  name: shownName.describe('群里显示的名字 / name that people see'),
  ids: z
    .record(id, z.string().min(1).max(128))
    .describe('在各工作台里的用户 ID，键是 workplaces 下的名字 / user id by workplace'),
})

const agents = z.strictObject({
  admission: z
    .enum(['group', 'listed'])
    .default('group')
    .describe('谁可以接待：group 已绑定群里的成员，listed 只有下面名单里的人 / who may act'),
  list: z.array(listedAgent).default([]).describe('客服名单 / the agents'),
})

/** One schema for each kind of channel. */
const account = z.discriminatedUnion('channel', [
  z
    .strictObject({
      channel: z.literal('wechat-oa').describe('微信公众号 / WeChat Official Account'),
      name: shownName.describe('卡片上显示的来源，如店铺名 / where from, as cards show it'),
      ...wechatOaKeys.shape,
    })
    .refine(hasKeyForMode, {
      path: ['encodingAesKey'],
      message: '兼容模式和安全模式必须填写 encodingAesKey',
    }),
])

/** One schema for each kind of workplace. */
const workplace = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('dingtalk').describe('钉钉 / DingTalk'),
    ...dingtalkConfig.shape,
  }),
  z.strictObject({
    kind: z.literal('wecom').describe('企业微信智能机器人 / WeCom bot'),
    ...wecomConfig.shape,
  }),
])

const relay = z.strictObject({
  limits: z
    .boolean()
    .default(true)
    .describe('按平台限额排队与合并；只在压测时关 / our own buckets and merging'),
  lanes: z.int().min(1).max(1024).default(64).describe('同时处理的会话数 / lanes at a time'),
  callsPerCredential: z
    .int()
    .min(1)
    .max(256)
    .default(16)
    .describe('同一账号同时进行的调用数 / calls under way of one credential'),
  handlerRetryMs: z
    .array(z.int().min(0))
    .default([200, 1_000, 3_000, 10_000])
    .describe('毫秒；处理出错后的各次重试间隔，用完即搁置 / waits before each retry of an event'),
  customerRetryMs: z
    .int()
    .min(0)
    .default(MINUTE)
    .describe('毫秒；发给顾客失败后重试多久 / how long sends to customers are tried again'),
  groupRetryMs: z
    .int()
    .min(0)
    .default(10 * MINUTE)
    .describe('毫秒；发到群里失败后重试多久 / how long sends to groups are tried again'),
  groupExpiryMs: z
    .int()
    .min(MINUTE)
    .default(72 * HOUR)
    .describe('毫秒；群消息排队超过这么久算失败 / then a queued group message counts as failed'),
  lateAfterMs: z
    .int()
    .min(MINUTE)
    .default(10 * MINUTE)
    .describe('毫秒；更旧的消息只转达，不触发自动回复 / older messages start nothing automatic'),
  maxLinesPerPost: z
    .int()
    .min(1)
    .max(50)
    .default(10)
    .describe('几行消息合并为一条群消息 / lines that leave as one message'),
  digestAfterMs: z
    .int()
    .min(SECOND)
    .default(MINUTE)
    .describe('毫秒；群队列积压超过这么久改发汇总 / then waiting ones come as a digest'),
  digestEveryMs: z
    .int()
    .min(SECOND)
    .default(MINUTE)
    .describe('毫秒；两次汇总之间的间隔 / between two digests'),
  repost: z
    .strictObject({
      afterPosts: z
        .int()
        .min(1)
        .default(8)
        .describe('条；卡片后面有这么多条新消息就重发 / newer messages of ours'),
      afterMs: z
        .int()
        .min(MINUTE)
        .default(10 * MINUTE)
        .describe('毫秒；卡片发出这么久后重发 / age of the card'),
      notWithinMs: z
        .int()
        .min(0)
        .default(MINUTE)
        .describe('毫秒；接待人刚点过卡片时不重发，以免丢草稿 / not this soon after a click'),
    })
    .prefault({})
    .describe('卡片被刷走后重发 / when a card that has scrolled away is posted anew'),
})

const media = z.strictObject({
  maxBytes: z
    .int()
    .min(MEBIBYTE)
    .max(512 * MEBIBYTE)
    .default(20 * MEBIBYTE)
    .describe('字节；更大的文件不保存 / larger files are not kept'),
  waitMs: z
    .int()
    .min(0)
    .max(10 * SECOND)
    .default(1_500)
    .describe('毫秒；一行消息最多等图片多久 / how long a line waits for its picture'),
  linkLifeMs: z
    .int()
    .min(MINUTE)
    .default(72 * HOUR)
    .describe('毫秒；文件链接的有效期 / how long signed links live'),
})

/** Every key of the configuration file: type, bounds, default, meaning and unit. */
export const configSchema = z.strictObject({
  dataFolder: z
    .string()
    .min(1)
    .default('./data')
    .describe('数据目录，相对配置文件 / data folder, relative to this file'),
  publicUrl: z
    .url({ protocol: /^https?$/ })
    .refine(isPlainAddress, '只写到域名或路径为止，不带 ? 和 #')
    .transform((address) => address.replace(/\/+$/, ''))
    .optional()
    .describe('外网访问本服务的地址，用于回调和文件链接 / how the internet reaches us'),
  server: server.prefault({}),
  admin: admin.prefault({}),
  log: log.prefault({}),
  desks: z.record(id, desk).describe('服务台，一个团队一个 / desks by id'),
  agents: agents.prefault({}),
  accounts: z.record(id, account).describe('渠道账号 / accounts by id'),
  workplaces: z.record(id, workplace).describe('工作台（群里的机器人）/ workplaces by id'),
  relay: relay.prefault({}),
  media: media.prefault({}),
})

export type Config = z.infer<typeof configSchema>
export type DeskConfig = Config['desks'][string]
export type AccountConfig = Config['accounts'][string]
export type WorkplaceConfig = Config['workplaces'][string]

/** Keys whose values are never shown: not in a log line, not in an error. */
export function isSecretKey(key: string): boolean {
  return /secret|token|aesKey|password/i.test(key)
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function isPlainAddress(address: string): boolean {
  return !/[?#]/.test(address)
}
