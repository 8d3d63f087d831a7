import { describe, expectTypeOf, it } from 'vitest'
import { Composer } from '#src/router/composer.ts'
import type { BotEvent, CardEvent, CustomerEvent, EventName, MediaRef } from '#src/router/events.ts'
import type { Matched, Narrowed, Query } from '#src/router/filter.ts'
import type { Middleware, MiddlewareFn } from '#src/router/middleware.ts'
import type { AgentId } from '#src/domain/ids.ts'
import type { Bench, Command } from './support.ts'

const bot = new Composer<Bench>()

describe('on()', () => {
  it('narrows the event to exactly the fields that the query promises', () => {
    bot.on('customer:text', (ctx) => {
      expectTypeOf(ctx.event).toEqualTypeOf<BotEvent<'customer:text'>>()
      expectTypeOf(ctx.event.text).toEqualTypeOf<string>()
      expectTypeOf(ctx.event.menuId).toEqualTypeOf<string | undefined>()
      expectTypeOf(ctx.event.externalId).toEqualTypeOf<string>()
      // @ts-expect-error a text has no media
      void ctx.event.media
      // @ts-expect-error a customer is no agent
      void ctx.event.agent
    })
    bot.on('card:transfer', (ctx) => expectTypeOf(ctx.event.to).toEqualTypeOf<AgentId>())
  })

  it('gives what all kinds have in common, and tells them apart by name', () => {
    bot.on('customer', (ctx) => {
      expectTypeOf(ctx.event).toExtend<CustomerEvent>()
      expectTypeOf(ctx.event.name).toEqualTypeOf<Extract<EventName, `customer:${string}`>>()
      if (ctx.event.name === 'customer:image')
        expectTypeOf(ctx.event.media).toEqualTypeOf<MediaRef>()
      // @ts-expect-error not every event from a customer has a text
      void ctx.event.text
    })
  })

  it('knows a part from either side, and the union of an array', () => {
    bot.on(':text', (ctx) => {
      expectTypeOf(ctx.event.name).toEqualTypeOf<'customer:text' | 'agent:text'>()
      expectTypeOf(ctx.event.text).toEqualTypeOf<string>()
    })
    bot.on(['card:claim', ':text'], (ctx) => {
      expectTypeOf(ctx.event.name).toEqualTypeOf<'card:claim' | 'customer:text' | 'agent:text'>()
    })
    const list = ['customer:image', 'customer:voice'] as const
    bot.on(list, (ctx) => expectTypeOf(ctx.event.media).toEqualTypeOf<MediaRef>())
  })

  it('narrows the tree that it returns, and queries in it', () => {
    const customers = bot.on('customer')
    customers.on('customer:text', (ctx) => expectTypeOf(ctx.event.text).toEqualTypeOf<string>())
    customers.on(':image').use((ctx) => expectTypeOf(ctx.event.media).toEqualTypeOf<MediaRef>())
    // @ts-expect-error nothing from an agent arrives here
    customers.on('agent:text')
    // @ts-expect-error no click arrives here
    customers.action('claim')
  })

  it('takes valid queries only', () => {
    // @ts-expect-error a typing error
    bot.on('customer:txt')
    // @ts-expect-error no side has it
    bot.on(':claim')
    // @ts-expect-error one of them is wrong
    bot.on(['customer:text', 'text'])
    // @ts-expect-error any string
    bot.on('customer'.toUpperCase())
  })

  it('narrows every middleware of several', () => {
    bot.on(
      'customer:text',
      (ctx, next) => {
        expectTypeOf(ctx.event.text).toEqualTypeOf<string>()
        return next()
      },
      async (ctx) => expectTypeOf(ctx.event.text).toEqualTypeOf<string>(),
    )
  })
})

describe('a narrowed context', () => {
  it('is still the class, with its methods and private fields', () => {
    bot.on('customer:text', (ctx) => {
      expectTypeOf(ctx).toExtend<Bench>()
      expectTypeOf(ctx.say('word')).toEqualTypeOf<void>()
      const asClass: Bench<BotEvent<'customer:text'>> = ctx
      expectTypeOf(asClass.event.text).toEqualTypeOf<string>()
      // @ts-expect-error another event's
      const other: Bench<BotEvent<'card:claim'>> = ctx
      void other
    })
  })

  it('can be named by functions outside', () => {
    const greet = (ctx: Narrowed<Bench, Matched<'customer'>>): string => ctx.event.externalId
    bot.on('customer:text', (ctx) => greet(ctx))
    // @ts-expect-error an agent is no customer
    bot.on('agent:text', (ctx) => greet(ctx))
  })
})

describe('middleware', () => {
  it('for all events fits where some arrive, and not the other way', () => {
    expectTypeOf<Composer<Bench>>().toExtend<Middleware<Narrowed<Bench, 'card:claim'>>>()
    expectTypeOf<Composer<Narrowed<Bench, 'card:claim'>>>().not.toExtend<Middleware<Bench>>()
    expectTypeOf<MiddlewareFn<Bench>>().toExtend<Middleware<Narrowed<Bench, 'card:claim'>>>()
    bot.on('card:claim', new Composer<Bench>())
    // @ts-expect-error it expects a text
    bot.on('card:claim', new Composer<Narrowed<Bench, 'customer:text'>>())
    // @ts-expect-error it expects a text
    bot.use(new Composer<Narrowed<Bench, 'customer:text'>>())
  })

  it('for part of a context fits a larger one', () => {
    const wrap = new Composer<{ readonly event: BotEvent }>()
    bot.use(wrap)
    bot.on('customer', wrap)
  })
})

describe('action()', () => {
  it('narrows to the click on that button, and knows the buttons that exist', () => {
    bot.action('reply', (ctx) => {
      expectTypeOf(ctx.event).toEqualTypeOf<BotEvent<'card:reply'>>()
      expectTypeOf(ctx.event.text).toEqualTypeOf<string>()
    })
    bot.action(['claim', 'transfer'], (ctx) => {
      expectTypeOf(ctx.event.name).toEqualTypeOf<'card:claim' | 'card:transfer'>()
      expectTypeOf(ctx.event).toExtend<CardEvent>()
    })
    // @ts-expect-error a typing error
    bot.action('clam')
    // @ts-expect-error that is a query
    bot.action('card:claim')
  })
})

describe('command()', () => {
  it('narrows to words of an agent and to what that command says', () => {
    bot.command('转', (ctx) => {
      expectTypeOf(ctx.command.to).toEqualTypeOf<string>()
      expectTypeOf(ctx.command.name).toEqualTypeOf<'转'>()
      expectTypeOf(ctx.event).toEqualTypeOf<BotEvent<'agent:text'>>()
    })
    bot.command(['关闭', '转'], (ctx) => {
      expectTypeOf(ctx.command.name).toEqualTypeOf<Command['name']>()
      // @ts-expect-error 关闭 names nobody
      void ctx.command.to
    })
    bot.command('关闭').use((ctx) => expectTypeOf(ctx.command.name).toEqualTypeOf<'关闭'>())
  })

  it('knows the commands that exist', () => {
    // @ts-expect-error there is none
    bot.command('打开')
    // @ts-expect-error a context without commands has none
    new Composer<{ readonly event: BotEvent }>().command('关闭')
  })
})

describe('filter() and branch()', () => {
  type Late = Bench & { readonly event: { readonly late: true } }
  const isLate = (ctx: Bench): ctx is Late => ctx.event.late === true

  it('narrow by a type guard', () => {
    const late = bot.filter(isLate, (ctx) => expectTypeOf(ctx.event.late).toEqualTypeOf<true>())
    late.on('customer:text', (ctx) => {
      expectTypeOf(ctx.event.late).toEqualTypeOf<true>()
      expectTypeOf(ctx.event.text).toEqualTypeOf<string>()
    })
    bot.branch(
      isLate,
      (ctx) => expectTypeOf(ctx).toEqualTypeOf<Late>(),
      (ctx) => expectTypeOf(ctx).toEqualTypeOf<Bench>(),
    )
  })

  it('take a plain predicate, which leaves the context as it is', () => {
    bot.filter(
      (ctx) => ctx.said.length > 0,
      (ctx) => expectTypeOf(ctx).toEqualTypeOf<Bench>(),
    )
    bot.on('customer:text').filter(
      (ctx) => ctx.event.text === 'x',
      (ctx) => expectTypeOf(ctx.event.text).toEqualTypeOf<string>(),
    )
    bot.branch(
      (ctx) => ctx.said.length > 0,
      (ctx) => expectTypeOf(ctx).toEqualTypeOf<Bench>(),
      (ctx) => expectTypeOf(ctx).toEqualTypeOf<Bench>(),
    )
  })

  it('refuse a predicate that answers later', () => {
    // @ts-expect-error a promise is not an answer
    bot.filter(async (ctx) => ctx.said.length > 0)
    // @ts-expect-error a promise is not an answer
    bot.branch(async (ctx) => ctx.said.length > 0, new Composer<Bench>(), new Composer<Bench>())
  })
})

describe('errorBoundary() and lazy()', () => {
  it('keep the context of where they stand', () => {
    const texts = bot.on('customer:text')
    texts
      .errorBoundary((error, ctx, next) => {
        expectTypeOf(error).toBeUnknown()
        expectTypeOf(ctx.event.text).toEqualTypeOf<string>()
        return next()
      })
      .use((ctx) => expectTypeOf(ctx.event.text).toEqualTypeOf<string>())
    texts.lazy(
      (ctx) => {
        expectTypeOf(ctx.event.text).toEqualTypeOf<string>()
        return new Composer<Bench>()
      },
      (ctx) => ctx.event.account,
    )
    const [tree, at] = [new Composer<Bench>(), (ctx: Bench): number => ctx.event.at]
    // @ts-expect-error a key is a string
    texts.lazy(() => tree, at)
  })
})

describe('nothing here', () => {
  it('is any', () => {
    expectTypeOf<Matched<Query>>().toEqualTypeOf<EventName>()
    bot.use((ctx, next) => {
      expectTypeOf(ctx).not.toBeAny()
      expectTypeOf(next).toEqualTypeOf<() => Promise<void>>()
    })
    bot.on('customer', (ctx) => expectTypeOf(ctx).not.toBeAny())
    bot.on(['customer', ':text'], (ctx) => expectTypeOf(ctx.event).not.toBeAny())
    bot.action('claim', (ctx) => expectTypeOf(ctx).not.toBeAny())
    bot.command('转', (ctx) => {
      expectTypeOf(ctx).not.toBeAny()
      expectTypeOf(ctx.command).not.toBeAny()
    })
    expectTypeOf(bot.on('tick')).not.toBeAny()
    expectTypeOf(bot.middleware()).returns.toEqualTypeOf<Promise<void>>()
    bot.on('customer', (ctx) => expectTypeOf(ctx.event.raw).toBeUnknown())
  })
})
