import { z } from 'zod'
import { configSchema } from './schema.ts'

/** One key of the configuration file, as documentation shows it. */
export interface Setting {
  /** Dotted, with `<id>` for a key that the operator names and `[]` for an element of a list. */
  key: string
  /** `text`, `number 1–65535`, `a | b`, … */
  type: string
  /** As JSON; undefined: there is none. */
  fallback: string | undefined
  required: boolean
  description: string
}

/** The part of JSON Schema that our schema is written in. */
export interface SchemaNode {
  type?: string
  properties?: Record<string, SchemaNode>
  required?: string[]
  additionalProperties?: SchemaNode | boolean
  items?: SchemaNode
  oneOf?: SchemaNode[]
  anyOf?: SchemaNode[]
  const?: unknown
  enum?: unknown[]
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  default?: unknown
  description?: string
}

/** The schema of what is written in the file, before defaults. */
export function schemaTree(): SchemaNode {
  // zod's own type allows booleans and references, which our schema does not make.
  return z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as SchemaNode
}

/** Every key of the file in the order of the schema. */
export function settings(): Setting[] {
  return [...walk(schemaTree(), '')]
}

/** The settings as a Markdown table, for the README. */
export function renderSettings(): string {
  const rows = settings().map(({ key, type, fallback, required, description }) =>
    row([
      `\`${key}\``,
      type,
      fallback === undefined ? (required ? '必填' : '–') : `\`${fallback}\``,
      description,
    ]),
  )
  return [
    row(['key', 'type', 'default', 'meaning']),
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n')
}

const row = (cells: string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

/** The alternatives of a union, each under the word that chooses it: `accounts.<id>(wechat-oa)`. */
export function alternatives(node: SchemaNode): { word: string; node: SchemaNode }[] {
  return (node.oneOf ?? [])
    .map((choice) => ({ word: chosenBy(choice), node: choice }))
    .filter((choice): choice is { word: string; node: SchemaNode } => choice.word !== undefined)
}

function chosenBy({ properties = {} }: SchemaNode): string | undefined {
  const word = (properties['channel'] ?? properties['kind'])?.const
  return typeof word === 'string' ? word : undefined
}

function* walk(
  node: SchemaNode,
  path: string,
  defaults: unknown = node.default,
): Generator<Setting> {
  for (const choice of alternatives(node)) yield* walk(choice.node, `${path}(${choice.word})`)
  for (const [key, value] of Object.entries(node.properties ?? {})) {
    const at = path === '' ? key : `${path}.${key}`
    const fallback = value.default ?? memberOf(defaults, key)
    const required = fallback === undefined && (node.required?.includes(key) ?? false)
    if (isGroup(value)) yield* walk(value, at, fallback)
    else if (isMap(value)) yield* mapped(value, at, required)
    else yield setting({ description: node.description ?? '', ...value }, at, fallback, required)
    if (value.items && isGroup(value.items)) yield* walk(value.items, `${at}[]`)
  }
}

/** What the default of a whole group says about one of its keys. */
function memberOf(defaults: unknown, key: string): unknown {
  return typeof defaults === 'object' && defaults !== null && Object.hasOwn(defaults, key)
    ? Reflect.get(defaults, key)
    : undefined
}

const isGroup = (node: SchemaNode): boolean => node.properties !== undefined

const isMap = (node: SchemaNode): node is SchemaNode & { additionalProperties: SchemaNode } =>
  typeof node.additionalProperties === 'object'

function* mapped(
  node: SchemaNode & { additionalProperties: SchemaNode },
  path: string,
  required: boolean,
): Generator<Setting> {
  const { additionalProperties: value, description = '' } = node
  if (isGroup(value) || value.oneOf) yield* walk(value, `${path}.<id>`)
  else yield { ...setting(value, `${path}.<id>`, undefined, required), description }
}

function setting(node: SchemaNode, key: string, fallback: unknown, required: boolean): Setting {
  return {
    key,
    type: typeOf(node),
    fallback: fallback === undefined ? undefined : JSON.stringify(fallback),
    required,
    description: node.description ?? '',
  }
}

function typeOf(node: SchemaNode): string {
  if (typeof node.const === 'string') return node.const
  if (node.enum) return node.enum.join(' | ')
  const choices = node.anyOf ?? node.oneOf
  if (choices) return choices.map(typeOf).join(' | ')
  if (node.type === 'array') return `list of ${typeOf(node.items ?? {})}`
  if (node.type === 'integer' || node.type === 'number') return `number${bounds(node)}`
  if (node.type === 'boolean') return 'true | false'
  return node.type === 'object' ? 'map' : 'text'
}

function bounds({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  const low = exclusiveMinimum === undefined ? minimum : undefined
  // zod bounds whole numbers by what a double can hold, which tells nobody anything.
  const high = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum
  const from = low === undefined || low <= Number.MIN_SAFE_INTEGER ? undefined : low
  if (exclusiveMinimum !== undefined) return ` > ${exclusiveMinimum}`
  if (from !== undefined && high !== undefined) return ` ${from}–${high}`
  return from === undefined ? '' : ` ≥ ${from}`
}
