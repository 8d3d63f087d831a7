import { html, type Html, join } from './html.ts'

export interface MarkdownDialect {
  /** WeCom breaks a line where the text does; DingTalk only behind two spaces. */
  breaks: boolean
  /** WeCom has three colours, by name. */
  colours: boolean
  /** DingTalk shows pictures inside a message. */
  pictures: boolean
}

export const DINGTALK: MarkdownDialect = { breaks: false, colours: false, pictures: true }
export const WECOM: MarkdownDialect = { breaks: true, colours: true, pictures: false }

/**
 * The part of Markdown that the clients draw: headings, quotes, lists, rules, bold, italics, code, links, colours.
 * Drawn from the raw text piece by piece, every piece escaped where it is put in.
 */
export function markdown(text: string, dialect: MarkdownDialect): Html {
  return join(
    group(text.replaceAll('\r', '').split('\n')).map((block) => drawBlock(block, dialect)),
  )
}

interface Block {
  kind: 'heading' | 'quote' | 'item' | 'rule' | 'words'
  /** Of a heading its level, of an item what stands before it. */
  mark: string
  lines: string[]
}

/** Neighbouring lines of running text, or of a quote, belong together; a blank line parts them. */
function group(lines: readonly string[]): Block[] {
  const blocks: Block[] = []
  let isApart = true
  for (const line of lines) {
    const block = readLine(line)
    const last = blocks.at(-1)
    const joins = block?.kind === 'words' || block?.kind === 'quote'
    if (block && last && joins && !isApart && last.kind === block.kind) {
      last.lines.push(...block.lines)
    } else if (block) blocks.push(block)
    isApart = block === undefined
  }
  return blocks
}

/** undefined: a blank line. */
function readLine(line: string): Block | undefined {
  const text = line.trimStart()
  if (text.trim() === '') return undefined
  const heading = /^(#{1,6})\s+(.*)$/.exec(text)
  if (heading?.[1] && heading[2] !== undefined) {
    return { kind: 'heading', mark: String(heading[1].length), lines: [heading[2]] }
  }
  const quote = /^>\s?(.*)$/.exec(text)
  if (quote?.[1] !== undefined) return { kind: 'quote', mark: '', lines: [quote[1]] }
  const item = /^(?:[-*+]|(\d+\.))\s+(.*)$/.exec(text)
  if (item?.[2] !== undefined) return { kind: 'item', mark: item[1] ?? '•', lines: [item[2]] }
  if (/^(?:-{3,}|\*{3,})\s*$/.test(text)) return { kind: 'rule', mark: '', lines: [] }
  return { kind: 'words', mark: '', lines: [text] }
}

function drawBlock({ kind, mark, lines }: Block, dialect: MarkdownDialect): Html {
  const words = drawLines(lines, dialect)
  switch (kind) {
    case 'heading':
      return html`<p class="h${mark}">${words}</p>`
    case 'quote':
      return html`<blockquote>${words}</blockquote>`
    case 'item':
      return html`<p class="item"><span>${mark}</span> ${words}</p>`
    case 'rule':
      return html`<hr />`
    case 'words':
      return html`<p>${words}</p>`
  }
}

function drawLines(lines: readonly string[], dialect: MarkdownDialect): Html {
  return join(
    lines.map((line, i) => {
      const isBroken = dialect.breaks || line.endsWith('  ')
      const end = i === lines.length - 1 ? '' : isBroken ? html`<br />` : ' '
      return html`${drawInline(line.trimEnd(), dialect)}${end}`
    }),
  )
}

const MARKS = new RegExp(
  [
    /\\(?<plain>[\\`*_{}[\]()<>#+\-.!~|])/,
    /`(?<code>[^`]+)`/,
    /!\[(?<alt>[^\]]*)\]\((?<picture>https?:[^\s)]+)\)/,
    /\[(?<words>(?:\\.|[^\]\\])+)\]\((?<url>https?:[^\s)]+)\)/,
    /\*\*(?<bold>(?:\\.|[^\\])+?)\*\*/,
    /\*(?<slanted>(?:\\.|[^\\*\s])(?:\\.|[^\\*])*)\*/,
    /<font color="(?<colour>info|comment|warning)">(?<coloured>.*?)<\/font>/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

function drawInline(text: string, dialect: MarkdownDialect): Html {
  const parts: (Html | string)[] = []
  let from = 0
  for (const match of text.matchAll(MARKS)) {
    parts.push(text.slice(from, match.index), drawMark(match, dialect))
    from = match.index + match[0].length
  }
  return join([...parts, text.slice(from)])
}

function drawMark(match: RegExpMatchArray, dialect: MarkdownDialect): Html | string {
  const found = match.groups ?? {}
  const again = (text: string): Html => drawInline(text, dialect)
  if (found['plain'] !== undefined) return found['plain']
  if (found['code'] !== undefined) return html`<code>${found['code']}</code>`
  if (found['picture'] !== undefined && dialect.pictures) {
    return html`<img src="${found['picture']}" alt="${found['alt']}" />`
  }
  if (found['words'] !== undefined) {
    return html`<a href="${found['url']}" target="_blank" rel="noreferrer"
      >${again(found['words'])}</a
    >`
  }
  if (found['bold'] !== undefined) return html`<b>${again(found['bold'])}</b>`
  if (found['slanted'] !== undefined) return html`<i>${again(found['slanted'])}</i>`
  if (found['coloured'] !== undefined && dialect.colours) {
    return html`<span class="${found['colour']}">${again(found['coloured'])}</span>`
  }
  return match[0]
}
