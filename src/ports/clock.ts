/** Time as the product sees it. Nothing but the implementations reads the machine's clock. */
export interface Clock {
  /** Epoch milliseconds, UTC. */
  now(): number
  /**
   * Calls `fire` once, at or shortly after `atMs`. A time in the past fires in the next turn of the event loop.
   * @returns a function that cancels the call; calling it twice is harmless
   */
  at(atMs: number, fire: () => void): () => void
}
