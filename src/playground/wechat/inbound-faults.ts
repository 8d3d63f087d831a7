/**
 * What can go wrong on a message's way in.
 * - `repeat`: the very same request arrives `times` more, all at once
 * - `new-id`: the message comes once more, `afterMs` later, under a new MsgId, as some of the platform's retries do
 * - `late`: it sets out `ms` after it was written
 * - `overtaken`: it sets out only after the next `by` callbacks of the account have
 */
export type InboundFault =
  | { kind: 'repeat'; times: number }
  | { kind: 'new-id'; afterMs: number }
  | { kind: 'late'; ms: number }
  | { kind: 'overtaken'; by: number }

export interface InboundFaultRule {
  fault: InboundFault
  /** How many callbacks it strikes; without a number until it is cleared. */
  times?: number
  /** Share of the callbacks it strikes, 0 to 1; 1 when left out. */
  rate?: number
}

/** The fault switches of the way in. Unlike on the way out, several can strike one callback. */
export class InboundFaults {
  readonly #random: () => number
  #rules: InboundFaultRule[] = []

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Switches a fault on; the returned function switches it off. */
  add(rule: InboundFaultRule): () => void {
    const entry = { ...rule }
    this.#rules.push(entry)
    return () => {
      this.#rules = this.#rules.filter((one) => one !== entry)
    }
  }

  clear(): void {
    this.#rules = []
  }

  list(): readonly InboundFaultRule[] {
    return this.#rules
  }

  /** The faults that strike the next callback; counts them as spent. */
  strike(): InboundFault[] {
    if (this.#rules.length === 0) return []
    const struck = this.#rules.filter(({ rate }) => rate === undefined || this.#random() < rate)
    for (const rule of struck) if (rule.times !== undefined) rule.times -= 1
    this.#rules = this.#rules.filter(({ times }) => times === undefined || times > 0)
    return struck.map(({ fault }) => fault)
  }
}
