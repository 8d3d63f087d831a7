import { deskId } from '../../domain/ids.ts'
import type { Check } from '../../ports/health.ts'
import type { Patient } from '../doctor.ts'

/** Whether every desk has a group that can take its customers' words. */
export async function checkGroups({
  config,
  store,
  workplaces,
}: Pick<Patient, 'config' | 'store' | 'workplaces'>): Promise<Check[]> {
  const labels = new Map([...workplaces].map(({ id, label }) => [id, label]))
  return Object.entries(config.desks).map(([id, { name }]) => {
    const { groups } = store.read.desk(deskId(id))
    const reachable = groups.filter(({ workplace }) => labels.has(workplace))
    const line = { name: `服务台 ${name}（${id}）` }
    if (reachable.length > 0) {
      const found = reachable.map(({ workplace }) => `${labels.get(workplace)}群`).join('、')
      return { ...line, state: 'ok', found: `已绑定 ${found}`, fix: '' }
    }
    const gone = groups.length > 0 ? '，绑定过的群所在的工作台已不在配置里' : ''
    const fix = `运行 jieli bind ${id}，在群里发送它给出的绑定口令`
    return { ...line, state: 'warning', found: `还没有绑定群，消息没有地方可转${gone}`, fix }
  })
}
