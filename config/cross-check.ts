import type { Config } from './schema.ts'
import { problemAt } from './problems.ts'

/** What no key can be asked alone: whether the parts of the configuration fit each other. */
export function crossCheck(config: Config): string[] {
  return [
    ...emptyParts(config),
    ...deskAccounts(config),
    ...sharedIds(config),
    ...listedAgents(config),
    ...ports(config),
  ]
}

function emptyParts({ desks, accounts, workplaces }: Config): string[] {
  return Object.entries({ desks, accounts, workplaces })
    .filter(([, part]) => Object.keys(part).length === 0)
    .map(([key]) => problemAt([key], '至少要有一个'))
}

/** Every account belongs to exactly one desk. */
function deskAccounts({ desks, accounts }: Config): string[] {
  const problems: string[] = []
  const servedBy = new Map<string, string>()
  for (const [desk, { accounts: served }] of Object.entries(desks)) {
    for (const account of served) {
      const path = ['desks', desk, 'accounts']
      const other = servedBy.get(account)
      if (!Object.hasOwn(accounts, account)) {
        problems.push(problemAt(path, `accounts 里没有 ${account}，请先在 accounts 下添加它`))
      } else if (other !== undefined) {
        problems.push(
          problemAt(path, `${account} 已经属于服务台 ${other}，一个账号只能属于一个服务台`),
        )
      }
      servedBy.set(account, desk)
    }
  }
  for (const account of Object.keys(accounts)) {
    if (servedBy.has(account)) continue
    problems.push(
      problemAt(['accounts', account], '没有服务台接待它，请写进某个 desks.<id>.accounts'),
    )
  }
  return problems
}

/** Keys of events are kept per source, so an account and a workplace may not share a name, nor take the clock's. */
function sharedIds({ accounts, workplaces }: Config): string[] {
  const shared = Object.keys(workplaces).filter((id) => Object.hasOwn(accounts, id))
  const clock = Object.entries({ accounts, workplaces }).filter(([, part]) =>
    Object.hasOwn(part, 'clock'),
  )
  return [
    ...shared.map((id) => problemAt(['workplaces', id], 'accounts 里已有同名的，请换一个名字')),
    ...clock.map(([key]) => problemAt([key, 'clock'], 'clock 是保留的名字，请换一个')),
  ]
}

function listedAgents({ agents, workplaces }: Config): string[] {
  const problems: string[] = []
  if (agents.admission === 'listed' && agents.list.length === 0) {
    problems.push(problemAt(['agents', 'list'], 'admission 为 listed 时，名单不能为空'))
  }
  const seen = new Map<string, number>()
  agents.list.forEach(({ ids }, index) => {
    for (const [workplace, user] of Object.entries(ids)) {
      const path = ['agents', 'list', index, 'ids', workplace]
      const first = seen.get(`${workplace}/${user}`)
      if (!Object.hasOwn(workplaces, workplace)) {
        problems.push(problemAt(path, `workplaces 里没有 ${workplace}`))
      } else if (first !== undefined) {
        problems.push(problemAt(path, `与名单第 ${first + 1} 人是同一个用户 ID`))
      }
      seen.set(`${workplace}/${user}`, index)
    }
  })
  return problems
}

function ports({ server, admin }: Config): string[] {
  return server.port !== 0 && server.port === admin.port
    ? [problemAt(['admin', 'port'], '与 server.port 相同，请换一个端口')]
    : []
}
