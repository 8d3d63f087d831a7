import { z } from 'zod'
import type { CardView, ClickOutcome, EntryView, Written } from '#src/playground/dingtalk/index.ts'
import type { SeededWorld } from '#src/playground/seed.ts'
import { until } from './until.ts'

/** What one successful call put on a card: `lines` is the talk as drawn, oldest first. */
export interface Drawing {
  card: string
  call: 'post' | 'update'
  lines: string[]
  /** By variable; of an update only those it names. */
  values: Record<string, string>
}

const drawn = z.object({
  outTrackId: z.string(),
  cardData: z.object({ cardParamMap: z.record(z.string(), z.string()) }).optional(),
})

export const LINES = Array.from({ length: 8 }, (_, i) => `line_${i + 1}`)

/** The lines of talk on a card, without empty ones. */
export const talkOf = (values: Readonly<Record<string, string>>): string[] =>
  LINES.map((name) => values[name] ?? '').filter((line) => line !== '')

/** The DingTalk group of the seeded world, as its members see it and act in it. */
export class DingGroup {
  readonly #world: SeededWorld
  readonly id: string

  constructor(world: SeededWorld) {
    this.#world = world
    this.id = world.groups.dingtalk
  }

  entries(viewer?: string): EntryView[] {
    return this.#world.dingtalk.group(this.id, viewer, 100_000).entries
  }

  /** What the robot said beside cards, oldest first. */
  texts(): string[] {
    return this.entries().flatMap(({ from, content }) => {
      if (!from.robot) return []
      if (content.type === 'text' || content.type === 'markdown') return [content.text]
      return []
    })
  }

  /** Ids of the group's cards, oldest first. */
  cardIds(): string[] {
    return this.entries().flatMap(({ content }) =>
      content.type === 'card' ? [content.outTrackId] : [],
    )
  }

  /** The newest card that shows `words` anywhere (in its title, its talk…), as `viewer` has it. */
  find(words: string, viewer?: string): CardView | undefined {
    return this.cardIds()
      .map((id) => this.#world.dingtalk.card(id, viewer))
      .findLast((card) => card !== undefined && JSON.stringify(card.values).includes(words))
  }

  card(words: string, viewer?: string): Promise<CardView> {
    return until(`a DingTalk card with ${words}`, () => this.find(words, viewer))
  }

  /** What a button of the newest card with `words` came to; waits until the user sees it. */
  async press(user: string, words: string, button: string): Promise<ClickOutcome> {
    const card = await until(`${user} sees ${button} on ${words}`, () => {
      const found = this.find(words, user)
      return found?.parts?.some((part) => 'id' in part && part.id === button) ? found : undefined
    })
    return this.#world.dingtalk.people.click(user, card.outTrackId, button)
  }

  /** Types into the reply box; waits until the user has one. */
  async reply(user: string, words: string, text: string): Promise<ClickOutcome> {
    const card = await until(`${user} has a reply box on ${words}`, () => {
      const found = this.find(words, user)
      return found?.parts?.some((part) => part.kind === 'form' && part.id === 'reply')
        ? found
        : undefined
    })
    return this.#world.dingtalk.people.submit(user, card.outTrackId, 'reply', { text })
  }

  says(user: string, text: string, more: Omit<Written, 'text'> = {}) {
    return this.#world.dingtalk.people.writeInGroup(user, this.id, { text, ...more })
  }

  /** Everything that was drawn on cards, in the order of the calls; refused and lost calls left out. */
  drawings(): Drawing[] {
    return this.#world.dingtalk.calls.flatMap(({ name, body, status, code }) => {
      const call = name === 'card/createAndDeliver' ? 'post' : 'update'
      if (call === 'update' && name !== 'card/update') return []
      const parsed = drawn.safeParse(body)
      if (status !== 200 || code !== undefined || !parsed.success) return []
      const values = parsed.data.cardData?.cardParamMap ?? {}
      return [{ card: parsed.data.outTrackId, call, lines: talkOf(values), values } as const]
    })
  }
}
