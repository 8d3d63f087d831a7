/** Calls under way, so that stopping can wait for them. */
export class Work {
  readonly #running = new Set<Promise<unknown>>()

  run<Result>(call: Promise<Result>): Promise<Result> {
    this.#running.add(call)
    const finished = (): void => void this.#running.delete(call)
    call.then(finished, finished)
    return call
  }

  /** Resolves when nothing is under way, whatever came of it. */
  async ended(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running)
  }
}
