import { z } from 'zod'
import { alternatives, type SchemaNode, schemaTree } from './settings-table.ts'

/** Everything that is wrong with a configuration, at once. Holds key names and no values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(source: string, problems: readonly string[]) {
    const lines = problems.map((problem, index) => `  ${index + 1}. ${problem}`)
    super([`配置有 ${problems.length} 处问题（${source}）：`, ...lines].join('\n'))
    this.problems = problems
  }
}

type Path = readonly PropertyKey[]

/** `accounts.shop.appId：…` */
export const problemAt = (path: Path, words: string): string =>
  path.length === 0 ? words : `${path.map(String).join('.')}：${words}`

/** Words for what zod found, each with its key and, where there is one, what the key is for. */
export function describeIssues(issues: readonly z.core.$ZodIssue[], data: unknown): string[] {
  const tree = schemaTree()
  return issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) =>
        problemAt([...issue.path, key], unknownKey(issue.path, tree, data)),
      )
    }
    if (issue.code === 'invalid_key') {
      return [problemAt(issue.path, issue.issues.map(({ message }) => message).join('；'))]
    }
    const about = nodeAt(tree, issue.path, data)?.description
    return [problemAt(issue.path, about ? `${wordsFor(issue)}（${about}）` : wordsFor(issue))]
  })
}

function unknownKey(path: Path, tree: SchemaNode, data: unknown): string {
  const known = Object.keys(nodeAt(tree, path, data)?.properties ?? {})
  const hint =
    known.length > 0 && known.length <= 12
      ? `这里可以写：${known.join('、')}`
      : '请对照 config/example.yaml'
  return `没有这个配置项，请检查拼写和缩进；${hint}`
}

function wordsFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined
        ? '必填，还没有填写'
        : `类型不对，应为${typeWords(issue.expected)}`
    case 'invalid_value':
      return `只能是 ${issue.values.map(String).join('、')}`
    case 'invalid_union':
      return unionWords(issue)
    case 'too_small':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `不能为空，至少 ${issue.minimum} 个`
        : `太小，最小是 ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'string' || issue.origin === 'array'
        ? `太长，最多 ${issue.maximum} 个`
        : `太大，最大是 ${issue.maximum}`
    default:
      return issue.message
  }
}

function typeWords(expected: string): string {
  const words: Readonly<Record<string, string>> = {
    string: '文字（纯数字请加引号）',
    number: '数字',
    int: '整数',
    boolean: ' true 或 false',
    array: '列表（- 开头）',
    object: '一组键值',
    record: '一组键值',
  }
  return words[expected] ?? expected
}

function unionWords(issue: z.core.$ZodIssueInvalidUnion): string {
  return issue.discriminator === undefined
    ? '格式不对'
    : `${issue.discriminator} 没有填写，或不是已支持的种类`
}

/** The schema of one key; which alternative of a union is meant is told by the data beside it. */
function nodeAt(tree: SchemaNode, path: Path, data: unknown): SchemaNode | undefined {
  let node: SchemaNode | undefined = tree
  let value = data
  for (const step of path) {
    node = stepInto(chosen(node, value), step)
    value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined
    if (!node) return undefined
  }
  return chosen(node, value)
}

function chosen(node: SchemaNode, value: unknown): SchemaNode {
  const words = typeof value === 'object' && value !== null ? Object.values(value) : []
  return alternatives(node).find(({ word }) => words.includes(word))?.node ?? node
}

function stepInto(node: SchemaNode, step: PropertyKey): SchemaNode | undefined {
  if (typeof step === 'number') return node.items
  const named = node.properties?.[String(step)]
  if (named) return named
  return typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
}
