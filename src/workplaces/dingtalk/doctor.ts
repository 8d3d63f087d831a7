import { PlatformError } from '#src/ports/errors.ts'
import type { Check } from '#src/ports/health.ts'
import type { Client } from './client.ts'
import type { DingtalkConfig } from './config.ts'
import { StreamConnection, type ConnectionParts, StreamRefused } from './stream/connection.ts'

const KEYS = '核对 clientId 和 clientSecret：开放平台 → 应用 → 凭证与基础信息'

/** Whether DingTalk gives a token for these credentials. */
export async function checkToken(client: Client): Promise<Check> {
  const name = '钉钉应用凭证'
  try {
    await client.login()
    return { name, state: 'ok', found: '已取得 access token', fix: '' }
  } catch (error) {
    const code = error instanceof PlatformError ? error.code : 'unexpected'
    const fix = code === 'dingtalk.credentials_refused' ? KEYS : '检查能否访问 api.dingtalk.com:443'
    return { name, state: 'failed', found: code, fix }
  }
}

/** Whether the Stream gateway lets us in; its ticket is left unused. */
export async function checkGateway(parts: ConnectionParts): Promise<Check> {
  const name = '钉钉 Stream 网关'
  try {
    await new StreamConnection(parts).getEndpoint()
    return { name, state: 'ok', found: '可以建立连接', fix: '' }
  } catch (error) {
    const refused = error instanceof StreamRefused && error.refused
    const found = error instanceof StreamRefused ? error.message : 'unexpected'
    const fix = refused
      ? `${KEYS}；并在“机器人”里把消息接收模式选为 Stream 模式，再发布应用`
      : '检查能否访问 api.dingtalk.com 和 wss-open-connection.dingtalk.com 的 443 端口'
    return { name, state: 'failed', found, fix }
  }
}

/** A template can only be seen to be right by posting a card. */
export function checkTemplate({ cardTemplateId }: DingtalkConfig): Check {
  const name = '钉钉卡片模板'
  if (cardTemplateId === undefined) {
    return {
      name,
      state: 'warning',
      found: '没有配置，只用带编号的消息、@机器人 和单聊',
      fix: '按 src/workplaces/dingtalk/template/README.md 在卡片平台搭建并发布模板，把模板 ID 填到 cardTemplateId',
    }
  }
  if (!cardTemplateId.endsWith('.schema')) {
    return {
      name,
      state: 'failed',
      found: '模板 ID 不以 .schema 结尾',
      fix: '在卡片平台的模板列表里复制模板 ID',
    }
  }
  return {
    name,
    state: 'ok',
    found: '已配置；群里出现卡片且不是“内容加载失败”才算确认',
    fix: '',
  }
}

/** What is left of the month's quota, as far as this process knows. */
export function checkQuota(client: Client, now: number): Check {
  const { used, limit, low, exhausted, withheld } = client.meter.state(now)
  const name = '钉钉本月额度'
  const fix = '开放平台 → 资源额度：查看全公司用量，不够时购买专业版或加量包'
  if (exhausted || withheld > 0) return { name, state: 'failed', found: '已用完', fix }
  const found = `本进程本月调用 ${used} 次${limit > 0 ? `，额度 ${limit}（全公司共用）` : ''}`
  return low ? { name, state: 'warning', found, fix } : { name, state: 'ok', found, fix: '' }
}
