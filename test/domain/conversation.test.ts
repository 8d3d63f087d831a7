import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Conversation,
  type Move,
  type Status,
  isHeldBy,
  mayReopen,
  move,
  moves,
} from '#src/domain/conversation.ts'
import type { AgentId } from '#src/domain/ids.ts'
import { outbound } from '#src/domain/outbound.ts'
import {
  type Action,
  action,
  agents,
  contactWith,
  freshConversation,
  holderOf,
  leaseOf,
  stepOf,
} from '#test/support/arbitrary.ts'

const [zhang, li, wang, zhao] = agents as [AgentId, AgentId, AgentId, AgentId]
const HOUR = 3_600_000

const held = (by: AgentId, lease = 1): Conversation => ({
  ...freshConversation(),
  status: 'held',
  holder: holderOf(by),
  lease,
})

const stateOf: Record<Status, Conversation> = {
  waiting: freshConversation(),
  held: held(zhang),
  closed: { ...freshConversation(), status: 'closed', lease: 2, closedAt: 0 },
}

const stepNamed = (name: Move['do'], by: AgentId, to: AgentId = li): Move =>
  stepOf({ kind: 'move', do: name, by, to, seen: 'none' }, 0, 0)

describe('the table of moves', () => {
  const rows = Object.entries(moves).flatMap(([status, row]) =>
    Object.entries(row).map(([name, entry]) => ({ status, name, entry })),
  )

  it.each(rows)('$status: $name is what the table says', ({ status, name, entry }) => {
    // Object.entries forgets that these are the keys of the table.
    const before = stateOf[status as Status]
    const moved = move(before, stepNamed(name as Move['do'], zhang), 5)
    if (typeof entry !== 'string') {
      expect(moved).toMatchObject({
        ok: true,
        conversation: { status: entry.to, lease: before.lease + 1 },
      })
    } else if (status === 'held' && name === 'claim') {
      expect(moved).toEqual({ ok: false, refusal: 'already-yours' })
    } else {
      expect(moved).toEqual({ ok: false, refusal: entry })
    }
  })

  it.each(['transfer', 'release', 'close'] as const)('lets nobody but the holder %s', (name) => {
    expect(move(stateOf.held, stepNamed(name, wang), 5)).toEqual({
      ok: false,
      refusal: 'not-yours',
    })
  })

  it('refuses to hand over to oneself', () => {
    expect(move(stateOf.held, stepNamed('transfer', zhang, zhang), 5)).toEqual({
      ok: false,
      refusal: 'already-yours',
    })
  })

  it('refuses a claim that a colleague of the other workplace has won', () => {
    const won = move(freshConversation(), { do: 'claim', by: holderOf(zhao), lease: 0 }, 1)
    if (!won.ok) throw new Error('the first claim has to win')
    const late = move(won.conversation, { do: 'claim', by: holderOf(zhang), lease: 0 }, 2)
    expect(late).toEqual({ ok: false, refusal: 'held-by-other' })
  })

  it.each(['release', 'close', 'transfer'] as const)(
    'refuses to %s from a card that was drawn before the last change',
    (name) => {
      const stale = { ...stepNamed(name, zhang), lease: 0 } as Move
      expect(move(held(zhang, 3), stale, 5)).toEqual({ ok: false, refusal: 'stale-card' })
    },
  )

  it('tells the clicker of an old 认领 the simple truth where there is one', () => {
    const old = { do: 'claim', by: holderOf(zhang), lease: 0 } as const
    expect(move(held(zhang, 3), old, 5)).toEqual({ ok: false, refusal: 'already-yours' })
    expect(move(held(li, 3), old, 5)).toEqual({ ok: false, refusal: 'held-by-other' })
    expect(move({ ...freshConversation(), lease: 2 }, old, 5)).toEqual({
      ok: false,
      refusal: 'stale-card',
    })
    expect(move({ ...stateOf.closed, lease: 9 }, old, 5)).toEqual({ ok: false, refusal: 'closed' })
  })
})

describe('what a move leaves behind', () => {
  it('keeps former holders, latest first, without the present one', () => {
    const chain = [zhang, li, wang, zhang]
    let conversation = held(chain[0]!)
    for (const to of chain.slice(1)) {
      const by = conversation.holder!.agent
      const moved = move(conversation, { do: 'transfer', by, to: holderOf(to) }, 1)
      if (!moved.ok) throw new Error(moved.refusal)
      conversation = moved.conversation
    }
    expect(conversation.holder?.agent).toBe(zhang)
    expect(conversation.formerHolders).toEqual([wang, li])
  })

  it('has no holder after a release or a close, and knows when it was closed', () => {
    const released = move(held(zhang), { do: 'release', by: zhang }, 7)
    const closed = move(held(zhang), { do: 'close', by: zhang }, 7)
    expect(released).toMatchObject({ ok: true, conversation: { formerHolders: [zhang] } })
    expect(released.ok && 'holder' in released.conversation).toBe(false)
    expect(closed).toMatchObject({
      ok: true,
      conversation: { closedAt: 7, formerHolders: [zhang] },
    })
    expect(closed.ok && 'holder' in closed.conversation).toBe(false)
  })

  it('owes nothing any more once it is closed, and is no longer closed once it is opened again', () => {
    const closed = move({ ...held(zhang), owedSince: 3 }, { do: 'close', by: zhang }, 7)
    if (!closed.ok) throw new Error(closed.refusal)
    expect(closed.conversation).not.toHaveProperty('owedSince')
    const reopened = move(closed.conversation, { do: 'reopen' }, 8)
    expect(reopened).toMatchObject({ ok: true, conversation: { status: 'waiting' } })
    expect(reopened.ok && 'closedAt' in reopened.conversation).toBe(false)
  })

  it('owes the answer still after a release or a transfer', () => {
    const owing = { ...held(zhang), owedSince: 3 }
    for (const name of ['release', 'idle-release', 'transfer'] as const)
      expect(move(owing, stepNamed(name, zhang), 7)).toMatchObject({
        conversation: { owedSince: 3 },
      })
  })
})

describe('coming back', () => {
  const closed: Conversation = { ...freshConversation(), status: 'closed', closedAt: 1000 }

  it('goes on with a closed conversation up to the end of the window, and not beyond', () => {
    expect(mayReopen(closed, 1000 + 24 * HOUR, 24 * HOUR)).toBe(true)
    expect(mayReopen(closed, 1001 + 24 * HOUR, 24 * HOUR)).toBe(false)
  })

  it('has nothing to reopen while the conversation is open', () => {
    expect(mayReopen(freshConversation(), 1, 24 * HOUR)).toBe(false)
    expect(mayReopen(held(zhang), 1, 24 * HOUR)).toBe(false)
  })
})

describe('any number of agents doing anything in any order', () => {
  const carrier = {
    send: { text: { maxBytes: 2048 } },
    mediaTypes: {},
    quota: { message: { windowMs: 48 * HOUR, max: 1_000_000 } },
    typing: false,
  }
  const contact = contactWith({ message: { openedAt: 0, used: 0 } })

  /** Tries one action and checks what may never be otherwise. */
  function tryOne(conversation: Conversation, tried: Action, now: number): Conversation {
    const { by } = tried
    if (tried.kind === 'say') {
      const lease = leaseOf(tried.seen, conversation.lease)
      const said = { by, content: { kind: 'text' as const, text: '在的' }, ...lease }
      const { ok } = outbound(said, conversation, contact, carrier, now)
      const isFresh = lease.lease === undefined || lease.lease === conversation.lease
      expect(ok).toBe(
        conversation.status === 'held' && conversation.holder?.agent === by && isFresh,
      )
      return conversation
    }
    const step = stepOf(tried, conversation.lease, now)
    const moved = move(conversation, step, now)
    if (!moved.ok) return conversation
    const after = moved.conversation
    const wasFresh = !('lease' in step) || step.lease === conversation.lease
    expect(wasFresh).toBe(true)
    expect(after.lease).toBe(conversation.lease + 1)
    expect(after.holder !== undefined).toBe(after.status === 'held')
    if (step.do === 'claim') expect(conversation.status).toBe('waiting')
    if ('by' in step && step.do !== 'claim') expect(isHeldBy(conversation, step.by)).toBe(true)
    return after
  }

  it('lets only the holder speak, has one holder at most, and never lowers the lease', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (tries) => {
        let conversation = freshConversation()
        for (const [now, tried] of tries.entries()) {
          const after = tryOne(conversation, tried, now)
          expect(after.lease).toBeGreaterThanOrEqual(conversation.lease)
          expect(agents.filter((agent) => isHeldBy(after, agent)).length).toBeLessThanOrEqual(1)
          expect(after.formerHolders).not.toContain(after.holder?.agent)
          expect(new Set(after.formerHolders).size).toBe(after.formerHolders.length)
          conversation = after
        }
      }),
      { numRuns: 500 },
    )
  })

  it('lets one claim win of those that saw the same card', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...agents], { minLength: 2 }), (claimants) => {
        let conversation = freshConversation()
        const winners: AgentId[] = []
        for (const agent of claimants) {
          const moved = move(conversation, { do: 'claim', by: holderOf(agent), lease: 0 }, 1)
          if (!moved.ok) continue
          winners.push(agent)
          conversation = moved.conversation
        }
        expect(winners).toEqual([claimants[0]])
        expect(conversation.holder?.agent).toBe(claimants[0])
      }),
    )
  })
})
