/** A piece of HTML that may stand in a page as it is. Everything else is text and gets escaped. */
export class Html {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  toString(): string {
    return this.#text
  }
}

export type HtmlPart = Html | string | number | undefined | false | readonly HtmlPart[]

/** Template tag: what is put in is escaped, unless it is `Html` itself; `undefined` and `false` leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: HtmlPart[]): Html {
  const text = strings.map((string, i) => (i === 0 ? string : write(parts[i - 1]) + string))
  return new Html(text.join(''))
}

/** Pieces one after another. */
export function join(parts: readonly HtmlPart[]): Html {
  return new Html(parts.map(write).join(''))
}

function write(part: HtmlPart): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.toString()
  return typeof part === 'object' ? part.map(write).join('') : escapeHtml(String(part))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '')
}
