import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMedia } from '#src/domain/content.ts'
import type { Conversation } from '#src/domain/conversation.ts'
import { type AgentId, type ConversationId, makeGroupId, workplaceId } from '#src/domain/ids.ts'
import type { Message } from '#src/domain/message.ts'
import {
  type CardAbilities,
  type CardSituation,
  type Thread,
  dueLines,
  follows,
  makeCardId,
  planCard,
  shownBy,
} from '#src/domain/thread.ts'
import { agents, freshConversation, holderOf } from '#test/support/arbitrary.ts'
import {
  aCard,
  aFile,
  agentSays,
  customerSays,
  freshThread,
  inLines,
  onCard,
  picture,
  words,
} from '#test/support/threads.ts'

const [zhang] = agents as [AgentId]
const held: Conversation = {
  ...freshConversation(),
  status: 'held',
  lease: 1,
  holder: holderOf(zhang),
}
const closed: Conversation = { ...freshConversation(), status: 'closed', closedAt: 0 }
const cardless: CardAbilities = { ...onCard, cards: false }
const noPush: CardAbilities = { ...inLines, cardPushGroup: false }

describe('what becomes of a card', () => {
  const posted = freshThread({ card: aCard() })
  const touched = freshThread({ card: aCard({ touchedAt: 50_000 }) })
  const base: CardSituation = {
    thread: posted,
    conversation: freshConversation(),
    can: onCard,
    posted: 1,
    news: false,
    now: 100_000,
    policy: { afterPosts: 8, afterMs: 600_000, notWithinMs: 60_000 },
  }
  const none = freshThread()

  it.each<[string, Partial<CardSituation>, ReturnType<typeof planCard>]>([
    ['no card yet', { thread: none }, 'post'],
    ['no card yet, held', { thread: none, conversation: held }, 'post'],
    ['no card yet, over already', { thread: none, conversation: closed }, 'nothing'],
    ['no cards at all', { thread: none, can: cardless }, 'nothing'],
    ['no card, and none may be pushed', { thread: none, can: noPush }, 'nothing'],
    ['something changed', {}, 'update'],
    ['something changed where no card can be redrawn', { can: inLines }, 'nothing'],
    ['news, card in sight', { news: true, posted: 8 }, 'update'],
    ['news, 8 posts later', { news: true, posted: 9 }, 'repost'],
    ['no news, 8 posts later', { posted: 9 }, 'update'],
    ['news, 10 minutes later', { news: true, now: 600_000 }, 'repost'],
    ['news, just before 10 minutes', { news: true, now: 599_999 }, 'update'],
    [
      'news, scrolled away, the holder at it',
      { news: true, posted: 9, conversation: held, thread: touched },
      'update',
    ],
    [
      'news, scrolled away, the holder idle for a minute',
      { news: true, posted: 9, conversation: held, thread: touched, now: 110_000 },
      'repost',
    ],
    [
      'news, scrolled away, a former holder at it',
      { news: true, posted: 9, thread: touched },
      'repost',
    ],
    ['waiting, scrolled away, no redrawing', { news: true, posted: 9, can: inLines }, 'repost'],
    [
      'held, scrolled away, no redrawing',
      { news: true, posted: 9, can: inLines, conversation: held },
      'nothing',
    ],
    ['news, scrolled away, no pushing', { news: true, posted: 9, can: noPush }, 'nothing'],
    ['over', { conversation: closed }, 'update'],
  ])('%s', (_case, over, plan) => {
    expect(planCard({ ...base, ...over })).toBe(plan)
  })
})

describe('who follows the talk', () => {
  const theirs = held.holder!.group
  const other = makeGroupId(workplaceId('wecom'), 'wc-group')

  it('is everybody while it waits, then the holder’s group, or all where the desk wants it', () => {
    expect(follows(other, freshConversation(), 'holder')).toBe(true)
    expect(follows(theirs, held, 'holder')).toBe(true)
    expect(follows(other, held, 'holder')).toBe(false)
    expect(follows(other, held, 'all')).toBe(true)
  })
})

describe('lines of a group that reads lines', () => {
  const never = (): boolean => false
  const numbers = (messages: readonly Message[]): number[] => messages.map(({ number }) => number)

  it('are the customer’s messages, each once, oldest first', () => {
    const talk = [customerSays(1), agentSays(2), customerSays(3)]
    const first = dueLines(freshThread(), talk, inLines, never)
    expect(numbers(first.due)).toEqual([1, 3])
    expect(first.thread).toMatchObject({ lined: 3, linedAhead: [] })
    expect(dueLines(first.thread, talk, inLines, never).due).toEqual([])
  })

  it('are these also where a workplace has no cards', () => {
    expect(numbers(dueLines(freshThread(), [customerSays(1)], cardless, never).due)).toEqual([1])
  })

  it('wait behind a picture that is still being fetched', () => {
    const talk = [customerSays(1), customerSays(2, picture()), customerSays(3)]
    const isPicture = (message: Message): boolean =>
      isMedia(message.content) && !message.content.file
    const early = dueLines(freshThread(), talk, inLines, isPicture)
    expect(numbers(early.due)).toEqual([1])
    const late = dueLines(early.thread, talk, inLines, never)
    expect(numbers(late.due)).toEqual([2, 3])
  })
})

describe('lines of a group that reads the card', () => {
  const never = (): boolean => false
  const due = (thread: Thread, talk: Message[]): number[] =>
    dueLines(thread, talk, onCard, never).due.map(({ number }) => number)

  it('are none for what fits on the card', () => {
    expect(
      due(
        freshThread(),
        [1, 2, 3, 4].map((n) => customerSays(n)),
      ),
    ).toEqual([])
  })

  it('are those that a burst pushes off the card before any drawing arrived', () => {
    const burst = [1, 2, 3, 4, 5, 6].map((n) => customerSays(n))
    expect(due(freshThread(), burst)).toEqual([1, 2])
    expect(due(freshThread({ card: aCard({ shown: 1 }) }), burst)).toEqual([2])
    expect(due(freshThread({ card: aCard({ shown: 6 }) }), burst)).toEqual([])
  })

  it('are long texts and files, whole', () => {
    const talk = [
      customerSays(1, words('十个字正好十个字正好')),
      customerSays(2, words('十一个字就是太长了一点')),
      customerSays(3, picture(aFile)),
      customerSays(4, words('👍'.repeat(10))),
    ]
    expect(due(freshThread(), talk)).toEqual([2, 3])
  })

  it('are remembered beyond a gap', () => {
    const talk = [customerSays(1), customerSays(2, picture(aFile)), customerSays(3)]
    const { thread } = dueLines(freshThread(), talk, onCard, never)
    expect(thread).toMatchObject({ lined: 0, linedAhead: [2] })
    expect(dueLines(thread, talk, onCard, never).due).toEqual([])
  })
})

describe('how far a drawing counts as shown', () => {
  const talk = [1, 2, 3, 4, 5, 6].map((n) => customerSays(n))

  it('is to the last message when all before it were shown or lined', () => {
    expect(shownBy(freshThread(), talk.slice(0, 4), onCard)).toBe(4)
    expect(shownBy(freshThread({ lined: 2 }), talk, onCard)).toBe(6)
    expect(shownBy(freshThread({ linedAhead: [1, 2] }), talk, onCard)).toBe(6)
    expect(shownBy(freshThread({ card: aCard({ shown: 2 }) }), talk, onCard)).toBe(6)
    expect(shownBy(freshThread(), [], onCard)).toBe(0)
  })

  it('ends before a message that is neither on the card nor a line', () => {
    expect(shownBy(freshThread({ card: aCard({ shown: 1 }) }), talk, onCard)).toBe(1)
    expect(shownBy(freshThread({ linedAhead: [1] }), talk, onCard)).toBe(1)
  })

  it('does not end before an agent’s message', () => {
    const mixed = [agentSays(1), agentSays(2), ...talk.slice(2)]
    expect(shownBy(freshThread(), mixed, onCard)).toBe(6)
  })
})

describe('a group over a whole conversation', () => {
  type Step =
    | { do: 'text' | 'long' | 'picture' | 'reply' | 'draw' | 'arrive' | 'fail' }
    | { do: 'fetched' | 'give-up'; which: number }
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.constant({ do: 'text' as const }) },
    fc.record({ do: fc.constantFrom('long' as const, 'picture' as const, 'reply' as const) }),
    { weight: 2, arbitrary: fc.constant({ do: 'draw' as const }) },
    { weight: 2, arbitrary: fc.constantFrom({ do: 'arrive' as const }, { do: 'fail' as const }) },
    fc.record({ do: fc.constantFrom('fetched' as const, 'give-up' as const), which: fc.nat(5) }),
  )

  /** Plays a conversation and keeps what the group has really had before its eyes. */
  class Group {
    readonly messages: Message[] = []
    readonly seen = new Set<number>()
    readonly lined: number[] = []
    readonly #given = new Set<number>()
    readonly #can: CardAbilities
    thread: Thread = freshThread({ card: aCard() })
    /** A newer drawing replaces the one that has not left yet. */
    #drawing: { shows: number; visible: number[] } | undefined

    constructor(can: CardAbilities) {
      this.#can = can
    }

    play(step: Step): void {
      const number = this.messages.length + 1
      if (step.do === 'text') this.messages.push(customerSays(number))
      if (step.do === 'long') this.messages.push(customerSays(number, words('长'.repeat(11))))
      if (step.do === 'picture') this.messages.push(customerSays(number, picture()))
      if (step.do === 'reply') this.messages.push(agentSays(number))
      if (step.do === 'fetched' || step.do === 'give-up') this.#settlePicture(step)
      // An agent's reply is no occasion to relay; everything else of these is.
      if (step.do !== 'reply' && step.do !== 'arrive' && step.do !== 'fail') this.#relay()
      if (step.do === 'arrive') this.arrive()
      else if (step.do === 'fail') this.#drawing = undefined
      else this.draw()
    }

    #settlePicture({ do: what, which }: Step & { which: number }): void {
      const waiting = this.messages.filter((message) => this.#isAwaited(message))
      const one = waiting[which % Math.max(1, waiting.length)]
      if (!one) return
      if (what === 'give-up') this.#given.add(one.number)
      else this.messages[one.number - 1] = { ...one, content: picture(aFile) }
    }

    #isAwaited({ content, number }: Message): boolean {
      return isMedia(content) && !content.file && !this.#given.has(number)
    }

    #relay(): void {
      const unfetched = (message: Message): boolean => this.#isAwaited(message)
      const { due, thread } = dueLines(this.thread, this.messages, this.#can, unfetched)
      this.thread = thread
      for (const { number } of due) {
        this.lined.push(number)
        this.seen.add(number)
      }
    }

    draw(): void {
      const { transcriptLines } = this.#can
      const visible = this.messages.slice(-transcriptLines).map(({ number }) => number)
      this.#drawing = { shows: shownBy(this.thread, this.messages, this.#can), visible }
    }

    arrive(): void {
      const card = this.thread.card!
      if (!this.#drawing || !this.#can.cardUpdateLater) return
      for (const number of this.#drawing.visible) this.seen.add(number)
      const shown = Math.max(card.shown, this.#drawing.shows)
      this.thread = { ...this.thread, card: { ...card, shown } }
      this.#drawing = undefined
    }

    /** Everything is fetched or given up, relayed, drawn, and arrives. */
    end(): void {
      for (const message of this.messages)
        if (this.#isAwaited(message)) this.#given.add(message.number)
      this.#relay()
      this.draw()
      this.arrive()
    }
  }

  it.each([
    ['reads the card', onCard],
    ['reads lines', inLines],
    ['has no cards', cardless],
  ])('that %s sees every message, none twice as a line', (_who, can) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (steps) => {
        const group = new Group(can)
        for (const one of steps) group.play(one)
        group.end()
        const said = group.messages.filter(({ from }) => from === 'customer')
        expect(said.map(({ number }) => number).filter((n) => !group.seen.has(n))).toEqual([])
        expect(new Set(group.lined).size).toBe(group.lined.length)
        // Where the card carries the talk, a long text has its line before those that the card may still show.
        if (can !== onCard) expect(group.lined).toEqual(group.lined.toSorted((a, b) => a - b))
      }),
      { numRuns: 1500 },
    )
  })
})

describe('a card’s id', () => {
  it('tells groups and revisions apart and keeps within what WeCom and DingTalk take', () => {
    const conversation = '01JD8XQ4ZK9V6M3T5R7N2B0CFW' as ConversationId // as makeId makes them
    const one = makeGroupId(workplaceId('dingtalk'), 'cid+/=中文')
    const other = makeGroupId(workplaceId('wecom'), 'wrOgQhDgAA')
    const ids = [one, other].flatMap((g) => [1, 2].map((r) => makeCardId(conversation, g, r)))
    expect(new Set(ids).size).toBe(4)
    for (const id of ids) expect(id).toMatch(/^[0-9A-Za-z-]{1,100}$/)
  })
})
