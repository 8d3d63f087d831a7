import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { crossCheck } from './cross-check.ts'
import { isTooLongForSocket } from './paths.ts'
import { ConfigError, describeIssues, problemAt } from './problems.ts'
import { type Config, configSchema, isSecretKey } from './schema.ts'
import { substitute } from './substitute.ts'

export { ConfigError } from './problems.ts'

export interface LoadedConfig {
  /** Deeply frozen; `dataFolder` is absolute. */
  config: Config
  /** The file it came from, absolute. */
  file: string
  /** Values that no log line may show. */
  secrets: string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** Looked for in the working folder when nobody names a file. */
const USUAL_NAMES = ['jieli.yaml', 'jieli.yml']

/** The configuration file to use: as named, else JIELI_CONFIG, else jieli.yaml here; undefined when there is none. */
export function findConfigFile(
  named: string | undefined,
  env: Environment = process.env,
): string | undefined {
  const wanted = named ?? env['JIELI_CONFIG']
  if (wanted !== undefined && wanted !== '') return path.resolve(wanted)
  return USUAL_NAMES.map((name) => path.resolve(name)).find((file) => existsSync(file))
}

/**
 * Reads, completes and checks a configuration file.
 * @throws {ConfigError} with every problem that was found
 */
export function loadConfig(file: string, env: Environment = process.env): LoadedConfig {
  const absolute = path.resolve(file)
  const folder = path.dirname(absolute)
  const { value, missing } = substitute(parseYaml(readText(absolute), absolute), {
    env,
    readFile: (name) => readFileSync(path.resolve(folder, name), 'utf8'),
  })
  const gaps = missing.map((one) => ({ path: one.path, words: one.problem }))
  const config = check(value, absolute, gaps)
  const placed = { ...config, dataFolder: path.resolve(folder, config.dataFolder) }
  if (isTooLongForSocket(placed.dataFolder)) {
    throw new ConfigError(absolute, ['dataFolder：路径太长，请换一个短一些的（不超过 90 个字节）'])
  }
  return { config: deepFreeze(placed), file: absolute, secrets: secretsOf(placed) }
}

/**
 * Checks a configuration that was not read from a file, e.g. the playground's.
 * @throws {ConfigError} with every problem that was found
 */
export function buildConfig(value: unknown, source: string): Config {
  return deepFreeze(check(value, source, []))
}

const inChinese = z.locales.zhCN().localeError

interface Gap {
  path: (string | number)[]
  words: string
}

function check(value: unknown, source: string, gaps: readonly Gap[]): Config {
  const parsed = configSchema.safeParse(value ?? {}, { reportInput: true, error: inChinese })
  const known = new Set(gaps.map((gap) => gap.path.join('.')))
  // A value that is missing has been told of already, with the better words.
  const issues = (parsed.error?.issues ?? []).filter((issue) => !known.has(issue.path.join('.')))
  const problems = [
    ...gaps.map((gap) => problemAt(gap.path, gap.words)),
    ...describeIssues(issues, value),
    ...(parsed.success ? crossCheck(parsed.data) : []),
  ]
  if (!parsed.success || problems.length > 0) throw new ConfigError(source, problems)
  return parsed.data
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
    throw new ConfigError(file, [
      `文件读不到（${code}）。可以复制 config/example.yaml 为 jieli.yaml，或用 --config 指定`,
    ])
  }
}

/** Only place and kind of a mistake are told: the parser's own words quote the line, where a secret may stand. */
function parseYaml(text: string, file: string): unknown {
  const document = parseDocument(text)
  if (document.errors.length > 0) {
    throw new ConfigError(
      file,
      document.errors.map(({ linePos, code }) => {
        const line = linePos?.[0].line
        return `${line === undefined ? '' : `第 ${line} 行：`}YAML 格式不对（${code}），请检查缩进、冒号和引号`
      }),
    )
  }
  try {
    return document.toJS()
  } catch {
    throw new ConfigError(file, ['YAML 里的引用（&、*）展开后太大，请直接写出内容'])
  }
}

function secretsOf(value: unknown, key = ''): string[] {
  if (typeof value === 'string') return isSecretKey(key) ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, item]) => secretsOf(item, name))
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const item of Object.values(value)) deepFreeze(item)
  return Object.freeze(value)
}
