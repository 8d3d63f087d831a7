import { ApiRefusal } from './refusal.ts'
import type { Card, Template } from './world.ts'

export interface CardSizes {
  /** UTF-8 bytes of one value. The API page says 1,024, the guide speaks of 100 KB for all: an option. */
  maxValueBytes: number
  maxTotalBytes: number
}

/**
 * Checks a `cardParamMap`: every key and every value a string, within the sizes.
 * @throws {ApiRefusal} `param.invalid`
 */
export function readParamMap(value: unknown, sizes: CardSizes): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ApiRefusal('param.invalid', 'cardParamMap 必须是对象')
  }
  const map = new Map<string, string>()
  let total = 0
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string')
      throw new ApiRefusal('param.invalid', `变量 ${key} 的值不是字符串`)
    const bytes = Buffer.byteLength(text)
    total += bytes
    if (
      Buffer.byteLength(key) > 100 ||
      bytes > sizes.maxValueBytes ||
      total > sizes.maxTotalBytes
    ) {
      throw new ApiRefusal('param.invalid', `变量 ${key} 超长`)
    }
    map.set(key, text)
  }
  return map
}

/** Writes new values over old ones: by key, or (the platform's default) in place of all of them. */
export function mergeInto(
  old: Map<string, string>,
  fresh: Map<string, string>,
  byKey: boolean,
): void {
  if (!byKey) old.clear()
  for (const [key, value] of fresh) old.set(key, value)
}

/** New public values: what an earlier answer had shown to single clickers gives way to them. */
export function updatePublic(card: Card, fresh: Map<string, string>, byKey: boolean): void {
  mergeInto(card.publicData, fresh, byKey)
  for (const shown of card.shownTo.values()) {
    if (!byKey) shown.clear()
    for (const key of fresh.keys()) shown.delete(key)
  }
}

/** The map of this user in a map of maps, made at first use. */
export function valuesOf(
  all: Map<string, Map<string, string>>,
  userId: string,
): Map<string, string> {
  let values = all.get(userId)
  if (!values) {
    values = new Map()
    all.set(userId, values)
  }
  return values
}

/** What this user's client has: private over shown-to-them over public; private only where the template allows it. */
export function mergedFor(
  card: Card,
  template: Template | undefined,
  userId: string | undefined,
): Map<string, string> {
  const merged = new Map(card.publicData)
  if (userId === undefined) return merged
  for (const [key, value] of card.shownTo.get(userId) ?? []) merged.set(key, value)
  for (const [key, value] of card.privateData.get(userId) ?? []) {
    if (mayBePrivate(template, key)) merged.set(key, value)
  }
  return merged
}

function mayBePrivate(template: Template | undefined, name: string): boolean {
  const description = template?.description
  if (!description) return true
  return description.variables.some(
    (variable) => variable.name === name && variable.scope === 'private',
  )
}

/** What is wrong with values for this template: unknown names, private values of public variables, values too long. */
export function complaints(
  template: Template,
  values: ReadonlyMap<string, string>,
  scope: 'public' | 'private',
): string[] {
  if (!template.description) return []
  const known = new Map(template.description.variables.map((variable) => [variable.name, variable]))
  const found: string[] = []
  for (const [name, value] of values) {
    const variable = known.get(name)
    if (!variable) found.push(`the template has no variable ${name}`)
    else if (scope === 'private' && variable.scope === 'public') {
      found.push(`variable ${name} is not private in the template`)
    } else if (Buffer.byteLength(value) > variable.maxBytes) {
      found.push(`variable ${name} is longer than the template's ${variable.maxBytes} bytes`)
    }
  }
  return found
}

/** Variables that the template draws and nobody has set. */
export function unset(template: Template, card: Card): string[] {
  return (template.description?.variables ?? [])
    .filter((variable) => variable.scope === 'public' && !card.publicData.has(variable.name))
    .map((variable) => `variable ${variable.name} was never set`)
}
