import type { Clock } from '../ports/clock.ts'

/** setTimeout takes a signed 32-bit number of milliseconds; longer waits go in stretches. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's clock. Its timers keep no process alive; they never fire before `now()` has reached their time. */
export function createSystemClock(): Clock {
  const now = (): number => Date.now()
  return { now, at: (atMs, fire) => schedule(now, atMs, fire) }
}

function schedule(now: () => number, atMs: number, fire: () => void): () => void {
  let cancel: () => void
  const arm = (): void => {
    const waitMs = atMs - now()
    // A timer may come a millisecond early, and the machine's clock may be set back: then it is armed again.
    cancel = waitMs <= 0 ? nextTurn(fire) : timer(() => (now() >= atMs ? fire() : arm()), waitMs)
  }
  arm()
  return () => cancel()
}

function nextTurn(fire: () => void): () => void {
  const immediate = setImmediate(fire)
  immediate.unref()
  return () => clearImmediate(immediate)
}

function timer(fire: () => void, waitMs: number): () => void {
  const timeout = setTimeout(fire, Math.min(waitMs, LONGEST_TIMER_MS))
  timeout.unref()
  return () => clearTimeout(timeout)
}

/**
 * Waits on the given clock.
 * @throws the signal's reason when it is aborted first
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(reasonOf(signal))
    const cancel = clock.at(clock.now() + ms, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    function onAbort(): void {
      cancel()
      reject(reasonOf(signal!))
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function reasonOf(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted')
}
