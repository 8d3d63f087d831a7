/*
 * Reading what a client or an SDK may have packed in several ways: as an object, as JSON in a string, or as JSON that was
 * encoded twice.
 */

/** How often JSON may be packed into JSON. */
const MAX_LAYERS = 4

/** undefined when it is no JSON. Numbers that would lose digits or zeros stay the text that they were. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits)
  } catch {
    return undefined
  }
}

function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value)
    ? (context?.source ?? value)
    : value
}

/** The value behind its layers of JSON; a string that is no JSON object, list or string stays what it is. */
export function unpack(value: unknown): unknown {
  let read = value
  for (let layer = 0; layer < MAX_LAYERS; layer++) {
    if (typeof read !== 'string' || !/^\s*["[{]/.test(read)) break
    const inner = parseJson(read)
    if (inner === undefined) break
    read = inner
  }
  return read
}

/** Text, also when it came as a number; undefined when there is none. */
export function scalarOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The fields of an object, packed or not; none of anything else. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  const read = unpack(value)
  return typeof read === 'object' && read !== null && !Array.isArray(read) ? { ...read } : {}
}
