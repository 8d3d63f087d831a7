/** How often and how long the platform still lets us answer one customer, per trigger (wechat.md, quota table). */
export type QuotaLedger = Readonly<Record<string, QuotaEntry>>

export interface QuotaEntry {
  /** Epoch milliseconds of the event that opened it. */
  openedAt: number
  /** Sent or on the way since then. */
  used: number
}
