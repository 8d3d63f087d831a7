import { StatementSync } from 'node:sqlite'

/**
 * Makes every commit wait, as a cloud disk would at its sync: the thread stands still, like in the real call.
 * The wait in milliseconds comes from BENCH_SYNC_MS; without it nothing is changed.
 */
export function slowSyncs(): void {
  const waitMs = Number(process.env['BENCH_SYNC_MS'] ?? 0)
  if (waitMs <= 0) return
  const cell = new Int32Array(new SharedArrayBuffer(4))
  // oxlint-disable-next-line typescript/unbound-method -- called with its statement below
  const run = StatementSync.prototype.run
  StatementSync.prototype.run = function (this: StatementSync, ...values: Parameters<typeof run>) {
    const result = run.apply(this, values)
    if (this.sourceSQL === 'COMMIT') Atomics.wait(cell, 0, 0, waitMs)
    return result
  } as typeof run
}
