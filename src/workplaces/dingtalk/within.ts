import type { Clock } from '#src/ports/clock.ts'

/** The promise's value, or undefined when it takes longer than `ms`. Leaves no timer behind once it is settled. */
export async function within<Value>(
  clock: Clock,
  ms: number,
  promise: Promise<Value>,
): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>()
  const cancel = clock.at(clock.now() + ms, () => late.resolve(undefined))
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    cancel()
  }
}
