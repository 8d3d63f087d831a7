/** What an agent can order in words. Every button has one. */
export type Command =
  | { name: '认领' }
  | { name: '释放' }
  | { name: '关闭' }
  | { name: '详情' }
  | { name: '列表' }
  | { name: '帮助' }
  | { name: '转'; to: string }
  | { name: '绑定'; code: string }
  | { name: '解绑' }
  /** Begins with `/` like a command, and is none: never sent to a customer. */
  | { name: '不明'; typed: string }

export type CommandName = Command['name']

/** Orders that need no conversation. */
const deskCommands: ReadonlySet<CommandName> = new Set(['列表', '帮助', '绑定', '解绑'])

export const isDeskCommand = (command: Command): boolean => deskCommands.has(command.name)

const plain: ReadonlyMap<string, Command> = new Map([
  ['认领', { name: '认领' }],
  ['接待', { name: '认领' }],
  ['释放', { name: '释放' }],
  ['退回', { name: '释放' }],
  ['关闭', { name: '关闭' }],
  ['结束', { name: '关闭' }],
  ['详情', { name: '详情' }],
  ['列表', { name: '列表' }],
  ['帮助', { name: '帮助' }],
  ['解绑', { name: '解绑' }],
])

/** A few words that are a command only behind a `/`: customers are told them too often. */
const onlyWithSlash = new Set(['接待', '结束', '退回'])

/**
 * Reads a whole text as a command; undefined: it is talk. A leading `/` before a letter always means a command
 * (WeChat's own emoji codes begin with `/:`), otherwise the whole of the text has to parse: 转账记录发我 is talk.
 */
export function parseCommand(typed: string): Command | undefined {
  const text = typed.trim()
  const slash = /^[/／](?=[\p{L}])/u.test(text)
  const words = slash ? text.slice(1).trim() : text
  const known = plain.get(words)
  if (known && (slash || !onlyWithSlash.has(words))) return known
  const withArgument = parseTransfer(words) ?? parseBind(words)
  if (withArgument) return withArgument
  return slash ? { name: '不明', typed: words } : undefined
}

/** The name may have a space in it; whether anybody is called so is for the handler to say. */
function parseTransfer(words: string): Command | undefined {
  const found = /^转(?:给|接|交)?(?:[ \t\u3000]+@?|@)(\S(?:[^\r\n]{0,38}\S)?)$/u.exec(words)
  return found?.[1] ? { name: '转', to: found[1] } : undefined
}

function parseBind(words: string): Command | undefined {
  const found = /^绑定\s*([0-9A-Za-z-]{4,20})$/u.exec(words)
  return found?.[1] ? { name: '绑定', code: found[1].toUpperCase() } : undefined
}
