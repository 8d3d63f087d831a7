import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Composer } from '#src/router/composer.ts'
import type { EventName } from '#src/router/events.ts'
import type { MiddlewareFn, Next } from '#src/router/middleware.ts'
import { Bench, bench } from './support.ts'

/** Says its name on the way in and again, primed, on the way out. */
const around =
  (name: string): MiddlewareFn<Bench> =>
  async (ctx, next) => {
    ctx.say(name)
    await next()
    ctx.say(`${name}'`)
  }
const say =
  (name: string): MiddlewareFn<Bench> =>
  (ctx) =>
    ctx.say(name)

async function said(
  bot: Composer<Bench>,
  name: EventName = 'customer:text',
  fields: object = {},
): Promise<readonly string[]> {
  const ctx = bench(name, fields)
  await bot.handle(ctx)
  return ctx.said
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('an event', () => {
  it('goes through the middleware in the order of installing, and back', async () => {
    const bot = new Composer<Bench>(around('a'))
    bot.use(around('b'), around('c')).use(around('d'))
    expect(await said(bot)).toEqual(['a', 'b', 'c', 'd', "d'", "c'", "b'", "a'"])
  })

  it('ends at the first that does not pass it on', async () => {
    const bot = new Composer<Bench>(around('a'), say('b'), say('c'))
    expect(await said(bot)).toEqual(['a', 'b', "a'"])
  })

  it('goes on behind a tree whose parts have all passed it on', async () => {
    const bot = new Composer<Bench>()
    bot.use(new Composer<Bench>(around('a')), new Composer<Bench>(around('b')))
    bot.on('customer', around('c'), around('d'))
    bot.on('card', say('never'))
    bot.use(say('end'))
    expect(await said(bot)).toEqual(['a', 'b', 'c', 'd', 'end', "d'", "c'", "b'", "a'"])
  })

  it('goes on behind a whole bot used as one function', async () => {
    const bot = new Composer<Bench>(around('a'))
    const ctx = bench('customer:text')
    await bot.middleware()(ctx, async () => ctx.say('outside'))
    expect(ctx.said).toEqual(['a', 'outside', "a'"])
  })

  it('meets what is installed later into a tree that is in its place already', async () => {
    const bot = new Composer<Bench>()
    const early = bot.on('customer')
    bot.use(say('late'))
    early.use(around('early'))
    expect(await said(bot)).toEqual(['early', 'late', "early'"])
  })

  it('takes a tree that stands in two bots through each of them', async () => {
    const shared = new Composer<Bench>()
    shared.on('customer', around('shared'))
    const [one, two] = [new Composer<Bench>(shared, say('one')), new Composer<Bench>(shared)]
    expect(await said(one)).toEqual(['shared', 'one', "shared'"])
    expect(await said(two)).toEqual(['shared', "shared'"])
  })
})

describe('installing after the first event', () => {
  it('is refused, in the bot and in the trees that it went through', async () => {
    const inner = new Composer<Bench>(around('inner'))
    const bot = new Composer<Bench>(inner)
    await said(bot)
    expect(() => bot.use(say('late'))).toThrow('Middleware is installed before the first event')
    expect(() => inner.on('card', say('late'))).toThrow('before the first event')
  })

  it('is refused to a handler, which would do it again at every event', async () => {
    const bot = new Composer<Bench>()
    bot.on('customer', () => bot.use(say('again')))
    await expect(said(bot)).rejects.toThrow('before the first event')
  })
})

describe('next()', () => {
  it('called twice is an error', async () => {
    const bot = new Composer<Bench>(async (_ctx, next) => {
      await next()
      await next()
    }, around('a'))
    await expect(said(bot)).rejects.toThrow('next() was called twice by one middleware')
  })

  it('called twice at once runs the rest once', async () => {
    const bot = new Composer<Bench>((_ctx, next) => Promise.all([next(), next()]), around('a'))
    const ctx = bench('customer:text')
    await expect(bot.handle(ctx)).rejects.toThrow('twice')
    expect(ctx.said).toEqual(['a', "a'"])
  })

  it('called after its middleware has ended is an error, and runs nothing', async () => {
    const kept: Next[] = []
    const bot = new Composer<Bench>((_ctx, next) => kept.push(next), say('never'))
    const ctx = bench('customer:text')
    await bot.handle(ctx)
    expect(() => kept[0]?.()).toThrow('next() was called after its middleware had ended')
    expect(ctx.said).toEqual([])
  })

  it('may be returned or awaited, by a plain or an async function', async () => {
    const bot = new Composer<Bench>(
      (_ctx, next) => next(),
      async (_ctx, next) => next(),
      async (_ctx, next) => await next(),
      (_ctx, next) => next().then(() => 'something'),
      async (_ctx, next) => {
        const rest = next()
        await tick()
        await rest
      },
      say('end'),
    )
    expect(await said(bot)).toEqual(['end'])
  })

  // The lint rule against floating promises is what stops these in our own code.
  const forgetful: [string, MiddlewareFn<Bench>][] = [
    ['an async function', async (_ctx, next) => void next()],
    ['a plain function', (_ctx, next) => void next()],
    [
      'one that works on for longer than the rest',
      async (_ctx, next) => {
        void next()
        await tick()
        await tick()
      },
    ],
    ['one that only listens for the end', (_ctx, next) => void next().finally(() => {})],
  ]
  it.each(forgetful)('that nobody waits for is an error: %s', async (_name, forget) => {
    const bot = new Composer<Bench>(forget, async (ctx) => {
      await tick()
      ctx.say('slow')
    })
    const ctx = bench('customer:text')
    await expect(bot.handle(ctx)).rejects.toThrow('next() was not awaited')
    expect(ctx.said).toEqual(['slow']) // and yet nothing runs on behind the caller's back
  })

  it('that nobody waits for is an error where the rest is over at once, or fails', async () => {
    for (const rest of [say('quick'), () => Promise.reject(new Error('lost'))]) {
      const bot = new Composer<Bench>(async (_ctx, next) => {
        void next()
        await tick()
      }, rest)
      await expect(said(bot)).rejects.toThrow('next() was not awaited')
    }
  })

  it('is waited for though the middleware itself fails first', async () => {
    const bot = new Composer<Bench>(
      (_ctx, next) => Promise.all([next(), Promise.reject(new Error('first'))]),
      async (ctx) => {
        await tick()
        ctx.say('slow')
      },
    )
    const ctx = bench('customer:text')
    await expect(bot.handle(ctx)).rejects.toThrow('first')
    expect(ctx.said).toEqual(['slow'])
  })

  it('rejects with what the rest throws, and a middleware may catch that', async () => {
    const caught: unknown[] = []
    const bot = new Composer<Bench>(
      async (_ctx, next) => {
        await next().catch((error: unknown) => caught.push(error))
      },
      () => {
        throw new Error('broken')
      },
    )
    await said(bot)
    expect(caught).toEqual([new Error('broken')])
  })
})

describe('command()', () => {
  const bot = new Composer<Bench>()
  bot.command('转', (ctx) => ctx.say(`to ${ctx.command.to}`))
  bot.command(['关闭'], (ctx) => ctx.say('close'))
  bot.on('agent:text', (ctx) => ctx.say(`reply ${ctx.event.text}`))

  it('hears a text that is a command as a whole, with what it says', async () => {
    expect(await said(bot, 'agent:text', { text: '转 张三' })).toEqual(['to 张三'])
    expect(await said(bot, 'agent:text', { text: '关闭' })).toEqual(['close'])
  })

  it('leaves all other text to those behind it', async () => {
    expect(await said(bot, 'agent:text', { text: '转账记录发我' })).toEqual(['reply 转账记录发我'])
    expect(await said(bot, 'customer:text', { text: '关闭' })).toEqual([])
  })

  it('asks for the command only where an agent wrote', async () => {
    const ctx = bench('customer:text', { text: '关闭' })
    await bot.handle(ctx)
    expect(ctx.parsed).toBe(0)
  })

  it('without a name is refused', () => {
    expect(() => new Composer<Bench>().command([])).toThrow('command() was given no name')
  })
})

describe('filter() and branch()', () => {
  it('take those that the predicate accepts, and pass the others', async () => {
    const bot = new Composer<Bench>()
    bot.filter((ctx) => ctx.event.late === true, around('late'))
    bot.use(say('end'))
    expect(await said(bot, 'card:show', { late: true })).toEqual(['late', 'end', "late'"])
    expect(await said(bot, 'card:show')).toEqual(['end'])
  })

  it('ask the predicate once for each event, however much stands behind it', async () => {
    const accepts = vi.fn(() => true)
    const bot = new Composer<Bench>()
    bot.filter(accepts, around('a'), around('b')).on('customer', around('c'))
    bot.branch(accepts, new Composer<Bench>(around('d'), around('e')), say('never'))
    expect(await said(bot)).toEqual(['a', 'b', 'c', 'd', 'e', "e'", "d'", "c'", "b'", "a'"])
    expect(accepts).toHaveBeenCalledTimes(2)
  })

  it('see what the middleware before them has done', async () => {
    const bot = new Composer<Bench>(around('a'))
    bot.filter((ctx) => ctx.said.includes('a'), say('b'))
    expect(await said(bot)).toEqual(['a', 'b', "a'"])
  })

  it('choose one way, and both ways go on behind', async () => {
    const bot = new Composer<Bench>()
    bot.branch((ctx) => ctx.event.name === 'card:claim', around('yes'), around('no'))
    bot.use(say('end'))
    expect(await said(bot, 'card:claim')).toEqual(['yes', 'end', "yes'"])
    expect(await said(bot, 'card:close')).toEqual(['no', 'end', "no'"])
  })

  it('fail the event when the predicate throws', async () => {
    const bot = new Composer<Bench>()
    bot.filter(() => {
      throw new Error('predicate')
    }, say('a'))
    await expect(said(bot)).rejects.toThrow('predicate')
  })
})

describe('errorBoundary()', () => {
  const broken = (): never => {
    throw new Error('broken')
  }
  const tell = (error: unknown, ctx: Bench): void => ctx.say(`caught ${String(error)}`)
  const tellAndGoOn = (error: unknown, ctx: Bench, next: Next): Promise<void> => {
    tell(error, ctx)
    return next()
  }

  it('catches what is thrown inside, and ends the event there', async () => {
    const bot = new Composer<Bench>()
    bot.errorBoundary(tell, around('a'), broken)
    bot.use(say('behind'))
    expect(await said(bot)).toEqual(['a', 'caught Error: broken'])
  })

  it('lets the event go on behind it when the handler says so', async () => {
    const bot = new Composer<Bench>(around('a'))
    bot.errorBoundary(tellAndGoOn).on('customer', broken)
    bot.use(say('behind'))
    expect(await said(bot)).toEqual(['a', 'caught Error: broken', 'behind', "a'"])
  })

  it('leaves alone what is thrown behind it, inside its next()', async () => {
    const bot = new Composer<Bench>()
    bot.errorBoundary(tellAndGoOn, around('a'))
    bot.use(broken)
    const ctx = bench('customer:text')
    await expect(bot.handle(ctx)).rejects.toThrow('broken')
    expect(ctx.said).toEqual(['a'])
  })

  it('leaves it alone even if the inside throws something else because of it', async () => {
    const bot = new Composer<Bench>()
    bot.errorBoundary(tell, async (_ctx, next) => {
      await next().catch((error: unknown) => {
        throw new Error('wrapped', { cause: error })
      })
    })
    bot.use(broken)
    await expect(said(bot)).rejects.toThrow('wrapped')
  })

  it('runs the rest once when the inside fails after it', async () => {
    const bot = new Composer<Bench>()
    bot.errorBoundary(tellAndGoOn, async (_ctx, next) => {
      await next()
      broken()
    })
    bot.use(say('behind'))
    expect(await said(bot)).toEqual(['behind', 'caught Error: broken'])
  })

  it('passes on what its handler throws', async () => {
    const bot = new Composer<Bench>()
    bot.errorBoundary(() => {
      throw new Error('worse')
    }, broken)
    await expect(said(bot)).rejects.toThrow('worse')
  })

  it('holds its handler to the rules of next()', async () => {
    const twice = new Composer<Bench>()
    twice.errorBoundary(async (_error, _ctx, next) => {
      await next()
      await next()
    }, broken)
    await expect(said(twice)).rejects.toThrow('twice')
    const forgetful = new Composer<Bench>()
    forgetful.errorBoundary((_error, _ctx, next) => void next(), broken)
    await expect(said(forgetful)).rejects.toThrow('not awaited')
  })

  it('catches a forgotten next() and a second one like any other error', async () => {
    const bot = new Composer<Bench>()
    bot.errorBoundary(tellAndGoOn, (_ctx, next) => void next())
    bot.use(say('behind'))
    expect(await said(bot)).toEqual([
      'behind',
      'caught Error: next() was not awaited: write `await next()` or `return next()`',
    ])
  })

  it('inside another catches first', async () => {
    const bot = new Composer<Bench>()
    const outer = bot.errorBoundary((_error, ctx) => ctx.say('outer'))
    outer.errorBoundary((_error, ctx) => ctx.say('inner'), broken)
    expect(await said(bot)).toEqual(['inner'])
  })
})

describe('lazy()', () => {
  it('builds nothing before an event needs it', async () => {
    const build = vi.fn(() => say('built'))
    const bot = new Composer<Bench>()
    bot.on('card').lazy(build)
    await said(bot, 'customer:text')
    expect(build).not.toHaveBeenCalled()
    expect(await said(bot, 'card:show')).toEqual(['built'])
    expect(build).toHaveBeenCalledOnce()
  })

  it('builds anew for each event when it has no key, from what the event is', async () => {
    const bot = new Composer<Bench>()
    bot.lazy(async (ctx) => around(ctx.event.name))
    bot.use(say('end'))
    expect(await said(bot, 'card:show')).toEqual(['card:show', 'end', "card:show'"])
    expect(await said(bot, 'card:close')).toEqual(['card:close', 'end', "card:close'"])
  })

  it('builds a tree once for each key, also for events that come side by side', async () => {
    const build = vi.fn(async (ctx: Bench) => {
      await tick()
      const tree = new Composer<Bench>()
      tree.on('customer', say(`tree of ${String(ctx.event.raw)}`))
      return tree
    })
    const bot = new Composer<Bench>()
    bot.lazy(build, (ctx) => String(ctx.event.raw))
    const raws = ['east', 'west', 'east', 'west', 'east']
    const all = await Promise.all(raws.map((raw) => said(bot, 'customer:text', { raw })))
    expect(all.flat()).toEqual(raws.map((raw) => `tree of ${raw}`))
    expect(build).toHaveBeenCalledTimes(2)
  })

  it('fails the event when building fails, and builds again for the next one', async () => {
    const build = vi
      .fn(() => say('built'))
      .mockImplementationOnce(() => {
        throw new Error('no settings')
      })
    const bot = new Composer<Bench>()
    bot.lazy(build, () => 'key')
    await expect(said(bot)).rejects.toThrow('no settings')
    expect(await said(bot)).toEqual(['built'])
    expect(await said(bot)).toEqual(['built'])
    expect(build).toHaveBeenCalledTimes(2)
  })
})

describe('any tree', () => {
  const leaves = ['pass', 'pass', 'pass', 'stop', 'throw'] as const
  const branches = ['use', 'customer', 'card', 'yes', 'no', 'lazy', 'boundary'] as const
  type Leaf = { put: (typeof leaves)[number]; id: number }
  type Branch = { put: (typeof branches)[number]; inside: Node[] }
  type Node = Leaf | Branch

  const { tree } = fc.letrec<{ tree: Node[]; node: Node }>((tie) => ({
    tree: fc.array(tie('node'), { maxLength: 5, depthIdentifier: 'tree' }),
    node: fc.oneof(
      { depthIdentifier: 'tree', maxDepth: 4 },
      fc.record({ put: fc.constantFrom(...leaves), id: fc.nat({ max: 99 }) }),
      fc.record({ put: fc.constantFrom(...branches), inside: tie('tree') }),
    ),
  }))

  function build(nodes: Node[], bot = new Composer<Bench>()): Composer<Bench> {
    for (const node of nodes) install(bot, node)
    return bot
  }

  function install(bot: Composer<Bench>, node: Node): unknown {
    if ('id' in node) return bot.use(leaf(node))
    const inside = build(node.inside)
    if (node.put === 'use') return bot.use(inside)
    if (node.put === 'lazy') return bot.lazy(() => inside)
    if (node.put === 'customer') return bot.on('customer', inside)
    if (node.put === 'card') return bot.on(['card:show', 'card'], inside)
    if (node.put === 'yes') return bot.branch(() => true, inside, say('never'))
    if (node.put === 'no') return bot.filter(() => false, inside)
    return bot.errorBoundary((error, ctx, next) => {
      ctx.say(`caught ${String(error)}`)
      return next()
    }, inside)
  }

  function leaf({ put, id }: Leaf): MiddlewareFn<Bench> {
    if (put === 'pass') return around(`${id}`)
    return (ctx) => {
      ctx.say(`${id}`)
      if (put === 'throw') throw new Error(`${id}`)
    }
  }

  /** What is said, in plain recursion without a promise: the nodes, then `rest`. */
  function expected(nodes: Node[], name: EventName, log: string[], rest: () => void): void {
    const [node, ...others] = nodes
    const goOn = (): void => expected(others, name, log, rest)
    if (!node) rest()
    else if ('id' in node) expectedOf(node, log, goOn)
    else if (node.put === 'boundary') expectedInBoundary(node.inside, name, log, goOn)
    else if (isSkipped(node, name)) goOn()
    else expected(node.inside, name, log, goOn)
  }

  const isSkipped = ({ put }: Branch, name: EventName): boolean =>
    put === 'no' || ((put === 'customer' || put === 'card') && !name.startsWith(put))

  function expectedOf({ put, id }: Leaf, log: string[], goOn: () => void): void {
    log.push(`${id}`)
    if (put === 'throw') throw new Error(`${id}`)
    if (put === 'stop') return
    goOn()
    log.push(`${id}'`)
  }

  function expectedInBoundary(
    inside: Node[],
    name: EventName,
    log: string[],
    goOn: () => void,
  ): void {
    let isBehind = false
    try {
      expected(inside, name, log, () => {
        isBehind = true
        goOn()
      })
    } catch (error) {
      if (isBehind) throw error // these nodes throw only before they pass on
      log.push(`caught ${String(error)}`)
      goOn()
    }
  }

  const settled = async (work: () => unknown): Promise<string> => {
    try {
      await work()
      return 'handled'
    } catch (error) {
      return String(error)
    }
  }

  it('says what the same tree says in plain recursion, and fails as it does', async () => {
    await fc.assert(
      fc.asyncProperty(
        tree,
        fc.constantFrom('customer:text', 'card:show', 'tick:idle'),
        async (nodes, name: EventName) => {
          const log: string[] = []
          const end = await settled(() => expected(nodes, name, log, () => log.push('end')))
          const ctx = bench(name)
          const bot = build(nodes).use(say('end'))
          expect(await settled(() => bot.handle(ctx))).toBe(end)
          expect(ctx.said).toEqual(log)
        },
      ),
      { numRuns: 500 },
    )
  })
})
