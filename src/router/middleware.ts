import type { EventName } from './events.ts'

/** Runs all that comes after this middleware. Await it or return it, and call it once at most. */
export type Next = () => Promise<void>

/** One part of the bot: does its work, and passes the event on by `next()` or keeps it by not calling it. */
export type MiddlewareFn<C> = (ctx: C, next: Next) => unknown

/** What can be installed: a function, or a Composer. */
export type Middleware<C> = MiddlewareFn<C> | MiddlewareTree<C>

/** What a Composer is to the one that it is installed in. */
export interface MiddlewareTree<C> {
  middleware(): MiddlewareFn<C>
  /** The links that events of this name can concern; asked once, when the first such event comes. */
  linksFor(name: EventName): readonly Link<C>[]
}

/** One link of a chain: looks at a context and gives what is to be done with it, or `undefined` to be skipped. */
export type Link<C> = (ctx: C) => Step | undefined
export type Step = (next: Next) => unknown

/**
 * Takes a context through the links like an onion, each inside the `next()` of the one before it, `last` in the middle.
 * When the promise settles nothing of it is running any more, even where an `await` was forgotten.
 * @throws {Error} when a middleware calls `next()` twice, or after its own end, or does not wait for it
 */
export async function walk<C>(
  links: readonly Link<C>[],
  from: number,
  ctx: C,
  last: Next,
): Promise<void> {
  for (let at = from; at < links.length; at++) {
    const step = links[at]?.(ctx)
    if (step) {
      await runStep(step, () => walk(links, at + 1, ctx, last))
      return
    }
  }
  await last()
}

async function runStep(step: Step, proceed: Next): Promise<void> {
  const passing = new Passing(proceed)
  try {
    await step(passing.next)
    passing.expectAwaited()
  } finally {
    await passing.end()
  }
}

/** The one `next()` that a middleware may call. */
class Passing {
  readonly #proceed: Next
  #state: 'ready' | 'called' | 'over' = 'ready'
  #rest: Rest | undefined

  constructor(proceed: Next) {
    this.#proceed = proceed
  }

  readonly next = (): Promise<void> => {
    if (this.#state === 'called') throw new Error('next() was called twice by one middleware')
    if (this.#state === 'over') throw new Error('next() was called after its middleware had ended')
    this.#state = 'called'
    this.#rest = new Rest(this.#proceed())
    return this.#rest
  }

  expectAwaited(): void {
    if (!this.#rest || (this.#rest.isAwaited && this.#rest.isSettled)) return
    throw new Error('next() was not awaited: write `await next()` or `return next()`')
  }

  /** What still runs may add to a Change that is about to be committed, so it is waited for. */
  end(): Promise<void> | undefined {
    if (this.#state === 'ready') this.#state = 'over'
    return this.#rest?.ended
  }
}

/** The promise of `next()`. It knows whether anybody waits for it, and its failure is never an unhandled one. */
class Rest extends Promise<void> {
  isAwaited = false
  isSettled = false
  /** Fulfilled when this is settled, either way. */
  readonly ended: Promise<void>

  constructor(work: Promise<void>) {
    super((resolve, reject) => {
      work.then(resolve, reject)
    })
    const settle = (): void => {
      this.isSettled = true
    }
    this.ended = super.then(settle, settle)
  }

  /** What `then` makes of it is a promise like any other. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  // oxlint-disable-next-line unicorn/no-thenable -- a promise has one already; being awaited is what is observed
  override then<A = void, B = never>(
    onFulfilled?: ((value: void) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true
    return super.then(onFulfilled, onRejected)
  }
}
