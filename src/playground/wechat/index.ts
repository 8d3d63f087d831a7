import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Faults } from '../faults.ts'
import { type AccountHost, OfficialAccount } from './account.ts'
import { InboundFaults } from './inbound-faults.ts'
import type { AccountOptions, QuotaRule, Trigger, WechatChange } from './model.ts'
import { Postman } from './postman.ts'
import { DEFAULT_RULES } from './quota.ts'
import { createApiServer } from './server.ts'

export interface WechatOptions {
  accounts: readonly AccountOptions[]
  /** Default 0: any free port. Always on 127.0.0.1. */
  port?: number
  /** Faults of the calls to the platform. Names: custom/send, custom/typing, media/upload, media/get, media/video, media/picture, stable_token, token, user/info, getcallbackip, callback/check. */
  faults?: Faults
  /** Faults of the callbacks. */
  inbound?: InboundFaults
  /** Epoch milliseconds; default: the machine's clock. Waiting for answers always takes real time. */
  now?: () => number
  /** How long the platform waits for an answer to a callback; default 5000. */
  answerLimitMs?: number
  /** From the start of one try to the start of the next; default 5000. */
  retryGapMs?: number
  /** Tries after the first; default 3. */
  retries?: number
  /** How long a legacy token still serves after the next one was given out; default 300000. */
  legacyOverlapMs?: number
  /** Windows and counts that differ from the platform's present ones. */
  quota?: Partial<Record<Trigger, QuotaRule>>
}

/** api.weixin.qq.com and the phones of its customers, on this machine. */
export interface WechatStandIn {
  /** The base address to use instead of https://api.weixin.qq.com. */
  readonly url: string
  readonly accounts: readonly OfficialAccount[]
  readonly faults: Faults
  readonly inbound: InboundFaults
  /** How often each call was made, by the names of the fault switches. */
  readonly calls: ReadonlyMap<string, number>
  /** @throws {Error} when no account has this appid */
  account(appid: string): OfficialAccount
  /** Calls `listener` for everything that a page would redraw; the returned function ends that. */
  onChange(listener: (change: WechatChange) => void): () => void
  /** Ends all sending and listening; what is under way counts as not accepted. */
  stop(): Promise<void>
}

/** Starts the stand-in of the 公众号 platform. */
export async function startWechat(options: WechatOptions): Promise<WechatStandIn> {
  const now = options.now ?? Date.now
  const faults = options.faults ?? new Faults()
  const inbound = options.inbound ?? new InboundFaults()
  const { answerLimitMs = 5000, retryGapMs = 5000, retries = 3 } = options
  const postman = new Postman({ answerLimitMs, retryGapMs, retries }, now)
  const listeners = new Set<(change: WechatChange) => void>()
  const calls = new Map<string, number>()
  const accounts = new Map<string, OfficialAccount>()
  let url = ''
  const server = createApiServer({
    accounts,
    faults,
    now,
    called: (name) => calls.set(name, (calls.get(name) ?? 0) + 1),
    url: () => url,
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  // A TCP server that listens has an address with a port.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  let lineId = 0
  const host: AccountHost = {
    url,
    rules: { ...DEFAULT_RULES, ...options.quota },
    legacyOverlapMs: options.legacyOverlapMs ?? 300_000,
    postman,
    inbound,
    now,
    nextLineId: () => (lineId += 1),
    changed: (change) => {
      for (const listener of listeners) listener(change)
    },
  }
  for (const one of options.accounts) accounts.set(one.appid, new OfficialAccount(one, host))

  return {
    url,
    accounts: [...accounts.values()],
    faults,
    inbound,
    calls,
    account(appid) {
      const account = accounts.get(appid)
      if (account === undefined) throw new Error(`no account has the appid ${appid}`)
      return account
    },
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async stop() {
      postman.stop()
      for (const account of accounts.values()) account.releaseOvertaken()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
