import type { BotEvent, EventName } from './events.ts'
import {
  allEvents,
  matching,
  matchingActions,
  type ActionFor,
  type Matched,
  type Narrowed,
  type QueryFor,
} from './filter.ts'
import { walk, type Link, type Middleware, type MiddlewareFn, type Next } from './middleware.ts'

/**
 * What the router needs of a context. `command` is what the text of an `agent:text` says when the whole of it parses
 * as one; every `command()` on the way asks for it, so a context parses at the first question and keeps the answer.
 */
export interface Routable {
  readonly event: BotEvent
  readonly command?: { readonly name: string } | undefined
}

type NameIn<C extends Routable> = C['event']['name']
type CommandIn<C> = C extends { readonly command?: infer Command } ? NonNullable<Command> : never
type CommandName<C> = Extract<CommandIn<C>, { readonly name: string }>['name']

/** A context inside `command(name)`. */
export type Commanded<C, Name extends string> = Narrowed<C, 'agent:text'> & {
  readonly command: CommandIn<C> & { readonly name: Name }
}
/** A context inside `action(name)`. */
export type Clicked<C, Action extends string> = Narrowed<C, Extract<EventName, `card:${Action}`>>

type Guard<C, D extends C> = (ctx: C) => ctx is D
type Predicate<C> = (ctx: C) => boolean
type OneOrMore<T> = T | readonly T[]
/** What is installed: for each event, the links that it can concern. */
type Part<C> = (name: EventName) => readonly Link<C>[]

/** Gets what was thrown inside an error boundary; by `next()` the event goes on behind it, otherwise it ends here. */
export type ErrorHandler<C> = (error: unknown, ctx: C, next: Next) => unknown

/**
 * A tree of middleware, grammY's way. An event meets the parts in the order in which they were installed; a part that
 * does not call `next()` keeps it. A tree is put together first and handles events afterwards: once an event has come
 * through, installing more is refused, because a handler that installs handlers does so again at every event.
 */
export class Composer<C extends Routable> {
  readonly #parts: Part<C>[] = []
  /** For each event that has come: the links that it can concern, those of trees inside among them. */
  readonly #plans = new Map<EventName, readonly Link<C>[]>()
  /** The events that can arrive, as far as the queries around this tree tell. */
  #arriving = allEvents

  constructor(...middleware: Middleware<C>[]) {
    this.use(...middleware)
  }

  /** Installs middleware for every event. */
  use(...middleware: Middleware<C>[]): this {
    for (const one of middleware) this.#install((name) => linksOf(one, name))
    return this
  }

  /**
   * For the events that a query matches, or any of several; `ctx.event` has exactly the fields that they promise.
   * @returns the tree inside, to install more in
   * @throws {Error} when a query cannot match; the message lists what is allowed here, nearest first
   */
  on<Q extends QueryFor<NameIn<C>>>(
    query: OneOrMore<Q>,
    ...middleware: Middleware<Narrowed<C, Matched<Q>>>[]
  ): Composer<Narrowed<C, Matched<Q>>> {
    return this.#onEvents(matching(listOf(query), this.#arriving), middleware)
  }

  /**
   * For clicks on card buttons of this name, or any of several: `action('claim')` is `on('card:claim')`.
   * @throws {Error} when there is no such button; the message lists those that there are, nearest first
   */
  action<Action extends ActionFor<NameIn<C>>>(
    name: OneOrMore<Action>,
    ...middleware: Middleware<Clicked<C, Action>>[]
  ): Composer<Clicked<C, Action>> {
    return this.#onEvents(matchingActions(listOf(name), this.#arriving), middleware)
  }

  /** For words of an agent that are, as a whole, the command of this name, or any of several. */
  command<Name extends CommandName<C>>(
    name: OneOrMore<Name>,
    ...middleware: Middleware<Commanded<C, Name>>[]
  ): Composer<Commanded<C, Name>> {
    const asked = new Set(listOf(name))
    if (asked.size === 0) throw new Error('command() was given no name')
    const accepts = (ctx: C): ctx is Commanded<C, Name> =>
      ctx.command !== undefined && asked.has(ctx.command.name)
    return this.#when(matching(['agent:text'], this.#arriving), accepts, middleware)
  }

  /** For contexts that a predicate accepts; a type guard narrows them. It is asked once and answers at once. */
  filter<D extends C>(accepts: Guard<C, D>, ...middleware: Middleware<D>[]): Composer<D>
  filter(accepts: Predicate<C>, ...middleware: Middleware<C>[]): Composer<C>
  filter(accepts: Predicate<C>, ...middleware: Middleware<C>[]): Composer<C> {
    return this.#when(this.#arriving, (ctx): ctx is C => accepts(ctx), middleware)
  }

  /** One way or the other; a type guard narrows the first. The predicate is asked once and answers at once. */
  branch<D extends C>(accepts: Guard<C, D>, yes: Middleware<D>, no: Middleware<C>): this
  branch(accepts: Predicate<C>, yes: Middleware<C>, no: Middleware<C>): this
  branch(accepts: Predicate<C>, yes: Middleware<C>, no: Middleware<C>): this {
    const [whenYes, whenNo] = [flatten(yes), flatten(no)]
    return this.use((ctx, next) => (accepts(ctx) ? whenYes(ctx, next) : whenNo(ctx, next)))
  }

  /**
   * Middleware that may fail by itself: what is thrown in it goes to `onError`. What is thrown by the parts behind the
   * boundary, which run inside its `next()`, passes through; there `onError` is not called.
   * When the event had already gone on before the failure, the `next()` of `onError` does not run it again.
   * @returns the tree inside, to install more in
   */
  errorBoundary(onError: ErrorHandler<C>, ...middleware: Middleware<C>[]): Composer<C> {
    const inner = this.#inside(this.#arriving, middleware)
    const run = flatten(inner)
    const link: Link<C> = (ctx) => (next) => guarded(run, onError, ctx, next)
    this.#install((name) => (inner.linksFor(name).length > 0 ? [link] : []))
    return inner
  }

  /**
   * Middleware that is made when the first event needs it: once for each key, and kept; without keys anew for each
   * event. Made ones are kept as long as this tree, so a key comes from a small set (a desk, not a customer). A `build`
   * that fails is tried again at the next event.
   */
  lazy(
    build: (ctx: C) => Middleware<C> | Promise<Middleware<C>>,
    keyOf?: (ctx: C) => string,
  ): this {
    const made = new Map<string, Promise<MiddlewareFn<C>>>()
    const make = async (ctx: C): Promise<MiddlewareFn<C>> => flatten(await build(ctx))
    return this.use(async (ctx, next) => {
      const run = await (keyOf ? keep(made, keyOf(ctx), () => make(ctx)) : make(ctx))
      await run(ctx, next)
    })
  }

  /** This whole tree as one function. */
  middleware(): (ctx: C, next: Next) => Promise<void> {
    return (ctx, next) => walk(this.linksFor(ctx.event.name), 0, ctx, next)
  }

  /** Takes one event through the tree. When the promise settles nothing of it is running any more. */
  handle(ctx: C): Promise<void> {
    return walk(this.linksFor(ctx.event.name), 0, ctx, () => Promise.resolve())
  }

  /** The links that events of this name can concern. From the first question on the tree is fixed. */
  linksFor(name: EventName): readonly Link<C>[] {
    const known = this.#plans.get(name)
    if (known) return known
    const plan = this.#parts.flatMap((part) => part(name))
    this.#plans.set(name, plan)
    return plan
  }

  #onEvents<N extends EventName>(
    names: ReadonlySet<EventName>,
    middleware: Middleware<Narrowed<C, N>>[],
  ): Composer<Narrowed<C, N>> {
    const accepts = (ctx: C): ctx is Narrowed<C, N> => names.has(ctx.event.name)
    return this.#when(names, accepts, middleware)
  }

  #when<D extends C>(
    names: ReadonlySet<EventName>,
    accepts: Guard<C, D>,
    middleware: readonly Middleware<D>[],
  ): Composer<D> {
    const inner = this.#inside(names, middleware)
    this.#install((name) =>
      asOne(names.has(name) ? inner.linksFor(name) : []).map(
        (link) => (ctx: C) => (accepts(ctx) ? link(ctx) : undefined),
      ),
    )
    return inner
  }

  #inside<D extends C>(
    arriving: ReadonlySet<EventName>,
    middleware: readonly Middleware<D>[],
  ): Composer<D> {
    const inner = new Composer<D>(...middleware)
    inner.#arriving = arriving
    return inner
  }

  /** The one primitive: every method above comes down to this. */
  #install(part: Part<C>): void {
    if (this.#plans.size > 0) throw new Error('Middleware is installed before the first event')
    this.#parts.push(part)
  }
}

function listOf(given: OneOrMore<string>): readonly string[] {
  return typeof given === 'string' ? [given] : given
}

function flatten<C>(middleware: Middleware<C>): MiddlewareFn<C> {
  return typeof middleware === 'function' ? middleware : middleware.middleware()
}

function linksOf<C>(middleware: Middleware<C>, name: EventName): readonly Link<C>[] {
  if (typeof middleware !== 'function') return middleware.linksFor(name)
  return [(ctx) => (next) => middleware(ctx, next)]
}

/** Several links as one, so that the question in front of them is asked once. */
function asOne<C>(links: readonly Link<C>[]): readonly Link<C>[] {
  return links.length > 1 ? [(ctx) => (next) => walk(links, 0, ctx, next)] : links
}

async function guarded<C>(
  run: MiddlewareFn<C>,
  onError: ErrorHandler<C>,
  ctx: C,
  next: Next,
): Promise<void> {
  const behind: { run?: Promise<void>; failed: boolean } = { failed: false }
  const goOn: Next = () =>
    (behind.run ??= next().catch((error: unknown) => {
      behind.failed = true
      throw error
    }))
  try {
    await run(ctx, goOn)
  } catch (error) {
    if (behind.failed) throw error
    await walk([(ctx: C) => (next) => onError(error, ctx, next)], 0, ctx, goOn)
  }
}

/** The value of a key, made once; a failure is not kept. */
function keep<T>(made: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = made.get(key)
  if (known) return known
  const making = make()
  made.set(key, making)
  making.catch(() => made.delete(key))
  return making
}
