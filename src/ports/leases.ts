export interface Lease {
  /** Grows with every change of owner; whoever holds an older one has lost it. */
  fence: number
  /** False from the moment another owner may have it. */
  held(): boolean
  /** Aborted when the lease is lost or released. */
  signal: AbortSignal
  release(): Promise<void>
}

/** Named rights that one process holds at a time: 15 s, renewed every 5 s (design.md 6). */
export interface Leases {
  /** Waits until the lease is ours. Rejects with the signal's reason when aborted. */
  acquire(name: string, signal: AbortSignal): Promise<Lease>
}
