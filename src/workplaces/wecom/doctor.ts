import { sleep } from '#src/platform/clock.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { Check, Health } from '#src/ports/health.ts'

const PATIENCE_MS = 10_000
const LOOK_MS = 100

/** What the doctor needs of a socket: the running one, or one opened for the check. */
export interface CheckedSocket {
  isConnected: boolean
  health(): Health
}

/** Waits for the log-in to succeed or to be refused, and says what to do. */
export async function checkLogin(socket: CheckedSocket, clock: Clock): Promise<Check> {
  const until = clock.now() + PATIENCE_MS
  while (!isDecided(socket) && clock.now() < until) await sleep(clock, LOOK_MS)
  const name = '企业微信机器人长连接'
  const { detail } = socket.health()
  if (socket.isConnected) return { name, state: 'ok', found: '已登录', fix: '' }
  if (detail.startsWith('log-in refused'))
    return {
      name,
      state: 'failed',
      found: detail,
      fix: '核对 botId 和 secret：管理后台 → 智能机器人 → API 模式 → 长连接；重置 Secret 后要改配置',
    }
  if (detail === '')
    return {
      name,
      state: 'warning',
      found: '另一个 Jieli 进程正在使用这个机器人',
      fix: '如果不是有意的主备部署，请只保留一个进程',
    }
  return {
    name,
    state: 'failed',
    found: detail,
    fix: '检查能否访问 openws.work.weixin.qq.com:443（不要经过代理），以及有没有别的程序在用同一个机器人登录',
  }
}

function isDecided(socket: CheckedSocket): boolean {
  return socket.isConnected || /^log-in refused|^another program/.test(socket.health().detail)
}
