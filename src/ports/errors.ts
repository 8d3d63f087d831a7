/**
 * What the outbox does after a failure:
 * - `retry`: not delivered; try again after `afterMs` (or the backoff's own delay)
 * - `refresh-token`: not delivered; fetch a new token, try once more at once
 * - `give-up`: not delivered and never will be; `reason` is a key of cards/reasons.ts, the words an agent sees
 */
export type NextStep =
  { do: 'retry'; afterMs?: number } | { do: 'refresh-token' } | { do: 'give-up'; reason: string }

export interface PlatformErrorOptions {
  /** `no`: certainly not delivered. `unknown`: it may have been; a retry may send it twice. */
  delivered: 'no' | 'unknown'
  next: NextStep
  cause?: unknown
}

/**
 * A call to a platform that failed.
 * `code` is dotted and stable (`wecom.rate_limited`), safe to alert on. `message` is for the operator: the call, the
 * vendor's code, what was being done; never a secret, never a customer's text.
 */
export class PlatformError extends Error {
  readonly code: string
  readonly delivered: 'no' | 'unknown'
  readonly next: NextStep

  constructor(code: string, message: string, options: PlatformErrorOptions) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'PlatformError'
    this.code = code
    this.delivered = options.delivered
    this.next = options.next
  }
}

/** A request from outside that is refused: answered with `status` and this plain `message`, nothing else is done. */
export class Refusal extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, status: number, message: string) {
    super(message)
    this.name = 'Refusal'
    this.code = code
    this.status = status
  }
}
