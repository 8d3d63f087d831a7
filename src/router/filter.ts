import { eventNames, type BotEvent, type EventName } from './events.ts'

/** The two sides of a conversation, whose parts may be asked for together: `':text'`. */
const sides = ['customer', 'agent'] as const
type Side = (typeof sides)[number]

type KindOf<N extends EventName> = N extends `${infer Kind}:${string}` ? Kind : never
type PartOf<N extends EventName> = N extends `${Side}:${infer Part}` ? `:${Part}` : never

/** The queries that match at least one of these events. */
export type QueryFor<N extends EventName> = N | KindOf<N> | PartOf<N>

/** `'customer:text'`: this event · `'customer'`: every kind from customers · `':text'`: text from either side. */
export type Query = QueryFor<EventName>

/** The names of the events that a query matches; of a union of queries, those that any of them matches. */
export type Matched<Q extends string> = Q extends EventName
  ? Q
  : Extract<EventName, Q extends `:${string}` ? `${Side}${Q}` : `${Q}:${string}`>

/** The card buttons among these events: `'claim'` for `'card:claim'`. */
export type ActionFor<N extends EventName> = N extends `card:${infer Action}` ? Action : never

/** A context whose event is one of these: all that it was, and the fields that these events promise. */
export type Narrowed<C, N extends EventName> = C & { readonly event: BotEvent<N> }

export const allEvents: ReadonlySet<EventName> = new Set(eventNames)

/**
 * The events that one of the queries matches, of those that can arrive.
 * @throws {Error} when a query matches none of them; the message lists what is allowed, nearest first
 */
export function matching(
  queries: readonly string[],
  arriving: ReadonlySet<EventName>,
): ReadonlySet<EventName> {
  const matched = queries.flatMap((query) => {
    const names = [...arriving].filter((name) => matches(query, name))
    if (names.length === 0) throw noMatch('event', query, queriesFor(arriving))
    return names
  })
  if (matched.length === 0) throw noMatch('event', undefined, queriesFor(arriving))
  return new Set(matched)
}

/**
 * The events of these card buttons, of those that can arrive.
 * @throws {Error} when there is no such button; the message lists those that there are, nearest first
 */
export function matchingActions(
  actions: readonly string[],
  arriving: ReadonlySet<EventName>,
): ReadonlySet<EventName> {
  const buttons = new Map(
    [...arriving].filter((name) => matches('card', name)).map((name) => [partOf(name), name]),
  )
  const matched = actions.map((action) => {
    const name = buttons.get(action)
    if (!name) throw noMatch('card button', action, [...buttons.keys()])
    return name
  })
  if (matched.length === 0) throw noMatch('card button', undefined, [...buttons.keys()])
  return new Set(matched)
}

function matches(query: string, name: EventName): boolean {
  if (query.startsWith(':')) return sides.some((side) => name === side + query)
  return name === query || name.startsWith(`${query}:`)
}

function queriesFor(names: ReadonlySet<EventName>): string[] {
  const kinds = [...names].map(kindOf)
  const parts = [...names].map((name) => `:${partOf(name)}`)
  const shared = parts.filter((part) => [...names].some((name) => matches(part, name)))
  return [...new Set([...names, ...kinds, ...shared])]
}

const kindOf = (name: EventName): string => name.slice(0, name.indexOf(':'))
const partOf = (name: EventName): string => name.slice(name.indexOf(':') + 1)

function noMatch(what: string, asked: string | undefined, allowed: string[]): Error {
  const problem =
    asked === undefined ? `No ${what} is asked for` : `No ${what} that arrives here is '${asked}'`
  const choices = nearestFirst(asked ?? '', allowed).map((choice) => `'${choice}'`)
  return new Error(`${problem}. Allowed, nearest first: ${choices.join(', ') || 'nothing'}`)
}

/** What contains the word asked for comes first, then what takes the fewest changes of a character. */
function nearestFirst(asked: string, allowed: string[]): string[] {
  const word = asked.toLowerCase()
  const far = (choice: string): number =>
    word !== '' && choice.includes(word) ? choice.length / 1000 : distance(word, choice)
  return allowed.toSorted((a, b) => far(a) - far(b))
}

/** Levenshtein's: how many characters to add, drop or change. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [line, char] of Array.from(from).entries()) {
    const next = [line + 1]
    for (let column = 1; column <= to.length; column++) {
      const above = row[column] ?? 0
      const before = row[column - 1] ?? 0
      const same = to[column - 1] === char
      next[column] = same ? before : 1 + Math.min(above, before, next[column - 1] ?? 0)
    }
    row = next
  }
  return row[to.length] ?? 0
}
