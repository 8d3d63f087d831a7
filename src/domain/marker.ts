/** 31 characters, a prime: no 0 O 1 I L, which people mistype. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const WEIGHTS = [1, 2, 3, 4, 5] as const
const BODY = WEIGHTS.length

/**
 * Makes a marker: five random characters and a check character.
 * @param random 0 ≤ x < 1
 */
export function makeMarker(random: () => number): string {
  let body = ''
  for (let i = 0; i < BODY; i++) body += ALPHABET[Math.floor(random() * ALPHABET.length)]
  return body + checkCharacter(body)
}

/** Whether this is a marker without a typing error: one wrong character or two swapped ones never pass. */
export function isMarker(text: string): boolean {
  return text.length === BODY + 1 && checkCharacter(text.slice(0, BODY)) === text[BODY]
}

/** A thread's line number as every line shows it. */
export const lineMarker = (marker: string, line: number): string => `〔#${marker}·${line}〕`

/** A conversation's marker as cards and notes show it. */
export const shownMarker = (marker: string): string => `〔#${marker}〕`

const FIRST = /〔#([2-9A-HJKMNP-Z]{6})(·\d+)?〕/
const SHOWN = /〔#([2-9A-HJKMNP-Z]{6})〕/g
const LEADING = /^[#＃]([0-9A-Za-z]{6})(?![0-9A-Za-z])[\s:：,，]*/

/**
 * The first marker of a quoted line; the rest of a line is a customer's words and is not looked at. A list of several
 * conversations, whose markers have no number, names none of them.
 */
export function firstMarker(quoted: string): string | undefined {
  const [, found, number] = FIRST.exec(quoted) ?? []
  if (found === undefined || !isMarker(found)) return undefined
  return number === undefined && namesAnother(quoted, found) ? undefined : found
}

const namesAnother = (quoted: string, marker: string): boolean =>
  [...quoted.matchAll(SHOWN)].some(([, other]) => other !== marker)

/**
 * A marker typed before a text: `#7KQ8H2 您好`, also with the brackets of a copied line.
 * `valid` is false for one with a typing error, which must not be sent anywhere.
 */
export function leadingMarker(
  text: string,
): { marker: string; rest: string; valid: boolean } | undefined {
  const copied = /^〔#([0-9A-Za-z]{6})(?:·\d+)?〕\s*/.exec(text)
  const found = copied ?? LEADING.exec(text)
  if (!found?.[1]) return undefined
  const marker = found[1].toUpperCase()
  return { marker, rest: text.slice(found[0].length).trim(), valid: isMarker(marker) }
}

/** Value modulo 31 of the weighted sum: a prime modulus and weights that differ catch every single error and every swap. */
function checkCharacter(body: string): string | undefined {
  let sum = 0
  for (let i = 0; i < BODY; i++) {
    const value = ALPHABET.indexOf(body[i] ?? '')
    if (value < 0) return undefined
    sum += WEIGHTS[i]! * value
  }
  return ALPHABET[sum % ALPHABET.length]
}
