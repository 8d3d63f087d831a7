import { z } from 'zod'

/** How the Stream connections are kept. Defaults where the vendor says nothing are marked in the adapter's README. */
export const streamSettings = z.strictObject({
  connections: z
    .int()
    .min(1)
    .max(10)
    .default(2)
    .describe('连接数；每条推送随机发到其中一条 / connections at the same time'),
  httpTimeoutMs: z
    .int()
    .positive()
    .default(10_000)
    .describe('毫秒；打开连接的时限 / until opening is given up'),
  pingEveryMs: z
    .int()
    .positive()
    .default(25_000)
    .describe('毫秒；两次心跳的间隔 / between two websocket pings'),
  missedPongs: z
    .int()
    .min(1)
    .default(2)
    .describe('次；连续几次心跳没有回应就断开 / pings without pong until it is cut'),
  replaceAfterMs: z
    .int()
    .positive()
    .default(4 * 3_600_000)
    .describe('毫秒；连接用这么久就换新的 / age at which a connection is replaced'),
  drainMs: z
    .int()
    .positive()
    .default(30_000)
    .describe(
      '毫秒；换新后旧连接再读多久 / that an old connection is still read after its replacement',
    ),
  backoffFirstMs: z
    .int()
    .positive()
    .default(1000)
    .describe('毫秒；第一次重连前等多久 / first wait before reconnecting'),
  backoffMaxMs: z.int().positive().default(60_000).describe('毫秒；重连最长等多久 / longest wait'),
  refusedWaitMs: z
    .int()
    .positive()
    .default(300_000)
    .describe('毫秒；密钥被拒绝后等多久 / wait after the gateway refused the credentials'),
  stableAfterMs: z
    .int()
    .positive()
    .default(60_000)
    .describe('毫秒；连上这么久算稳定 / after which a connection counts as stable'),
  maxFrameBytes: z
    .int()
    .positive()
    .default(256 * 1024)
    .describe('字节；更长的推送不读 / longer frames are dropped unread'),
  cardDeadlineMs: z
    .int()
    .positive()
    .default(1800)
    .describe(
      '毫秒；点击的应答时限，平台等 2 秒 / after which a click is answered as failed; the platform waits 2000',
    ),
  eventDeadlineMs: z
    .int()
    .positive()
    .default(2500)
    .describe(
      '毫秒；事件的应答时限，平台等 3 秒 / after which an event is put off; the platform waits 3000',
    ),
})

export type StreamSettings = z.infer<typeof streamSettings>
