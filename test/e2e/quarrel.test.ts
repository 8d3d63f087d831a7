import { DatabaseSync } from 'node:sqlite'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { type AccountId, contactLane, type LaneKey } from '#src/domain/ids.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { answersTo, inShop, type Shop } from '#test/support/product.ts'

const endless = { message: { windowMs: 172_800_000, max: 10_000 } }

/** Mulberry32. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Party {
  phone: Phone
  lane: LaneKey
  marker: string
}

const AGENTS = ['zhangsan', 'lisi', 'wangwu', 'zhaoliu'] as const
type Agent = (typeof AGENTS)[number]

const idOf = (agent: Agent): string =>
  `${agent === 'zhangsan' || agent === 'lisi' ? 'dingtalk' : 'wecom'}/${agent}`

/** Types into the agent's own group. */
function types(shop: Shop, agent: Agent, words: string): void {
  if (agent === 'zhangsan' || agent === 'lisi') shop.ding.says(agent, words)
  else shop.wecom.says(agent, words)
}

/** Presses a button of the newest card of this customer, if there is one; stale ones and hidden ones as well. */
async function presses(shop: Shop, agent: Agent, { marker }: Party, action: string): Promise<void> {
  if (agent === 'zhangsan' || agent === 'lisi') {
    const card = shop.ding.find(marker, agent)
    if (!card) return
    const params = { action, lease: card.values['lease'] ?? '0', space: shop.ding.id }
    const { people } = shop.world.dingtalk
    await people.click(agent, card.outTrackId, action, { force: true, params })
    return
  }
  const line = shop.wecom.cards(marker).at(-1)
  if (line?.content.kind !== 'card') return
  const { card } = line.content.shown
  if (card.card_type !== 'button_interaction') return
  const labels: Record<string, string> = { claim: '认领', release: '释放', close: '结束' }
  const key = card.button_list.find(({ text }) => text === labels[action])?.key
  if (key !== undefined) await shop.world.wecom.members.click(agent, line, key)
}

/** The log of one customer's lane, in order: who claimed, gave back, handed over, answered. */
function historyOf(shop: Shop, lane: LaneKey) {
  const db = new DatabaseSync(path.join(shop.folder, 'jieli.db'), { readOnly: true })
  const rows = db.prepare('SELECT name, agent FROM log WHERE lane = ? ORDER BY seq').all(lane)
  db.close()
  return rows.map(({ name, agent }) => ({ name: String(name), agent: agent && String(agent) }))
}

describe('four agents in two workplaces who all want everything at once', () => {
  it.each([1, 2])('never speak to a customer they do not hold (%i)', (seed) =>
    inShop(
      {
        seed: { wechat: { quota: endless }, dingtalk: { redeliverMs: 100 } },
        config: { account: { quota: endless } },
      },
      async (shop) => {
        const random = numbersFrom(seed)
        const pick = <One>(all: readonly One[]): One => all[Math.floor(random() * all.length)]!
        const parties = await openTalks(shop, 3)
        shop.world.dingtalk.faults.add({
          call: 'card/update',
          fault: { kind: 'lost-answer' },
          rate: 0.05,
        })
        shop.world.dingtalk.faults.add({
          call: 'stream/bot',
          fault: { kind: 'lost-answer' },
          rate: 0.05,
        })
        const doing: Promise<unknown>[] = []
        for (let step = 1; step <= 250; step++) {
          const agent = pick(AGENTS)
          const party = pick(parties)
          const { marker, phone } = party
          const dice = random()
          if (dice < 0.25) doing.push(presses(shop, agent, party, 'claim'))
          else if (dice < 0.35) types(shop, agent, `#${marker} 认领`)
          else if (dice < 0.45) doing.push(presses(shop, agent, party, 'release'))
          else if (dice < 0.5)
            types(shop, agent, `#${marker} 转 ${pick(['张三', '李四', 'wangwu'])}`)
          else if (dice < 0.53) doing.push(presses(shop, agent, party, 'close'))
          else if (dice < 0.6) doing.push(phone.text(`顾客第${step}步。`))
          else types(shop, agent, `#${marker} ${agent}第${step}步。`)
          if (random() < 0.5) await new Promise((resolve) => setTimeout(resolve, random() * 8))
        }
        await Promise.all(doing)
        await new Promise((resolve) => setTimeout(resolve, 50))
        await shop.letPass(100)
        for (const party of parties) {
          await onlyHoldersSpoke(shop, party)
          await cardTellsTheTruth(shop, party)
        }
      },
    ),
  )
})

async function openTalks(shop: Shop, count: number): Promise<Party[]> {
  // Everybody has been seen, so that they can be handed something.
  for (const agent of AGENTS) types(shop, agent, '列表')
  const account = shop.world.wechat.account(shop.world.appid)
  const parties: Party[] = []
  for (let i = 0; i < count; i++) {
    const phone = account.addPhone()
    await phone.text(`第${i}位开口。`)
    await shop.ding.card(`第${i}位开口。`)
    const lane = contactLane('shop' as AccountId, phone.openid)
    const conversation = await shop.product.store.read.conversation(lane)
    parties.push({ phone, lane, marker: conversation!.marker })
  }
  await shop.idle()
  return parties
}

/** Each answer on the phone was given by whoever held the conversation at that moment, and is there once. */
async function onlyHoldersSpoke(shop: Shop, { phone, lane }: Party): Promise<void> {
  const { read } = shop.product.store
  const conversation = await read.conversation(lane)
  let holder: string | undefined
  const answered: string[] = []
  for (const { name, agent } of historyOf(shop, lane)) {
    if (name === 'claimed') {
      expect(holder).toBeUndefined()
      holder = String(agent)
    } else if (name === 'released' || name === 'closed') {
      if (holder !== 'anybody') expect(agent).toBe(holder)
      holder = undefined
    } else if (name === 'transferred') {
      if (holder !== 'anybody') expect(agent).toBe(holder)
      // The log does not say to whom.
      holder = 'anybody'
    } else if (name === 'reply') {
      if (holder !== 'anybody') expect(agent).toBe(holder)
      answered.push(String(agent))
    }
  }
  const reached = answersTo(phone)
  expect(new Set(reached).size).toBe(reached.length)
  const speakers = reached.map((words) => idOf(AGENTS.find((one) => words.startsWith(one))!))
  // Answers that the platform has lost aside, who was let through is who was heard.
  expect(speakers).toEqual(answered)
  if (holder === undefined) expect(conversation?.status).not.toBe('held')
  else if (holder !== 'anybody') expect(conversation?.holder?.agent).toBe(holder)
}

/** When all has come to rest, the newest DingTalk card shows what is so, and nothing twice. */
async function cardTellsTheTruth(shop: Shop, { lane, marker }: Party): Promise<void> {
  const conversation = await shop.product.store.read.conversation(lane)
  const card = shop.ding.find(marker)!
  expect(card.values['lease']).toBe(String(conversation?.lease))
  const words = {
    waiting: '等待认领',
    held: `${conversation?.holder?.name}`,
    closed: '已结束',
  }
  expect(card.values['fields']).toContain(words[conversation!.status])
  const talk = talkOf(card.values)
  expect(new Set(talk).size).toBe(talk.length)
}
