/** What stands in `${…}` could not be had. */
export interface MissingValue {
  path: (string | number)[]
  /** Chinese, with what to do; never a value. */
  problem: string
}

export interface ValueSources {
  env: Readonly<Record<string, string | undefined>>
  /** @throws {Error} when the file cannot be read */
  readFile: (path: string) => string
}

const PLACE = /\$\$\{|\$\{([^}]*)\}/g

/**
 * Replaces `${NAME}` by an environment variable and `${file:path}` by a file's content (without the line end) in every
 * text of the tree. `$${` stands for `${`. What is missing becomes undefined and is reported.
 */
export function substitute(
  value: unknown,
  sources: ValueSources,
): { value: unknown; missing: MissingValue[] } {
  const missing: MissingValue[] = []
  return { value: inside(value, [], sources, missing), missing }
}

function inside(
  value: unknown,
  path: (string | number)[],
  sources: ValueSources,
  missing: MissingValue[],
): unknown {
  if (typeof value === 'string') return fill(value, path, sources, missing)
  if (Array.isArray(value)) {
    return value.map((item, index) => inside(item, [...path, index], sources, missing))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      inside(item, [...path, key], sources, missing),
    ]),
  )
}

function fill(
  text: string,
  path: (string | number)[],
  sources: ValueSources,
  missing: MissingValue[],
): string | undefined {
  let failed = false
  const filled = text.replaceAll(PLACE, (whole, name: string | undefined) => {
    if (name === undefined) return '${'
    const found = name.startsWith('file:')
      ? fromFile(name.slice('file:'.length), sources)
      : fromEnvironment(name, sources)
    if ('problem' in found) {
      failed = true
      missing.push({ path, problem: found.problem })
      return whole
    }
    return found.value
  })
  return failed ? undefined : filled
}

type Found = { value: string } | { problem: string }

function fromEnvironment(name: string, { env }: ValueSources): Found {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    return { problem: '${…} 里应是环境变量名或 file:路径；要写字面的 ${ 请写成 $${' }
  }
  const value = env[name]
  if (value === undefined || value === '') {
    return { problem: `环境变量 ${name} 没有设置，请在启动前设置它` }
  }
  return { value }
}

function fromFile(path: string, { readFile }: ValueSources): Found {
  try {
    const value = readFile(path).replace(/\r?\n$/, '')
    return value === '' ? { problem: `文件 ${path} 是空的` } : { value }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error'
    return { problem: `文件 ${path} 读不到（${code}），请检查路径和权限` }
  }
}
