/**
 * What a stand-in can be told to do wrong.
 * - `delay`: answer after `ms`
 * - `status`: answer with this HTTP status and body instead of doing the work
 * - `errcode`: answer with the platform's own error form instead of doing the work
 * - `cut`: close the connection without doing the work
 * - `lost-answer`: do the work, then close the connection, so that the caller cannot know
 */
export type Fault =
  | { kind: 'delay'; ms: number }
  | { kind: 'status'; status: number; body?: string }
  | { kind: 'errcode'; code: number | string; message?: string }
  | { kind: 'cut' }
  | { kind: 'lost-answer' }

export interface FaultRule {
  /** The call it applies to, as the stand-in names it, e.g. `custom/send`; `*` for every call, and for nothing else. */
  call: string
  fault: Fault
  /** How often it strikes before it is spent; without a number until it is cleared. */
  times?: number
  /** Share of the calls it strikes, 0 to 1; 1 when left out. */
  rate?: number
}

/** The fault switches of one stand-in. */
export class Faults {
  readonly #rules: (FaultRule & { id: number })[] = []
  readonly #random: () => number
  #nextId = 1

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Switches a fault on; the returned function switches it off. */
  add(rule: FaultRule): () => void {
    const entry = { ...rule, id: this.#nextId++ }
    this.#rules.push(entry)
    return () => this.#remove(entry.id)
  }

  clear(): void {
    this.#rules.length = 0
  }

  list(): readonly FaultRule[] {
    return this.#rules
  }

  /** The fault that strikes this call, if any; counts it as spent. */
  strike(call: string): Fault | undefined {
    return this.#strike((rule) => rule.call === call || rule.call === '*')
  }

  /** The same for something that is no call of its own: only a rule that names it strikes. */
  strikeNamed(name: string): Fault | undefined {
    return this.#strike((rule) => rule.call === name)
  }

  #strike(applies: (rule: FaultRule) => boolean): Fault | undefined {
    for (const rule of this.#rules) {
      if (!applies(rule)) continue
      if (rule.rate !== undefined && this.#random() >= rule.rate) continue
      if (rule.times !== undefined && --rule.times <= 0) this.#remove(rule.id)
      return rule.fault
    }
    return undefined
  }

  #remove(id: number): void {
    const index = this.#rules.findIndex((rule) => rule.id === id)
    if (index >= 0) this.#rules.splice(index, 1)
  }
}
