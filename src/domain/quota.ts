/** How often and how long the platform still lets us answer one customer, per trigger (wechat.md, quota table). */
export type QuotaLedger = Readonly<Record<string, QuotaEntry>>

export interface QuotaEntry {
  /** Epoch milliseconds of the event that opened it. */
  openedAt: number
  /** Sent or on the way since then. */
  used: number
}

/** The rules of a channel, by trigger. */
export type QuotaRules = Readonly<Record<string, { windowMs: number; max: number }>>

/** Room to answer: how many messages until when, under which trigger. */
export interface Room {
  trigger: string
  left: number
  /** When that trigger was opened, which names this opening. */
  openedAt: number
  until: number
}

/** A trigger begins anew; what was left does not add up. An older event than the one known opens nothing; one of the same second does. */
export function openQuota(ledger: QuotaLedger, trigger: string, at: number): QuotaLedger {
  const known = ledger[trigger]
  if (known && known.openedAt > at) return ledger
  return { ...ledger, [trigger]: { openedAt: at, used: 0 } }
}

/** The most generous open trigger: most messages left, then open the longest. Undefined when nothing may be sent. */
export function room(ledger: QuotaLedger, rules: QuotaRules, now: number): Room | undefined {
  return openRooms(ledger, rules, now).find(({ left }) => left > 0)
}

/** Why nothing may be sent, when `room` is undefined. */
export function noRoomReason(
  ledger: QuotaLedger,
  rules: QuotaRules,
  now: number,
): 'window-closed' | 'quota-used' {
  return openRooms(ledger, rules, now).length > 0 ? 'quota-used' : 'window-closed'
}

export function reserve(ledger: QuotaLedger, trigger: string): QuotaLedger {
  return change(ledger, trigger, (entry) => ({ ...entry, used: entry.used + 1 }))
}

/**
 * After a certain failure, to the trigger that was used and no other, and only while that opening still stands.
 * @param openedAt the opening that was used; another one owes it nothing
 */
export function giveBack(ledger: QuotaLedger, trigger: string, openedAt: number): QuotaLedger {
  return change(ledger, trigger, (entry) =>
    entry.openedAt === openedAt ? { ...entry, used: Math.max(0, entry.used - 1) } : entry,
  )
}

/** The platform said "too many" (or "too late"): whatever we counted, nothing is left. */
export function exhaust(ledger: QuotaLedger, rules: QuotaRules, now: number): QuotaLedger {
  let next = ledger
  for (const { trigger } of openRooms(ledger, rules, now))
    next = change(next, trigger, (entry) => ({ ...entry, used: rules[trigger]?.max ?? entry.used }))
  return next
}

/** When the opening of this trigger ends; undefined when it has none. */
export function windowEnd(
  ledger: QuotaLedger,
  rules: QuotaRules,
  trigger: string | undefined,
): number | undefined {
  const entry = trigger === undefined ? undefined : ledger[trigger]
  const rule = trigger === undefined ? undefined : rules[trigger]
  return entry && rule ? entry.openedAt + rule.windowMs : undefined
}

function openRooms(ledger: QuotaLedger, rules: QuotaRules, now: number): Room[] {
  return Object.entries(ledger)
    .flatMap(([trigger, entry]) => {
      const rule = rules[trigger]
      const until = entry.openedAt + (rule?.windowMs ?? 0)
      return rule && until > now
        ? [
            {
              trigger,
              left: Math.max(0, rule.max - entry.used),
              openedAt: entry.openedAt,
              until,
            },
          ]
        : []
    })
    .sort((a, b) => b.left - a.left || b.until - a.until)
}

function change(
  ledger: QuotaLedger,
  trigger: string,
  alter: (entry: QuotaEntry) => QuotaEntry,
): QuotaLedger {
  const entry = ledger[trigger]
  return entry ? { ...ledger, [trigger]: alter(entry) } : ledger
}
