/** A browser in a few lines: opens the page, presses what is on it, listens to what comes live. */
export class PageVisitor {
  readonly #base: string

  constructor(url: string) {
    this.#base = url
  }

  async open(query = ''): Promise<string> {
    const answer = await fetch(`${this.#base}${query}`)
    return answer.text()
  }

  /** Sends a form as the page does; gives the words that pop up. */
  async send(path: string, fields: Record<string, string | File> = {}): Promise<string> {
    const body = new FormData()
    for (const [name, value] of Object.entries(fields)) body.append(name, value)
    const answer = await fetch(new URL(path, this.#base), { method: 'POST', body })
    return textOf(await answer.text())
  }

  /** The regions that come live, by id, one map for each event. */
  async *live(query = ''): AsyncGenerator<Map<string, string>> {
    const ending = new AbortController()
    try {
      const { body } = await fetch(new URL(`/live${query}`, this.#base), { signal: ending.signal })
      if (!body) return
      let rest = ''
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        const events = (rest + chunk).split('\n\n')
        rest = events.pop() ?? ''
        for (const event of events) yield regionsOf(event)
      }
    } finally {
      ending.abort()
    }
  }
}

function regionsOf(event: string): Map<string, string> {
  const text = event.replaceAll(/^data: ?/gm, '')
  const partial = /<hx-partial hx-target="#([\w-]+)"[^>]*>([\s\S]*?)<\/hx-partial>/g
  return new Map(Array.from(text.matchAll(partial), ([, id = '', inside = '']) => [id, inside]))
}

/** What a person reads of a piece of HTML. */
export function textOf(markup: string): string {
  return markup
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
