/**
 * Words for places that show plain text (text components of our card, sampleText): nothing in them can be clicked or
 * mentions anybody, also in a client, or a card built with Markdown components, that reads more into them than it should.
 */
export function plainWords(words: string): string {
  if (!/[:<\]@]/.test(words)) return words
  return (
    words
      // The scheme's colon in full width: a link stays readable and can be copied, but is none.
      .replaceAll('://', '：//')
      .replaceAll(/<(?=[a-z/!])/gi, '＜')
      .replaceAll('](', '］(')
      // Mail addresses keep theirs.
      .replaceAll(/(?<![\w.+-])@/g, '＠')
  )
}

/** The same in one line: a line break could pretend to be another speaker's line. */
export function oneLine(words: string): string {
  return plainWords(words.replaceAll(/\s+/g, ' ').trim())
}

/**
 * Words for DingTalk's Markdown. Whether its clients know backslash escapes is not documented, so every character that
 * could begin markup becomes its full-width twin.
 */
export function escapeMarkdown(words: string): string {
  return words.split('\n').map(escapeLine).join('\n')
}

function escapeLine(line: string): string {
  return plainWords(line)
    .replaceAll(/[`*<>|[\]\\~]/g, fullWidth)
    .replaceAll(/&(?=#?\w+;)/g, fullWidth)
    .replaceAll(/(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])/g, fullWidth)
    .replace(/^\s+/, ' ')
    .replace(/^ ?[#=+-]+/, (start) => start.replaceAll(/[#=+-]/g, fullWidth))
    .replace(
      /^( ?\d{1,9})([.)])(?=\s)/,
      (_, digits: string, dot: string) => digits + fullWidth(dot),
    )
}

/** U+FF01 to U+FF5E are the printable ASCII characters in the width of a Chinese one. */
const fullWidth = (character: string): string =>
  String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0)

/** At most `maxBytes` of UTF-8, whole characters, with … where it was cut. */
export function cutBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text
  let bytes = Buffer.byteLength('…')
  let kept = ''
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > maxBytes) break
    kept += character
  }
  return `${kept}…`
}
