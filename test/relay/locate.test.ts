import { describe, expect, it } from 'vitest'
import type { Agent, Group } from '#src/domain/desk.ts'
import {
  type LaneKey,
  deskId,
  deskLane,
  makeAgentId,
  makeGroupId,
  workplaceId,
} from '#src/domain/ids.ts'
import { makeMarker } from '#src/domain/marker.ts'
import type { AgentInput } from '#src/ports/workplace.ts'
import { locate, locateCard, sighting } from '#src/relay/locate.ts'
import { freshConversation, holderOf } from '#test/support/arbitrary.ts'
import { DESK, MINUTE } from '#test/support/shop.ts'
import { laneOf } from '#test/support/stage.ts'
import { smallWorld } from '#test/support/world.ts'

const dingtalk = workplaceId('dingtalk')
const zhang = makeAgentId(dingtalk, 'zhang')
const group = makeGroupId(dingtalk, 'dt-group')
const other = deskId('other')

const known = makeMarker(() => 0.42)
const second = makeMarker(() => 0.87)
const unknown = makeMarker(() => 0.13)
const typo = `${known.slice(0, 5)}${known[5] === 'A' ? 'B' : 'A'}`
const ofAnna = laneOf('anna')
const ofBella = laneOf('bella')

interface Known {
  held?: LaneKey[]
  current?: LaneKey
  groups?: Group[]
  /** Whether the other desk is still in the configuration. */
  configured?: boolean
}

function world({ held = [], current, groups = [boundGroup], configured = true }: Known = {}) {
  const agent: Agent = {
    id: zhang,
    workplace: dingtalk,
    user: 'zhang',
    name: '张三',
    groups: [group],
    seenAt: 0,
    ...(current && { current }),
  }
  const small = smallWorld({
    read: {
      group: (id: string) => groups.find((one) => one.id === id),
      agent: (id: string) => (id === zhang ? agent : undefined),
      heldBy: async () =>
        held.map((lane) => ({
          lane,
          conversation: { ...freshConversation(), holder: holderOf(zhang) },
        })),
      laneOfMarker: async (marker: string) => ({ [known]: ofAnna, [second]: ofBella })[marker],
      laneOfPost: async (_: string, id: string) =>
        ({ 'post-anna': ofAnna, 'post-list': deskLane(DESK) })[id],
      laneOfCard: async (id: string) => (id === 'CARD' ? ofAnna : undefined),
      bindCode: async (code: string) => (code === 'ABCD' ? { desk: other } : undefined),
    },
  })
  const { settings } = small
  const desks = new Map(settings.desks)
  if (configured) desks.set(other, { ...settings.desks.get(DESK)!, id: other })
  return { ...small, settings: { ...settings, desks } }
}

const boundGroup: Group = {
  id: group,
  desk: DESK,
  workplace: dingtalk,
  chat: 'dt-group',
  boundAt: 0,
  posted: 0,
}

function typed(text: string, over: Partial<AgentInput> = {}) {
  return {
    key: 'k',
    at: 0,
    agent: { id: zhang, workplace: dingtalk, user: 'zhang' },
    chat: { kind: 'group' as const, workplace: dingtalk, id: 'dt-group' },
    messageId: 'm',
    text,
    media: [],
    ...over,
    // The tests here are about people whom the workplace names.
  } as AgentInput & { agent: NonNullable<AgentInput['agent']> }
}

const direct = { chat: { kind: 'direct' as const, workplace: dingtalk, id: 'zhang' } }

describe('where words belong', () => {
  it('is told by a marker in front of them', async () => {
    expect(await locate(world(), typed(`#${known} 在的`))).toEqual({ lane: ofAnna, text: '在的' })
    expect(await locate(world(), typed(`  ＃${known.toLowerCase()}：认领`))).toEqual({
      lane: ofAnna,
      text: '认领',
    })
  })

  it('is told by the quoted card or line', async () => {
    const quoted = { platformId: 'post-anna', text: '不相干' }
    expect(await locate(world(), typed('在的', { quoted }))).toEqual({ lane: ofAnna, text: '在的' })
  })

  it('is told by the marker of the quoted line where the platform has no ids', async () => {
    const quoted = { text: `〔#${known}·7〕 客户：〔#${second}·1〕 骗人的` }
    expect(await locate(world(), typed('在的', { quoted }))).toEqual({ lane: ofAnna, text: '在的' })
  })

  it('is told by what is typed when a quote says something else', async () => {
    const quoted = { platformId: 'post-anna' }
    expect(await locate(world(), typed(`#${second} 在的`, { quoted }))).toEqual({
      lane: ofBella,
      text: '在的',
    })
  })

  it('is told by what is typed under a quoted list', async () => {
    const quoted = { platformId: 'post-list' }
    expect(await locate(world(), typed(`#${second} 认领`, { quoted }))).toEqual({
      lane: ofBella,
      text: '认领',
    })
  })

  it('is not told by an order number under a quote, which goes out whole', async () => {
    const quoted = { platformId: 'post-anna' }
    expect(await locate(world(), typed('#123456 已发货', { quoted }))).toEqual({
      lane: ofAnna,
      text: '#123456 已发货',
    })
  })

  it('is nowhere when a marker has a typing error, with a quote or without', async () => {
    const nowhere = { lane: deskLane(DESK), text: '在的', unknownMarker: typo }
    expect(await locate(world(), typed(`#${typo} 在的`))).toEqual(nowhere)
    expect(
      await locate(world(), typed(`#${typo} 在的`, { quoted: { platformId: 'post-anna' } })),
    ).toEqual(nowhere)
    expect(await locate(world({ held: [ofAnna] }), typed(`#${typo} 在的`))).toEqual(nowhere)
  })

  it('is nowhere when there is no such conversation', async () => {
    expect(await locate(world(), typed(`#${unknown} 在的`))).toMatchObject({
      lane: deskLane(DESK),
      unknownMarker: unknown,
    })
  })

  it('is the only conversation that its writer holds in this group', async () => {
    expect((await locate(world({ held: [ofAnna] }), typed('在的'))).lane).toBe(ofAnna)
    expect((await locate(world({ held: [ofAnna, ofBella] }), typed('在的'))).lane).toBe(
      deskLane(DESK),
    )
    expect((await locate(world(), typed('在的'))).lane).toBe(deskLane(DESK))
    const elsewhere = { kind: 'group' as const, workplace: dingtalk, id: 'elsewhere' }
    expect((await locate(world({ held: [ofAnna] }), typed('在的', { chat: elsewhere }))).lane).toBe(
      deskLane(DESK),
    )
  })

  it('is nobody’s when they quote what belongs to no conversation, however few their writer holds', async () => {
    for (const quoted of [{}, { text: '一位同事的话' }, { platformId: 'gone' }]) {
      const words = typed('您好', { quoted })
      expect(await locate(world({ held: [ofAnna] }), words)).toEqual({
        lane: deskLane(DESK),
        text: '您好',
        unknownQuote: true,
      })
    }
  })

  it('is whom a single chat speaks to now, and nobody else', async () => {
    expect((await locate(world({ current: ofAnna }), typed('在的', direct))).lane).toBe(ofAnna)
    expect((await locate(world({ held: [ofBella] }), typed('在的', direct))).lane).toBe(
      deskLane(DESK),
    )
  })

  it('is the desk for orders that concern nobody, whatever its writer holds', async () => {
    for (const text of ['列表', '帮助', '/帮助', '解绑'])
      expect((await locate(world({ held: [ofAnna], current: ofAnna }), typed(text))).lane).toBe(
        deskLane(DESK),
      )
    expect((await locate(world({ held: [ofAnna] }), typed('释放'))).lane).toBe(ofAnna)
  })

  it('is the desk that a code is for', async () => {
    expect(await locate(world(), typed('绑定 ABCD'))).toEqual({
      lane: deskLane(other),
      text: '绑定 ABCD',
    })
    expect((await locate(world(), typed('绑定 WXYZ'))).lane).toBe(deskLane(DESK))
  })

  it('is the desk of the group, else of a group in which its writer was seen', async () => {
    const elsewhere = { ...boundGroup, desk: other }
    expect((await locate(world({ groups: [elsewhere] }), typed('列表'))).lane).toBe(deskLane(other))
    expect((await locate(world({ groups: [elsewhere] }), typed('列表', direct))).lane).toBe(
      deskLane(other),
    )
    expect((await locate(world({ groups: [] }), typed('列表'))).lane).toBe(deskLane(DESK))
    const gone = world({ groups: [elsewhere], configured: false })
    expect((await locate(gone, typed('列表'))).lane).toBe(deskLane(DESK))
  })
})

describe('where a click belongs', () => {
  const click = {
    ...typed(''),
    card: 'CARD' as never,
    lease: 0,
    action: 'claim',
  }

  it('is the conversation of its card, the desk when nobody knows it', async () => {
    expect(await locateCard(world(), click)).toBe(ofAnna)
    expect(await locateCard(world(), { ...click, card: 'LOST' as never })).toBe(deskLane(DESK))
  })
})

describe('who was seen', () => {
  const ref = { id: zhang, workplace: dingtalk, user: 'zhang' }
  const chat = typed('').chat

  it('is kept when somebody is new, is new in a group, or has another name', () => {
    const w = world()
    const stranger = { ...ref, id: makeAgentId(dingtalk, 'wang'), user: 'wang' }
    expect(sighting(w, stranger, chat, 5)).toMatchObject({
      name: 'wang',
      groups: [group],
      seenAt: 5,
    })
    expect(sighting(w, ref, { ...chat, id: 'new' }, 5)).toMatchObject({
      name: '张三',
      groups: [group, makeGroupId(dingtalk, 'new')],
    })
    expect(sighting(w, { ...ref, name: '张三丰' }, chat, 5)).toMatchObject({ name: '张三丰' })
  })

  it('is not written at every word', () => {
    expect(sighting(world(), ref, chat, 5 * MINUTE - 1)).toBeUndefined()
    expect(sighting(world(), ref, chat, 5 * MINUTE)).toBeDefined()
  })

  it('in a single chat belongs to no group by that', () => {
    const stranger = { ...ref, id: makeAgentId(dingtalk, 'wang'), user: 'wang' }
    expect(sighting(world(), stranger, direct.chat, 5)).toMatchObject({ groups: [] })
  })
})
