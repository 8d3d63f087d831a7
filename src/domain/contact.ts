import type { AccountId } from './ids.ts'
import type { QuotaLedger } from './quota.ts'

/** One customer at one account. */
export interface Contact {
  account: AccountId
  /** The platform's id of the customer. */
  externalId: string
  /** What people see: a remark of the platform's, else a made-up one (客户-7F3A). */
  alias: string
  /** False after the customer has left the account: nothing can be sent. */
  following: boolean
  /** Small facts needed to answer; the channel's own words. */
  refs: Record<string, string>
  quota: QuotaLedger
}
