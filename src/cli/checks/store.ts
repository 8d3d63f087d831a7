import { stat, statfs } from 'node:fs/promises'
import type { Check } from '../../ports/health.ts'
import type { Store } from '../../ports/store.ts'

const GIBIBYTE = 1024 ** 3
const OTHERS = 0o077

/** Room, rights, and whether the store is ours: whoever asks has it open. */
export async function checkDisk(folder: string, running: boolean): Promise<Check[]> {
  const { bavail, bsize } = await statfs(folder)
  const { mode } = await stat(folder)
  return [
    {
      name: '数据目录',
      state: 'ok',
      found: `${folder}${running ? '，由运行中的服务使用' : '，可以打开'}`,
      fix: '',
    },
    judgeRoom(bavail * bsize),
    mode & OTHERS
      ? {
          name: '数据目录权限',
          state: 'warning',
          found: '其他用户可以读取顾客的消息',
          fix: `运行 chmod 700 ${folder}`,
        }
      : { name: '数据目录权限', state: 'ok', found: '只有运行用户可以读取', fix: '' },
  ]
}

/** Below a tenth of a gibibyte the next commits may fail, and callbacks with them. */
export function judgeRoom(freeBytes: number): Check {
  const name = '磁盘空间'
  const found = `剩余 ${(freeBytes / GIBIBYTE).toFixed(1)} GB`
  if (freeBytes >= GIBIBYTE) return { name, state: 'ok', found, fix: '' }
  const fix = '请清理磁盘，或把 dataFolder 移到更大的磁盘；写满后收不到新消息'
  return { name, state: freeBytes < GIBIBYTE / 10 ? 'failed' : 'warning', found, fix }
}

/** What waits for the operator. */
export async function checkBacklog({ read }: Pick<Store, 'read'>): Promise<Check[]> {
  const { inboxParked, outboxDead } = await read.counts()
  const name = '待处理'
  if (inboxParked + outboxDead === 0)
    return [{ name, state: 'ok', found: '没有搁置和死信', fix: '' }]
  return [
    {
      name,
      state: 'warning',
      found: `搁置的事件 ${inboxParked} 件，发不出去的消息 ${outboxDead} 条`,
      fix: '用 jieli parked list、jieli dead list 查看原因，处理后用 replay 重新处理',
    },
  ]
}
