import type { SeededWorld } from '#src/playground/seed.ts'
import type {
  Chat,
  ClickOutcome,
  Deed,
  Line,
  MentionOptions,
  TemplateCard,
} from '#src/playground/wecom/index.ts'
import { until } from './until.ts'

/** The WeCom group of the seeded world, as its members see it and act in it. */
export class WecomGroup {
  readonly #world: SeededWorld
  readonly id: string

  constructor(world: SeededWorld) {
    this.#world = world
    this.id = world.groups.wecom
  }

  get chat(): Chat {
    return this.#world.wecom.rooms.group(this.id)
  }

  /** What the bot said in words, oldest first; several numbered lines may stand in one. */
  texts(): string[] {
    return this.chat.lines.flatMap(({ author, content }) =>
      author.kind === 'bot' && content.kind === 'markdown' ? [content.markdown] : [],
    )
  }

  /** Every numbered line, oldest first. */
  lines(): string[] {
    return this.texts().flatMap((text) => text.split('\n').filter((row) => row.startsWith('〔#')))
  }

  async line(words: string): Promise<Line> {
    return until(`a WeCom line with ${words}`, () =>
      this.chat.lines.findLast(
        ({ author, content }) =>
          author.kind === 'bot' && content.kind === 'markdown' && content.markdown.includes(words),
      ),
    )
  }

  /** Cards that show `words`, oldest first. */
  cards(words: string): Line[] {
    return this.chat.lines.filter(
      ({ content }) =>
        content.kind === 'card' && JSON.stringify(content.shown.card).includes(words),
    )
  }

  /** Presses a button, by its words, on the newest card with `words`; waits until there is one. */
  async press(user: string, words: string, button: string): Promise<ClickOutcome> {
    const { line, key } = await until(`a WeCom card with ${words} and ${button}`, () => {
      const line = this.cards(words).at(-1)
      const key = line && buttonKey(cardOf(line), button)
      return key === undefined ? undefined : { line: line!, key }
    })
    return this.#world.wecom.members.click(user, line, key)
  }

  says(user: string, text: string, options: MentionOptions = {}): Deed {
    return this.#world.wecom.members.mention(this.id, user, text, options)
  }
}

export function cardOf(line: Line): TemplateCard {
  if (line.content.kind !== 'card') throw new Error('not a card')
  return line.content.shown.card
}

export function buttonKey(card: TemplateCard, words: string): string | undefined {
  if (card.card_type !== 'button_interaction') return undefined
  return card.button_list.find(({ text }) => text === words)?.key
}
