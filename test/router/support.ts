import type { BotEvent, EventName } from '#src/router/events.ts'

/** What an agent can order in these tests. */
export type Command = { name: '关闭' } | { name: '转'; to: string }

/** A context like the real one: a class, generic in its event, with private fields and methods. */
export class Bench<E extends BotEvent = BotEvent> {
  readonly event: E
  readonly #said: string[] = []
  #parsed = 0

  constructor(event: E) {
    this.event = event
  }

  say(word: string): void {
    this.#said.push(word)
  }

  get said(): readonly string[] {
    return this.#said
  }

  get parsed(): number {
    return this.#parsed
  }

  get command(): Command | undefined {
    this.#parsed++
    const { event } = this
    if (event.name !== 'agent:text') return undefined
    if (event.text === '关闭') return { name: '关闭' }
    const to = /^转 (\S+)$/u.exec(event.text)?.[1]
    return to === undefined ? undefined : { name: '转', to }
  }
}

/** A context of an event with this name. The router reads the name only, so the other fields are those given. */
export function bench(name: EventName, fields: object = {}): Bench {
  // A whole row of the table for each of the names would say nothing about the router.
  return new Bench({ name, ...fields } as BotEvent)
}
