import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { DeskChange } from '../../domain/change.ts'
import type { Agent, Desk, Group } from '../../domain/desk.ts'
import type { AgentId, DeskId, GroupId, WorkplaceId } from '../../domain/ids.ts'
import { fromJson } from './json.ts'
import type { Part } from './writer.ts'

/** Groups and agents. They are few: all are kept in memory, changed there after each commit. */
export class Directory {
  readonly #sql
  readonly #groups = new Map<GroupId, Group>()
  readonly #agents = new Map<AgentId, Agent>()
  readonly #desks = new Map<DeskId, Desk>()

  constructor(db: DatabaseSync) {
    this.#sql = {
      bind: db.prepare(
        `INSERT INTO groups (id, desk, workplace, chat, bound_at, bound, posted) VALUES (?, ?, ?, ?, ?, 1, ?)
         ON CONFLICT (id) DO UPDATE SET desk = excluded.desk, bound_at = excluded.bound_at, bound = 1,
         posted = max(posted, excluded.posted) RETURNING *`,
      ),
      unbind: db.prepare('UPDATE groups SET bound = 0 WHERE id = ?'),
      countPost: db.prepare('UPDATE groups SET posted = posted + 1 WHERE id = ? RETURNING *'),
      agent: db.prepare('SELECT body FROM agents WHERE id = ?'),
      putAgent: db.prepare('INSERT OR REPLACE INTO agents (id, body) VALUES (?, ?)'),
      useCode: db.prepare('UPDATE bind_codes SET used = 1 WHERE code = ? AND used = 0'),
    }
    for (const row of db.prepare('SELECT * FROM groups WHERE bound = 1').all()) this.#keep(row)
    for (const { body } of db.prepare('SELECT body FROM agents').all()) {
      const agent = fromJson<Agent>(body)
      this.#agents.set(agent.id, agent)
    }
  }

  group(id: GroupId): Group | undefined {
    return this.#groups.get(id)
  }

  agent(id: AgentId): Agent | undefined {
    return this.#agents.get(id)
  }

  /** Its bound groups, the oldest first, and everybody who was seen in one of them or stands in the configuration. */
  desk(id: DeskId): Desk {
    let desk = this.#desks.get(id)
    if (!desk) this.#desks.set(id, (desk = this.#assemble(id)))
    return desk
  }

  #assemble(id: DeskId): Desk {
    const groups = [...this.#groups.values()]
      .filter(({ desk }) => desk === id)
      .sort((a, b) => a.boundAt - b.boundAt || (a.id < b.id ? -1 : 1))
    const ids = new Set(groups.map((group) => group.id))
    const agents = [...this.#agents.values()]
      .filter((agent) => agent.listed || agent.groups.some((group) => ids.has(group)))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    return { id, groups, agents }
  }

  /** Uses up the code; false when it was used before, or never given out. */
  useCode(code: string): boolean {
    return Number(this.#sql.useCode.run(code).changes) > 0
  }

  change(part: Part, { bind, unbind, agents = [], current = [] }: DeskChange): void {
    if (unbind) this.#unbind(part, unbind)
    if (bind) this.#bind(part, bind)
    for (const agent of agents) {
      const known = this.#stored(agent.id)?.current
      this.#put(part, known === undefined ? agent : { current: known, ...agent })
    }
    for (const { agent, lane } of current) {
      const stored = this.#stored(agent)
      if (!stored) continue
      const { current: _, ...rest } = stored
      this.#put(part, lane === undefined ? rest : { ...rest, current: lane })
    }
  }

  /** A group that is bound again goes on counting its posts. */
  #bind(part: Part, { id, desk, workplace, chat, boundAt, posted }: Group): void {
    const row = this.#sql.bind.get(id, desk, workplace, chat, boundAt, posted)!
    part.afterCommit(() => this.#keep(row))
  }

  #unbind(part: Part, id: GroupId): void {
    this.#sql.unbind.run(id)
    part.afterCommit(() => {
      this.#groups.delete(id)
      this.#desks.clear()
    })
  }

  countPost(part: Part, id: GroupId): void {
    const row = this.#sql.countPost.get(id)
    if (row?.bound === 1) part.afterCommit(() => this.#keep(row))
  }

  /** An agent who acts now: groups add up, a name that the workplace tells replaces an older one. */
  see(part: Part, seen: Agent): void {
    const known = this.#stored(seen.id)
    this.#put(part, known ? recognised(known, seen) : seen)
  }

  /** The agents of the configuration as of now; who has left it is an agent like any other. */
  list(part: Part, agents: readonly Agent[]): void {
    const now = new Set(agents.map(({ id }) => id))
    for (const agent of this.#agents.values()) {
      if (!agent.listed || now.has(agent.id)) continue
      const { listed: _, ...rest } = agent
      this.#put(part, rest)
    }
    for (const agent of agents) {
      const known = this.#stored(agent.id)
      this.#put(part, { ...agent, ...known, name: agent.name, listed: true })
    }
  }

  #put(part: Part, agent: Agent): void {
    this.#sql.putAgent.run(agent.id, JSON.stringify(agent))
    part.afterCommit(() => {
      this.#agents.set(agent.id, agent)
      this.#desks.clear()
    })
  }

  /** As of this transaction, which may be ahead of the memory. */
  #stored(id: AgentId): Agent | undefined {
    const row = this.#sql.agent.get(id)
    return row && fromJson<Agent>(row.body)
  }

  #keep(row: Record<string, SQLOutputValue>): void {
    const group = toGroup(row)
    this.#groups.set(group.id, group)
    this.#desks.clear()
  }
}

function recognised(known: Agent, seen: Agent): Agent {
  return {
    ...known,
    name: known.listed || seen.name === seen.user ? known.name : seen.name,
    groups: [...new Set([...known.groups, ...seen.groups])],
    seenAt: Math.max(known.seenAt, seen.seenAt),
  }
}

// Columns hold nothing but what `bind` wrote.
function toGroup(row: Record<string, SQLOutputValue>): Group {
  return {
    id: row.id as GroupId,
    desk: row.desk as DeskId,
    workplace: row.workplace as WorkplaceId,
    chat: String(row.chat),
    boundAt: Number(row.bound_at),
    posted: Number(row.posted),
  }
}
