import type { Config } from '#config/schema.ts'
import {
  type AccountId,
  accountId,
  deskId,
  makeAgentId,
  type WorkplaceId,
  workplaceId,
} from './domain/ids.ts'
import type {
  AccountSettings,
  DeskSettings,
  Settings,
  WorkplaceSettings,
} from './domain/settings.ts'
import type { Channel } from './ports/channel.ts'
import type { Workplace } from './ports/workplace.ts'
import type { RelayTuning } from './relay/world.ts'
import { userKey } from './workplaces/wecom/ids.ts'

/** 公众号 and its relatives, as people read them. */
const channelNames = { 'wechat-oa': '公众号' } as const satisfies Record<
  Config['accounts'][string]['channel'],
  string
>

/** What handlers may know of the configuration. */
export function settingsOf(
  config: Config,
  channels: ReadonlyMap<AccountId, Channel>,
  workplaces: ReadonlyMap<WorkplaceId, Workplace>,
): Settings {
  return {
    desks: new Map(
      Object.entries(config.desks).map(([id, desk]): [DeskSettings['id'], DeskSettings] => [
        deskId(id),
        { ...desk, id: deskId(id) },
      ]),
    ),
    accounts: new Map(accountsOf(config, channels).map((account) => [account.id, account])),
    workplaces: new Map(
      [...workplaces.values()].map(
        ({ id, label, capabilities }): [WorkplaceId, WorkplaceSettings] => [
          id,
          { id, label, can: capabilities },
        ],
      ),
    ),
    admission: config.agents.admission,
    listed: new Set(listedAgents(config).map(({ id }) => id)),
    repost: config.relay.repost,
    coalesce: config.relay.limits,
    mediaWaitMs: config.media.waitMs,
    groupExpiryMs: config.relay.groupExpiryMs,
  }
}

function accountsOf(config: Config, channels: ReadonlyMap<AccountId, Channel>): AccountSettings[] {
  return Object.entries(config.desks).flatMap(([desk, { accounts }]) =>
    accounts.flatMap((key) => {
      const id = accountId(key)
      const account = config.accounts[key]
      const carrier = channels.get(id)?.capabilities
      if (!account || !carrier) return []
      const channel = channelNames[account.channel]
      return [{ id, desk: deskId(desk), name: account.name, channel, carrier }]
    }),
  )
}

/** The agents of the configuration, one per workplace they have an id in. */
export function listedAgents(config: Pick<Config, 'agents' | 'workplaces'>) {
  return config.agents.list.flatMap(({ name, ids }) =>
    Object.entries(ids).map(([workplace, written]) => {
      // WeCom's ids may be written in any case.
      const user = config.workplaces[workplace]?.kind === 'wecom' ? userKey(written) : written
      return {
        id: makeAgentId(workplaceId(workplace), user),
        workplace: workplaceId(workplace),
        user,
        name,
      }
    }),
  )
}

export function tuningOf({ relay }: Config): RelayTuning {
  const { groupExpiryMs: _expiry, repost: _repost, ...tuning } = relay
  return tuning
}
