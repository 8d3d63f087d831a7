import type { Config } from '#config/schema.ts'
import type { Channel } from '../ports/channel.ts'
import type { Clock } from '../ports/clock.ts'
import type { Check } from '../ports/health.ts'
import type { AdapterIo } from '../ports/io.ts'
import type { Store } from '../ports/store.ts'
import type { Workplace } from '../ports/workplace.ts'
import { checkCallbacks } from './checks/callbacks.ts'
import { checkClock } from './checks/clock.ts'
import { checkGroups } from './checks/groups.ts'
import { checkCards, type ClickWatch } from './checks/live.ts'
import { checkBacklog, checkDisk } from './checks/store.ts'

/** What the doctor examines: the running process, or one that has only been put together. */
export interface Patient {
  config: Config
  store: Pick<Store, 'read'>
  channels: Iterable<Channel>
  workplaces: Iterable<Workplace>
  http: AdapterIo['http']
  clock: Clock
  /** Whether the listeners are up: only then can the callback address answer. */
  running: boolean
  /** Sees the clicks of a live check; only the running process has it. */
  clicks?: ClickWatch
}

/** `jieli doctor`: everything that can be reached is tried, each finding with its fix in words. */
export async function examine(patient: Patient, { live }: { live: boolean }): Promise<Check[]> {
  const { config, channels, workplaces } = patient
  const found = await Promise.all([
    guarded('数据目录', () => checkDisk(config.dataFolder, patient.running)),
    guarded('待处理', () => checkBacklog(patient.store)),
    guarded('时钟', () => checkClock(patient)),
    ...[...channels].map((channel) =>
      guarded(`渠道账号 ${channel.account}`, () => named(channel.account, channel.check())),
    ),
    guarded('回调地址', () => checkCallbacks(patient)),
    ...[...workplaces].map((workplace) =>
      guarded(`工作台 ${workplace.id}`, () => named(workplace.id, workplace.check())),
    ),
    guarded('群', () => checkGroups(patient)),
  ])
  // Last and alone: somebody has to find the card and click it.
  const cards = live ? await guarded('卡片', () => checkCards(patient)) : []
  return [...found.flat(), ...cards]
}

/** A check that breaks is a finding like any other, and hides none of the rest. */
async function guarded(name: string, check: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await check()
  } catch (error) {
    const found = error instanceof Error ? error.message : '检查没有做完'
    return [{ name, state: 'failed', found, fix: '请根据原因处理后重试；仍不行请查看服务日志' }]
  }
}

/** An adapter does not know what the operator calls it. */
async function named(id: string, checks: Promise<Check[]>): Promise<Check[]> {
  return (await checks).map((check) => ({ ...check, name: `${id} · ${check.name}` }))
}
