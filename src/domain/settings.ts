import type { AccountId, AgentId, DeskId, WorkplaceId } from './ids.ts'
import type { Carrier } from './outbound.ts'
import type { CardAbilities, RepostPolicy } from './thread.ts'

/** A desk's rules, from the configuration. */
export interface DeskSettings {
  id: DeskId
  name: string
  /** IANA zone of all times people see. */
  timeZone: string
  /** Who follows a held conversation: its holder's group, or all. */
  mirror: 'holder' | 'all'
  /** A held conversation that owes an answer this long goes back to the queue. */
  idleReleaseMs: number
  /** A held conversation in which nobody writes this long is closed. */
  idleCloseMs: number
  /** A customer who comes back within this goes on with the same conversation. */
  reopenWithinMs: number
}

/** One account as handlers and cards need it. */
export interface AccountSettings {
  id: AccountId
  desk: DeskId
  /** 旗舰店 */
  name: string
  /** 公众号 */
  channel: string
  carrier: Carrier
}

/** One workplace as handlers and cards need it. */
export interface WorkplaceSettings {
  id: WorkplaceId
  /** 钉钉 */
  label: string
  can: CardAbilities & {
    cardReply: boolean
    mention: boolean
    maxColleagues: number
    maxMediaBytes: Readonly<Record<'image' | 'voice' | 'video' | 'file', number>>
  }
}

/** What handlers may know of the configuration: frozen, whole for one event. */
export interface Settings {
  desks: ReadonlyMap<DeskId, DeskSettings>
  accounts: ReadonlyMap<AccountId, AccountSettings>
  workplaces: ReadonlyMap<WorkplaceId, WorkplaceSettings>
  /** `group`: whoever acts in a bound group. `listed`: only the agents of the configuration. */
  admission: 'group' | 'listed'
  /** The agents of the configuration. */
  listed: ReadonlySet<AgentId>
  repost: RepostPolicy
  /** Whether a drawing of a card that has not left yet gives way to a newer one; off only in benchmarks. */
  coalesce: boolean
  /** How long a line waits for its picture. */
  mediaWaitMs: number
  /** How long a row towards a group waits for its turn before it counts as failed. */
  groupExpiryMs: number
}
