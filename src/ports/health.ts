export interface Health {
  state: 'ok' | 'degraded' | 'down'
  /** For the operator: what is wrong and what to do; empty when `ok`. */
  detail: string
  /** Epoch milliseconds of the last change of `state`. */
  since: number
}

/** One line of `jieli doctor`. */
export interface Check {
  name: string
  state: 'ok' | 'warning' | 'failed'
  /** What was found. */
  found: string
  /** What to do about it; empty when `ok`. Chinese. */
  fix: string
}
