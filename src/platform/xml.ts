import { SaxesParser } from 'saxes'

/** A child element: its text, its own children, or, when it is repeated, the list of them. */
export type XmlValue = string | XmlNode | readonly XmlValue[]

/** The children of an element by name, without a prototype, so that no name is special. */
export interface XmlNode {
  readonly [name: string]: XmlValue
}

/** XML that is not well-formed, or more than we read: a DOCTYPE, too many levels. The message holds nothing of it. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
}

interface OpenElement {
  readonly name: string
  text: string
  /** Made at the first child. */
  children: Record<string, XmlValue> | undefined
}

const DEFAULT_MAX_DEPTH = 16

/** Characters that XML 1.0 forbids, but that a customer can type or paste and Tencent passes on. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** One parser for all documents: parsing is synchronous, and saxes is clean again after each whole document. */
let parser: DocumentParser | undefined

/**
 * Reads a document into the children of its root element; every value stays a string, attributes are left out, and text
 * beside child elements is dropped. The caller limits the size. Forbidden characters are read as U+FFFD.
 * @throws {XmlError} when it is not well-formed, has a DOCTYPE, or is nested deeper than `maxDepth`
 */
export function parseXml(text: string, maxDepth = DEFAULT_MAX_DEPTH): XmlNode {
  try {
    return parseOnce(text, maxDepth)
  } catch (error) {
    if (error instanceof XmlError) throw error
    const cleaned = text.replace(FORBIDDEN, '\ufffd')
    if (cleaned !== text) return parseXml(cleaned, maxDepth)
    throw new XmlError('the XML is not well-formed')
  }
}

function parseOnce(text: string, maxDepth: number): XmlNode {
  const current = parser ?? new DocumentParser()
  parser = undefined // comes back only if it ends clean
  const root = current.parse(text, maxDepth)
  parser = current
  return root
}

class DocumentParser {
  readonly #saxes = new SaxesParser({ position: false })
  readonly #open: OpenElement[] = []
  #root: XmlNode = emptyNode()
  #maxDepth = DEFAULT_MAX_DEPTH

  constructor() {
    this.#saxes.on('doctype', () => {
      throw new XmlError('a DOCTYPE is refused')
    })
    this.#saxes.on('opentagstart', (tag) => this.#enter(tag.name))
    this.#saxes.on('closetag', () => this.#leave())
    const addText = (text: string): void => this.#addText(text)
    this.#saxes.on('text', addText)
    this.#saxes.on('cdata', addText)
  }

  parse(text: string, maxDepth: number): XmlNode {
    this.#maxDepth = maxDepth
    this.#saxes.write(text).close()
    return this.#root
  }

  #enter(name: string): void {
    if (this.#open.length >= this.#maxDepth) {
      throw new XmlError(`more than ${this.#maxDepth} levels are refused`)
    }
    this.#open.push({ name, text: '', children: undefined })
  }

  #addText(text: string): void {
    const element = this.#open.at(-1)
    if (element !== undefined) element.text += text
  }

  #leave(): void {
    const element = this.#open.pop()
    if (element === undefined) return
    const parent = this.#open.at(-1)
    if (parent === undefined) this.#root = element.children ?? emptyNode()
    else addChild((parent.children ??= emptyNode()), element.name, element.children ?? element.text)
  }
}

function addChild(children: Record<string, XmlValue>, name: string, value: string | XmlNode): void {
  const before = children[name]
  if (before === undefined) children[name] = value
  // A value that is a list was made here, from repeated elements, so it may grow.
  else if (Array.isArray(before)) before.push(value)
  else children[name] = [before, value]
}

function emptyNode(): Record<string, XmlValue> {
  // Object.create is typed as any; a fresh object without a prototype has no wrong value in it.
  return Object.create(null) as Record<string, XmlValue>
}

/** What {@link buildXml} writes: numbers bare, texts in CDATA as Tencent's pages do, lists as repeated elements. */
export interface XmlContent {
  readonly [name: string]: XmlContentValue
}
export type XmlContentValue =
  string | number | XmlContent | readonly (string | number | XmlContent)[] | undefined

/** Writes `<root>…</root>` in the order of the keys; `undefined` is left out. Names must be valid XML names. */
export function buildXml(content: XmlContent, root = 'xml'): string {
  let body = ''
  for (const name in content) body += buildElements(name, content[name])
  return `<${root}>${body}</${root}>`
}

function buildElements(name: string, value: XmlContentValue): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return `<${name}>${characterData(value)}</${name}>`
  if (typeof value === 'number') return `<${name}>${value}</${name}>`
  if (isList(value)) return value.map((item) => buildElements(name, item)).join('')
  return buildXml(value, name)
}

function isList(
  value: XmlContent | readonly (string | number | XmlContent)[],
): value is readonly (string | number | XmlContent)[] {
  return Array.isArray(value)
}

/** A text as CDATA; as escaped text where CDATA cannot keep it: readers turn a bare carriage return into a line feed. */
function characterData(text: string): string {
  const clean = text.replace(FORBIDDEN, '\ufffd')
  if (clean.includes('\r')) return escapeText(clean)
  return `<![CDATA[${clean.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => ENTITIES[character] ?? character)
}
