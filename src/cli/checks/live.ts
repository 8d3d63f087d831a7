import { deskId, type CardId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Check } from '../../ports/health.ts'
import type { Delivery, Workplace } from '../../ports/workplace.ts'
import type { Patient } from '../doctor.ts'

const PATIENCE_MS = 60_000

/** Where clicks on the doctor's own cards are told: `saw` stands in front of the relay, which knows no such card. */
export interface ClickWatch {
  /** True when the card is the doctor's: the click needs nothing more. */
  saw(card: string): boolean
  /** Whether somebody clicks within the time. */
  wait(card: string, withinMs: number): Promise<boolean>
}

export function createClickWatch(clock: Clock): ClickWatch {
  const waiting = new Map<string, (clicked: boolean) => void>()
  return {
    saw(card) {
      waiting.get(card)?.(true)
      return card.startsWith(PREFIX)
    },
    wait: (card, withinMs) =>
      new Promise((resolve) => {
        const end = (clicked: boolean): void => {
          cancel()
          waiting.delete(card)
          resolve(clicked)
        }
        const cancel = clock.at(clock.now() + withinMs, () => end(false))
        waiting.set(card, end)
      }),
  }
}

const PREFIX = 'jieli-doctor-'

/** Posts a card into every bound group whose workplace can, and waits for somebody to click it. */
export async function checkCards(patient: Patient): Promise<Check[]> {
  const { clicks, config, store, workplaces } = patient
  if (!clicks) {
    const fix = '先启动服务（jieli start），再运行 jieli doctor --live'
    return [{ name: '卡片', state: 'warning', found: '服务没有运行，收不到点击', fix }]
  }
  const byId = new Map([...workplaces].map((workplace) => [workplace.id, workplace]))
  const groups = Object.keys(config.desks).flatMap((desk) => store.read.desk(deskId(desk)).groups)
  const tried = groups.flatMap(({ workplace: id, chat }, index) => {
    const workplace = byId.get(id)
    return workplace ? [tryCard(workplace, chat, index, clicks, patient.clock)] : []
  })
  if (tried.length > 0) return Promise.all(tried)
  const fix = '先运行 jieli bind <服务台> 绑定一个群'
  return [{ name: '卡片', state: 'warning', found: '还没有绑定群', fix }]
}

async function tryCard(
  workplace: Workplace,
  chat: string,
  index: number,
  clicks: ClickWatch,
  clock: Clock,
): Promise<Check> {
  const name = `卡片（${workplace.label}群 ${index + 1}）`
  if (!workplace.capabilities.cards || !workplace.capabilities.cardPushGroup) {
    return { name, state: 'ok', found: '这个工作台设置为不主动发卡片', fix: '' }
  }
  const card = `${PREFIX}${clock.now().toString(36)}-${index}`
  // Listened for before it is posted: the click may be faster than the answer to the posting.
  const clicked = clicks.wait(card, PATIENCE_MS)
  try {
    await workplace.deliver(testCard(workplace, chat, card))
  } catch (error) {
    const found = `发不出去：${error instanceof Error ? error.message : '未知原因'}`
    return { name, state: 'failed', found, fix: '请先解决上面工作台的问题，并确认机器人还在群里' }
  }
  if (await clicked) return { name, state: 'ok', found: '卡片发到了群里，点击也收到了', fix: '' }
  return {
    name,
    state: 'failed',
    found: '一分钟内没有收到点击',
    fix: '看群里有没有“接力自检”卡片：没有，说明客户端不显示，请关闭 cardPushGroup 或检查卡片模板；有但点了没反应，请检查卡片回调方式（Stream、长连接）',
  }
}

function testCard(workplace: Workplace, chat: string, card: string): Delivery {
  return {
    do: 'post-card',
    chat: { kind: 'group', workplace: workplace.id, id: chat },
    mention: [],
    card: {
      id: card as CardId, // letters, digits and - as every workplace takes them
      lease: 0,
      summary: '接力自检',
      title: '接力自检',
      source: 'jieli doctor',
      tone: 'alert',
      body: [
        { type: 'text', text: '请在一分钟内点击下面的按钮', tone: 'plain' },
        { type: 'actions', buttons: [{ action: 'show', label: '看到了', style: 'primary' }] },
      ],
    },
  }
}
