import { PlatformError } from '#src/ports/errors.ts'
import type { Check } from '#src/ports/health.ts'
import type { WechatClient } from './client.ts'
import type { WechatOaConfig } from './config.ts'
import { wordsFor } from './health.ts'

/** What was seen of the platform's own requests since the start. */
export interface Callbacks {
  /** Epoch milliseconds of the last one that was authentic. */
  lastAt?: number
  /** How far its timestamp was ahead of our clock, in milliseconds. */
  aheadMs?: number
}

const MAX_DRIFT_MS = 60_000

/** What `jieli doctor` asks of a 公众号. Makes two calls. */
export async function examine(
  config: WechatOaConfig,
  client: WechatClient,
  callbacks: Callbacks,
  nowMs: number,
): Promise<Check[]> {
  return [
    checkMode(config),
    await checkApi(client),
    checkCallbacks(callbacks, nowMs),
    ...checkClock(callbacks),
  ]
}

function checkMode({ mode }: WechatOaConfig): Check {
  const name = '消息加解密方式'
  if (mode !== 'plain') return { name, state: 'ok', found: mode, fix: '' }
  const fix =
    '明文模式下消息正文不受签名保护：到“设置与开发 → 基本配置 → 服务器配置”改为安全模式，并填写 encodingAesKey 和 mode: safe'
  return { name, state: 'warning', found: mode, fix }
}

/** One token and one harmless call with it: credentials, IP whitelist, network. */
async function checkApi(client: WechatClient): Promise<Check> {
  const name = '接口凭据'
  try {
    await client.call({ name: 'getcallbackip', method: 'GET', path: '/cgi-bin/getcallbackip' })
    return { name, state: 'ok', found: 'access_token 可用', fix: '' }
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error
    const fix = wordsFor(error.code) ?? '检查本机网络能否访问接口地址'
    return { name, state: 'failed', found: error.message, fix }
  }
}

function checkCallbacks({ lastAt }: Callbacks, nowMs: number): Check {
  const name = '回调'
  if (lastAt !== undefined) {
    const agoSec = Math.round((nowMs - lastAt) / 1000)
    return { name, state: 'ok', found: `最近一次在 ${agoSec} 秒前`, fix: '' }
  }
  const fix =
    '到“设置与开发 → 基本配置 → 服务器配置”填写 URL、令牌和密钥并点“启用”，然后用手机给公众号发一句话'
  return { name, state: 'warning', found: '启动以来还没有收到过微信的请求', fix }
}

function checkClock({ aheadMs }: Callbacks): Check[] {
  if (aheadMs === undefined || Math.abs(aheadMs) <= MAX_DRIFT_MS) return []
  const found = `本机时钟与微信相差 ${Math.round(aheadMs / 1000)} 秒`
  return [{ name: '时钟', state: 'warning', found, fix: '打开系统的自动对时（NTP）' }]
}
