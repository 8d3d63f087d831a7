import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { renderSettings, settings } from '#config/settings-table.ts'
import { runCli } from '#src/cli/program.ts'
import { VERSION } from '#src/version.ts'
import packageJson from '../package.json' with { type: 'json' }

const root = path.join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8')

/** Words of the table that are no keys and no descriptions, in the other language. */
const READMES = [
  { file: 'README.md', words: [['必填', 'required']] },
  {
    file: 'README.zh-CN.md',
    words: [
      ['| key | type | default | meaning |', '| 配置项 | 类型 | 默认值 | 含义 |'],
      ['list of map', '对象列表'],
      ['list of text', '文字列表'],
      ['list of number', '数字列表'],
      ['| text', '| 文字'],
      ['| number', '| 数字'],
    ],
  },
] as const

const TABLE = /(?<=<!-- settings: .* -->\n)[^]*?(?=<!-- \/settings -->)/

const tableIn = (words: readonly (readonly [string, string])[]): string =>
  words.reduce((table, [from, to]) => table.replaceAll(from, to), renderSettings())

describe.each(READMES)('$file', ({ file, words }) => {
  const text = read(file)

  it('shows every setting as it is in the schema; `npm run docs:settings` brings it up to date', async () => {
    expect(text).toMatch(TABLE)
    const current = text.replace(TABLE, () => `\n${tableIn(words)}\n`)
    for (const { key } of settings()) expect(current).toContain(`\`${key}\``)
    await expect(current).toMatchFileSnapshot(path.join(root, file))
  })

  it('names npm scripts that there are, and all that a reader can want', () => {
    const named = new Set(
      codeIn(text)
        .flatMap((code) => [...code.matchAll(/\bnpm (?:run )?([a-z][a-z:]*)/g)])
        .map(([, name]) => name!)
        .filter((name) => name !== 'ci'),
    )
    const steps = ['prepack', 'typecheck', 'lint', 'format:check']
    const wanted = Object.keys(packageJson.scripts).filter((name) => !steps.includes(name))
    expect([...named].toSorted()).toEqual(wanted.toSorted())
  })

  it('names commands of jieli that there are, and leaves none out', async () => {
    const known = await commandsOfJieli()
    const firstWords = known.map((name) => name.split(' ')[0]!)
    const named = [...text.matchAll(/`jieli ([a-z]+)(?: ([a-z]+))?/g)].map(([, first, second]) =>
      second === undefined ? first! : `${first} ${second}`,
    )
    expect(named.filter((name) => !known.includes(name) && !firstWords.includes(name))).toEqual([])
    expect(known.filter((name) => !named.includes(name))).toEqual([])
  })

  it('points to files and headings that there are', () => {
    const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target!)
    const own = targets.filter((target) => !/^https?:/.test(target))
    const anchors = headings(text).map(({ words: title }) => `#${slug(title)}`)
    const broken = own.filter((target) =>
      target.startsWith('#') ? !anchors.includes(target) : !existsSync(path.join(root, target)),
    )
    expect(own.length).toBeGreaterThan(5)
    expect(broken).toEqual([])
  })
})

describe('both READMEs', () => {
  it('are built alike, so that nobody is told less in one language', () => {
    const [english, chinese] = READMES.map(({ file }) => shape(read(file)))
    expect(chinese).toEqual(english)
  })
})

describe('the scripts of the package', () => {
  it('run files that there are', () => {
    const files = Object.values(packageJson.scripts).flatMap((script) =>
      [...script.matchAll(/\b(?:node|run) (\S+\.ts)\b/g)].map(([, file]) => file!),
    )
    expect(files).toContain('src/main.ts')
    expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([])
  })
})

describe('the version', () => {
  it('is the same in the package, in the command and in the changelog', () => {
    expect(VERSION).toBe(packageJson.version)
    expect(read('CHANGELOG.md')).toContain(`## [${VERSION}]`)
  })
})

interface Heading {
  level: number
  words: string
}

/** What stands in backquotes and in blocks of code. */
const codeIn = (text: string): string[] => [
  ...(text.match(/^```[^]*?^```$/gm) ?? []),
  ...(withoutCode(text).match(/`[^`\n]+`/g) ?? []),
]

/** Comments of a shell begin like headings. */
const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```$/gm, '')

const headings = (text: string): Heading[] =>
  [...withoutCode(text).matchAll(/^(#+) (.+)$/gm)].map(([, marks, words]) => ({
    level: marks!.length,
    words: words!,
  }))

/** As GitHub makes anchors. */
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/** Levels of headings, with the rows of tables, the points of lists and the code under each. */
function shape(text: string): string[] {
  const counted: [RegExp, string][] = [
    [/^#+ /, 'heading'],
    [/^\|/, 'row'],
    [/^(?:-|\d+\.) /, 'point'],
    [/^```/, 'fence'],
  ]
  return text.split('\n').flatMap((line) => {
    const kind = counted.find(([pattern]) => pattern.test(line))?.[1]
    return kind === 'heading' ? [line.split(' ')[0]!] : (kind ?? [])
  })
}

/** `start`, `dead list`, … as the help lists them. */
async function commandsOfJieli(): Promise<string[]> {
  const top = await listed()
  const below = await Promise.all(
    top.map(async (name) => {
      const inner = name === 'help' ? [] : await listed(name)
      return inner.length === 0 ? [name] : inner.map((one) => `${name} ${one}`)
    }),
  )
  return below.flat()
}

async function listed(...words: string[]): Promise<string[]> {
  let help = ''
  await runCli([...words, '--help'], {
    version: VERSION,
    out: (line) => (help += `${line}\n`),
    err: (line) => (help += line),
    start: () => Promise.reject(new Error('not asked for')),
    playground: () => Promise.reject(new Error('not asked for')),
    open: () => Promise.reject(new Error('not asked for')),
  })
  const commands = help.split('Commands:\n')[1] ?? ''
  const names = [...commands.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name!)
  return words.length === 0 ? names : names.filter((name) => name !== 'help')
}
