import { readFileSync } from 'node:fs'
import { type TemplateDescription, templateDescription } from './description.ts'

/** Our card template. Described by us, not yet imported into a real tenant. */
export const conversationTemplate: TemplateDescription = templateDescription.parse(
  JSON.parse(readFileSync(new URL('conversation.json', import.meta.url), 'utf8')),
)

/** Values of a card's variables, as they go over the wire. */
export type CardValues = Record<string, string>

export interface DrawnCard {
  publicData: CardValues
  /** By userId. */
  privateData: Record<string, CardValues>
}

/** `cardParamMap`s may hold this much in all (builder's guide, read 2026-08). */
const TOTAL_BYTES = 100 * 1024

/**
 * Compares a drawn card with a template.
 * @returns what is wrong, one sentence each: unknown variables, private values of public ones, values that are no
 * string or too long, and (for a new card) public variables without a value
 */
export function checkCard(
  template: TemplateDescription,
  { publicData, privateData }: DrawnCard,
  { isNew }: { isNew: boolean },
): string[] {
  const known = new Map(template.variables.map((variable) => [variable.name, variable]))
  const found: string[] = []
  const check = (values: CardValues, isPrivate: boolean): void => {
    for (const [name, value] of Object.entries(values)) {
      const variable = known.get(name)
      if (!variable) found.push(`there is no variable ${name}`)
      else if (isPrivate && variable.scope === 'public') found.push(`${name} is not private`)
      else if (typeof value !== 'string') found.push(`${name} is no string`)
      else if (Buffer.byteLength(value) > variable.maxBytes) {
        found.push(`${name} has more than ${variable.maxBytes} bytes`)
      }
    }
  }
  check(publicData, false)
  for (const values of Object.values(privateData)) check(values, true)
  if (isNew) {
    for (const { name } of template.variables) {
      if (publicData[name] === undefined) found.push(`${name} has no value`)
    }
  }
  if (Buffer.byteLength(JSON.stringify(publicData)) > TOTAL_BYTES) found.push('the card is too big')
  return found
}
