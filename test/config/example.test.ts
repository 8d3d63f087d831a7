import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '#config/load.ts'
import {
  alternatives,
  renderSettings,
  type SchemaNode,
  schemaTree,
  settings,
} from '#config/settings-table.ts'
import { EXAMPLE, exampleEnv, plainYaml, wholeExampleText } from './support.ts'

describe('the example', () => {
  it('is a valid configuration', () => {
    const { config } = loadConfig(EXAMPLE, exampleEnv)
    expect(Object.keys(config.accounts)).toEqual(['shop'])
    expect(Object.keys(config.workplaces)).toEqual(['dingtalk', 'wecom'])
  })

  it('is valid with every optional key switched on, too', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'jieli-example-'))
    try {
      const file = path.join(folder, 'jieli.yaml')
      writeFileSync(file, wholeExampleText())
      expect(loadConfig(file, exampleEnv).config.publicUrl).toBe('https://kf.example.com')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has every key of the schema, and no other', () => {
    const inExample = new Set(keysOf(plainYaml(wholeExampleText()), schemaTree(), ''))
    const inSchema = new Set(settings().map(({ key }) => key))
    expect([...inSchema.difference(inExample)]).toEqual([])
    expect([...inExample.difference(inSchema)]).toEqual([])
  })

  it('shows the defaults as they are', () => {
    const shown = new Map(valuesOf(plainYaml(wholeExampleText()), schemaTree(), ''))
    const written = new Set(['agents.list'])
    for (const { key, fallback } of settings()) {
      if (fallback === undefined || written.has(key)) continue
      expect(`${key} = ${JSON.stringify(shown.get(key))}`).toBe(`${key} = ${fallback}`)
    }
  })

  it('explains every key in its own words in the schema', () => {
    const silent = settings().filter(({ description }) => description === '')
    expect(silent.map(({ key }) => key)).toEqual([])
  })
})

describe('the table of settings', () => {
  it('has a row for every key', () => {
    const table = renderSettings()
    expect(table.trim().split('\n')).toHaveLength(settings().length + 2)
    expect(table).toContain('| `server.port` | number 0–65535 | `8080` |')
    expect(table).toContain('| `desks.<id>.mirror` | holder \\| all | `"holder"` |')
    expect(table).toContain('| `accounts.<id>(wechat-oa).appSecret` | text | 必填 |')
  })
})

const keysOf = (value: unknown, node: SchemaNode, at: string): string[] =>
  valuesOf(value, node, at).map(([key]) => key)

/** The keys of a file by the names of the settings table: `<id>` where the operator chooses, `[]` in lists. */
function valuesOf(value: unknown, node: SchemaNode, at: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return [[at, value]]
  if (Array.isArray(value)) {
    const items = node.items?.properties ? value : []
    return [[at, value], ...items.flatMap((item) => valuesOf(item, node.items ?? {}, `${at}[]`))]
  }
  const map = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
  const choice = alternatives(node).find(({ word }) => Object.values(value).includes(word))
  const place = choice ? `${at}(${choice.word})` : at
  return Object.entries(value).flatMap(([key, item]) => {
    const step = map ? '<id>' : key
    const next = map ?? (choice?.node ?? node).properties?.[key] ?? {}
    return valuesOf(item, next, place === '' ? step : `${place}.${step}`)
  })
}
