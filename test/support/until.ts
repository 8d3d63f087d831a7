const LOOK_EVERY_MS = 5

/**
 * Resolves with what `look` gives as soon as it gives something; looks every 5 ms.
 * @param what told when it never comes
 * @throws {Error} when it has given nothing within `timeoutMs`
 */
export async function until<Value>(
  what: string,
  look: () => Value | undefined | false | null | Promise<Value | undefined | false | null>,
  timeoutMs = 8000,
): Promise<Value> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined && found !== false && found !== null) return found
    if (performance.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** Resolves when `sample` has given the same for `quietMs`: for showing that nothing more comes. */
export async function settled<Value>(
  sample: () => Value,
  quietMs = 80,
  timeoutMs = 8000,
): Promise<Value> {
  const giveUpAt = performance.now() + timeoutMs
  let last = JSON.stringify(sample())
  let since = performance.now()
  while (performance.now() - since < quietMs) {
    if (performance.now() > giveUpAt) throw new Error(`not quiet within ${timeoutMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    const now = JSON.stringify(sample())
    if (now === last) continue
    last = now
    since = performance.now()
  }
  return sample()
}
