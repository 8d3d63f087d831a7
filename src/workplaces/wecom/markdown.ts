/**
 * Makes words stand as they are in WeCom's Markdown. Which backslash escapes its clients know is not documented, so
 * every character that could begin markup becomes its full-width twin: no link, `<font>`, `<@userid>`, heading, quote,
 * list, table or rule comes out of it, and the words stay readable.
 */
export function escapeMarkdown(words: string): string {
  return words
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => escapeLineStart(escapeInline(line)))
    .join('\n')
}

function escapeInline(line: string): string {
  return line
    .replaceAll(/[`*<|]/g, fullWidth)
    .replaceAll(/~{2,}/g, widen)
    .replaceAll(/\](?=[(:[])/g, '］')
    .replaceAll(/&(?=#?\w+;)/g, '＆')
    .replaceAll(/\\(?=[!-/:-@[-`{-~])/g, '＼')
    .replaceAll(LOOSE_UNDERSCORE, '＿')
}

/** `_` inside a word or a number (order_123) is no markup and stays, to be copied as it is. */
const LOOSE_UNDERSCORE = /(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])/g

function escapeLineStart(line: string): string {
  return line
    .replace(/^\s{2,}/, ' ')
    .replace(/^\s?#+/, widen)
    .replace(/^\s?>+/, widen)
    .replace(/^\s?(?:-[-\s]*|=[=\s]*)$/, widen)
    .replace(
      /^(\s?)([-+])(?=\s|$)/,
      (_, space: string, bullet: string) => space + fullWidth(bullet),
    )
    .replace(
      /^(\s?\d{1,9})([.)])(?=\s|$)/,
      (_, number: string, dot: string) => number + fullWidth(dot),
    )
}

const widen = (text: string): string => text.replaceAll(/[!-~]/g, fullWidth)

/** U+FF01 to U+FF5E are the printable ASCII characters in the width of a Chinese one. */
const fullWidth = (character: string): string =>
  String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0)

/** At most `maxBytes` of UTF-8, whole characters, with … where it was cut. */
export function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  let kept = ''
  let bytes = Buffer.byteLength('…')
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    kept += character
  }
  return `${kept}…`
}
