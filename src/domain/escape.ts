/**
 * Makes a stranger's words safe to stand in a thread whatever draws them: no control or direction characters, no
 * invisible ones, nothing that reads as a marker of ours. Markup and mentions of a workplace are escaped by its adapter.
 */
export function harmless(words: string): string {
  return words
    .replace(LINE_ENDS, '\n')
    .replace(UNSEEN, '')
    .normalize('NFC')
    .replace(BRACKETS, (bracket) => (bracket === '〔' ? '［' : '］'))
    .replace(FORGED, '$1 $2')
    .trim()
}

/** One line, at most `max` characters (code points), with … where it was cut. */
export function brief(words: string, max: number): string {
  return cut(words.replace(/\s+/g, ' ').trim(), max)
}

export function cut(words: string, max: number): string {
  const points = Array.from(words)
  return points.length <= max ? words : `${points.slice(0, max - 1).join('')}…`
}

/** Controls but newline, bidirectional overrides, zero-width characters (the joiner of emoji stays), tags, BOM. */
const UNSEEN =
  // oxlint-disable-next-line no-control-regex -- these characters are what is removed
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u115F\u1160\u180E\u200B\u200C\u200E\u200F\u202A-\u202E\u2060-\u2069\u206A-\u206F\u3164\uFEFF\uFFA0\u{E0000}-\u{E007F}]/gu
// oxlint-disable-next-line no-control-regex -- line ends of old and other systems
const LINE_ENDS = /\r\n?|[\u000B\u000C\u0085\u2028\u2029]/g
const BRACKETS = /[〔〕]/g
const FORGED = /([#＃﹟])([0-9A-Za-z]{6})(?![0-9A-Za-z])/g
