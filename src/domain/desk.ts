import type { AgentId, DeskId, GroupId, LaneKey, WorkplaceId } from './ids.ts'

/** A chat that belongs to a desk since somebody typed 绑定 in it. */
export interface Group {
  id: GroupId
  desk: DeskId
  workplace: WorkplaceId
  /** The platform's chat id. */
  chat: string
  boundAt: number
  /** How many posts of ours it has had. */
  posted: number
}

/** A member of staff whom we have seen act, or who stands in the configuration. */
export interface Agent {
  id: AgentId
  workplace: WorkplaceId
  /** The platform's user id. */
  user: string
  /** From the configuration: of every desk, under the name given there. */
  listed?: boolean
  /** What people see; without one the user id. */
  name: string
  /** Groups in which they were seen. */
  groups: GroupId[]
  /** The conversation that their single chat with the bot speaks to. */
  current?: LaneKey
  seenAt: number
}

/** A desk as handlers see it. */
export interface Desk {
  id: DeskId
  groups: readonly Group[]
  agents: readonly Agent[]
}
