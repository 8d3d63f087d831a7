import type { Carrier } from '#src/domain/outbound.ts'
import {
  type AccountId,
  type AgentId,
  type DeskId,
  type WorkplaceId,
  accountId,
  deskId,
  workplaceId,
} from '#src/domain/ids.ts'
import type { DeskSettings, Settings, WorkplaceSettings } from '#src/domain/settings.ts'

export const SHOP: AccountId = accountId('shop')
export const DESK: DeskId = deskId('main')
export const DINGTALK: WorkplaceId = workplaceId('dingtalk')
export const WECOM: WorkplaceId = workplaceId('wecom')

export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** Tuesday, 24 November 2026, 14:00 in Shanghai. */
export const START = Date.UTC(2026, 10, 24, 6)

const carrier: Carrier = {
  send: { text: { maxBytes: 60 }, image: { maxBytes: 1000 } },
  mediaTypes: { image: ['image/png'] },
  quota: { message: { windowMs: 48 * HOUR, max: 5 } },
  typing: true,
}

const maxMediaBytes = { image: 1000, voice: 1000, video: 1000, file: 1000 }

/** Reads the talk on cards, which have a reply box and can be redrawn. */
const dingtalk: WorkplaceSettings = {
  id: DINGTALK,
  label: '钉钉',
  can: {
    cards: true,
    cardPushGroup: true,
    cardUpdateLater: true,
    cardReply: true,
    mention: true,
    transcript: 'card',
    transcriptLines: 6,
    transcriptLineChars: 20,
    maxColleagues: 10,
    maxMediaBytes,
  },
}

/** Reads marked lines; a card changes only as the answer to a click. */
const wecom: WorkplaceSettings = {
  id: WECOM,
  label: '企业微信',
  can: {
    cards: true,
    cardPushGroup: true,
    cardUpdateLater: false,
    cardReply: false,
    mention: false,
    transcript: 'lines',
    transcriptLines: 2,
    transcriptLineChars: 20,
    maxColleagues: 5,
    maxMediaBytes,
  },
}

export interface ShopOptions {
  mirror?: DeskSettings['mirror']
  admission?: Settings['admission']
  listed?: AgentId[]
  reopenWithinMs?: number
}

/** One account, one desk, one workplace of each kind. */
export function shopSettings(options: ShopOptions = {}): Settings {
  const {
    mirror = 'holder',
    admission = 'group',
    listed = [],
    reopenWithinMs = 24 * HOUR,
  } = options
  const desk: DeskSettings = {
    id: DESK,
    name: '售前',
    timeZone: 'Asia/Shanghai',
    mirror,
    idleReleaseMs: 10 * MINUTE,
    idleCloseMs: 2 * HOUR,
    reopenWithinMs,
  }
  return {
    desks: new Map([[DESK, desk]]),
    accounts: new Map([
      [SHOP, { id: SHOP, desk: DESK, name: '旗舰店', channel: '公众号', carrier }],
    ]),
    workplaces: new Map([
      [DINGTALK, dingtalk],
      [WECOM, wecom],
    ]),
    admission,
    listed: new Set(listed),
    repost: { afterPosts: 8, afterMs: 10 * MINUTE, notWithinMs: MINUTE },
    mediaWaitMs: 1500,
    coalesce: true,
    groupExpiryMs: HOUR,
  }
}
