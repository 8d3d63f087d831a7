import { readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** The only folders at the top, besides those of tools. */
const FOLDERS = ['cards', 'config', 'handlers', 'src', 'test']
/** Made by tools or by running; never committed. */
const UNTRACKED = ['node_modules', 'data', 'dist', 'coverage']
const TOOL_FILES = new Set([
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'vitest.config.ts',
  'Dockerfile',
  'compose.yaml',
  'LICENSE',
  'README.md',
  'README.zh-CN.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
])

/** The parts of src, and files straight under it. */
const SRC_PARTS = [
  'channels',
  'cli',
  'console',
  'domain',
  'main.ts',
  'platform',
  'playground',
  'ports',
  'relay',
  'router',
  'schedule',
  'server',
  'store',
  'workplaces',
  'README.md',
  // Pieces of main.ts.
  'settings.ts',
  'signals.ts',
  'version.ts',
]

/** Adapters in folders that hold several. */
const ADAPTERS = ['src/channels', 'src/workplaces']

/** Who may import whom, by the longest prefix that fits the importing file. Everybody may import their own part. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  cards: ['src/domain'],
  handlers: ['src/router', 'src/domain', 'cards'],
  // Each adapter has the schema of its own keys; the configuration joins them.
  config: ['src/channels/*/config.ts', 'src/workplaces/*/config.ts', 'src/domain/ids.ts'],
  'src/domain': ['cards/elements.ts'],
  'src/router': ['src/domain', 'cards/elements.ts'],
  'src/ports': ['src/domain', 'src/router/events.ts', 'cards/elements.ts', 'src/platform/http.ts'],
  'src/relay': ['src/ports', 'src/domain', 'src/router', 'cards'],
  'src/platform': ['src/ports', 'src/domain'],
  'src/channels': [
    'src/ports',
    'src/platform',
    'src/domain',
    'src/router/events.ts',
    'cards/elements.ts',
  ],
  'src/workplaces': [
    'src/ports',
    'src/platform',
    'src/domain',
    'src/router/events.ts',
    'cards/elements.ts',
  ],
  'src/store': ['src/ports', 'src/domain', 'src/router/events.ts'],
  'src/schedule': ['src/ports', 'src/domain'],
  // What it listens on is configuration.
  'src/server': ['src/ports', 'src/domain', 'config/schema.ts'],
  'src/console': ['src/ports', 'src/domain'],
  'src/cli': ['src/ports', 'config', 'src/domain'],
  // A piece of main: it may ask an adapter how the platform writes a person's id.
  'src/settings.ts': [
    'config/schema.ts',
    'src/ports',
    'src/domain',
    'src/relay/world.ts',
    'src/workplaces/wecom/ids.ts',
  ],
  'src/signals.ts': [],
  'src/version.ts': [],
  'src/main.ts': ['src', 'cards', 'handlers', 'config'],
  'src/playground': ['src', 'cards', 'handlers', 'config'],
}

interface Import {
  from: string
  to: string
  /** `import type`: gone when it runs. */
  typesOnly: boolean
}

function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesUnder(path)
    return path.endsWith('.ts') ? [path] : []
  })
}

const sources = ['cards', 'config', 'handlers', 'src'].flatMap(filesUnder)
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
/** Without comments, so that an example in one is not taken for code. */
const codeOf = (path: string): string =>
  read(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1')

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g

/** Imports of files of ours; packages are left out. */
function importsOf(path: string): Import[] {
  return [...codeOf(path).matchAll(IMPORT)].flatMap(([statement, fixed, dynamic]) => {
    const target = fixed ?? dynamic ?? ''
    const typesOnly = /^\s*(?:import|export)\s+type\s/.test(statement)
    const own = { from: path, typesOnly }
    if (target.startsWith('#')) return [{ ...own, to: target.slice(1) }]
    if (target.startsWith('.')) return [{ ...own, to: normalize(join(dirname(path), target)) }]
    return []
  })
}

const imports = sources.flatMap(importsOf)

const isUnder = (path: string, part: string): boolean =>
  part.includes('*')
    ? new RegExp(`^${part.replaceAll('.', '\\.').replaceAll('*', '(?:[^/]+/)*[^/]+')}$`).test(path)
    : path === part || path.startsWith(`${part}/`)

const partOf = (path: string): string | undefined =>
  Object.keys(MAY_IMPORT)
    .filter((part) => isUnder(path, part))
    .sort((a, b) => b.length - a.length)[0]

/** src/channels/wechat/oa/decode.ts → src/channels/wechat; undefined: not in an adapter. */
function adapterOf(path: string): string | undefined {
  const kind = ADAPTERS.find((folder) => path.startsWith(`${folder}/`))
  const rest = kind && path.slice(kind.length + 1).split('/')
  return rest && rest.length > 1 ? `${kind}/${rest[0]}` : undefined
}

const shown = ({ from, to }: Import): string => `${from} → ${to}`

describe('the layout', () => {
  it('has no folder at the top but those of the drawing', () => {
    const folders = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
    expect(folders.filter((name) => ![...FOLDERS, ...UNTRACKED].includes(name))).toEqual([])
  })

  it('has no file at the top but those of tools', () => {
    const files = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
    expect(files.filter((name) => !TOOL_FILES.has(name))).toEqual([])
  })

  it('has no part of src but those of the drawing', () => {
    const parts = readdirSync(join(root, 'src')).filter((name) => !name.startsWith('.'))
    expect(parts.filter((name) => !SRC_PARTS.includes(name))).toEqual([])
  })

  it('has a rule for every file', () => {
    expect(sources.filter((path) => partOf(path) === undefined)).toEqual([])
  })
})

describe('who imports whom', () => {
  it('is seen at all', () => {
    expect(imports.length).toBeGreaterThan(100)
    expect(imports.map(shown)).toContain('handlers/claim.ts → src/router/context.ts')
  })

  it('follows the table', () => {
    const forbidden = imports.filter(({ from, to }) => {
      const part = partOf(from)
      if (part === undefined) return false
      return ![part, ...MAY_IMPORT[part]!].some((allowed) => isUnder(to, allowed))
    })
    expect(forbidden.map(shown)).toEqual([])
  })

  it('lets no adapter import another', () => {
    const across = imports.filter(({ from, to }) => {
      const [mine, theirs] = [adapterOf(from), adapterOf(to)]
      return mine !== undefined && theirs !== undefined && mine !== theirs
    })
    expect(across.map(shown)).toEqual([])
  })

  it('lets nothing import main.ts, and its pieces only main.ts and the playground', () => {
    const pieces = ['src/settings.ts', 'src/signals.ts', 'src/version.ts']
    const inner = imports.filter(({ to }) => to === 'src/main.ts' || pieces.includes(to))
    const allowed = ({ from, to }: Import): boolean =>
      to !== 'src/main.ts' && (from === 'src/main.ts' || from.startsWith('src/playground/'))
    expect(inner.filter((one) => !allowed(one)).map(shown)).toEqual([])
  })

  it('is written by relative path inside a top folder, and by name across', () => {
    const folderOf = (path: string): string => path.split('/')[0]!
    const crossing = imports.filter(({ from, to }) => folderOf(from) !== folderOf(to))
    const relativeAcross = crossing.filter(({ from, to }) =>
      codeOf(from).includes(`'${relative(dirname(from), to)}'`),
    )
    expect(relativeAcross.map(shown)).toEqual([])
  })

  it('names files that exist, with their ending', () => {
    const missing = imports.filter(({ to }) => !to.includes('*') && !exists(to))
    expect(missing.map(shown)).toEqual([])
  })

  it('goes in no circle', () => {
    expect(circle()).toEqual([])
  })
})

describe('what stands in one place only', () => {
  it('is the reading of the environment', () => {
    const readers = sources.filter((path) => /\bprocess\.env\b/.test(codeOf(path)))
    expect(readers.filter((path) => path !== 'config/load.ts')).toEqual([])
  })

  it('is talking to a terminal', () => {
    const talkers = sources.filter((path) => /\bconsole\.\w/.test(codeOf(path)))
    expect(talkers.filter((path) => !path.startsWith('src/cli/'))).toEqual([])
  })

  it('is the machine’s clock: whoever tells time is given it', () => {
    const core = ['cards', 'handlers', 'src/domain', 'src/router', 'src/relay', 'src/ports']
    const clocks =
      /\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\bsetInterval\(|\bperformance\.now\(/
    const tellers = sources.filter((path) => core.some((part) => isUnder(path, part)))
    expect(tellers.filter((path) => clocks.test(codeOf(path)))).toEqual([])
  })

  it('is SQL: nothing outside the store writes it', () => {
    const writers = sources.filter(
      (path) =>
        !path.startsWith('src/store/') &&
        /['"`]\s*(?:SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\s/i.test(
          codeOf(path),
        ),
    )
    expect(writers).toEqual([])
  })
})

function exists(path: string): boolean {
  try {
    return statSync(join(root, path)).isFile()
  } catch {
    return false
  }
}

/** The first circle of imports found, as a list of files; what is gone when it runs makes none. */
function circle(): string[] {
  const next = new Map<string, string[]>()
  for (const { from, to, typesOnly } of imports)
    if (!typesOnly) next.set(from, [...(next.get(from) ?? []), to])
  const done = new Set<string>()
  const walk = (path: string, above: string[]): string[] | undefined => {
    if (above.includes(path)) return [...above.slice(above.indexOf(path)), path]
    if (done.has(path)) return undefined
    for (const to of next.get(path) ?? []) {
      const found = walk(to, [...above, path])
      if (found) return found
    }
    done.add(path)
    return undefined
  }
  for (const path of sources) {
    const found = walk(path, [])
    if (found) return found
  }
  return []
}
