/** Waits that all end at once when the stand-in stops. */
export class Timers {
  readonly #open = new Map<NodeJS.Timeout, () => void>()
  #stopped = false

  /** Resolves after `ms`, or at once when stopped. */
  wait(ms: number): Promise<void> {
    if (this.#stopped) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#open.delete(timer)
        resolve()
      }, ms)
      this.#open.set(timer, resolve)
    })
  }

  /** The promise's value, or undefined when it takes longer than `ms`. Leaves no timer behind. */
  within<Value>(ms: number, promise: Promise<Value>): Promise<Value | undefined> {
    if (this.#stopped) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const timer = setTimeout(() => end(), ms)
      const end = (value?: Value): void => {
        clearTimeout(timer)
        this.#open.delete(timer)
        resolve(value)
      }
      this.#open.set(timer, () => end())
      void promise.then(end)
    })
  }

  get stopped(): boolean {
    return this.#stopped
  }

  stop(): void {
    this.#stopped = true
    for (const [timer, end] of this.#open) {
      clearTimeout(timer)
      end()
    }
    this.#open.clear()
  }
}
