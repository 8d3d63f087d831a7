import { describe, expect, it } from 'vitest'
import { Composer } from '#src/router/composer.ts'
import { eventNames, type EventName } from '#src/router/events.ts'
import type { Query } from '#src/router/filter.ts'
import { type Bench, bench } from './support.ts'

/** The names of the events that reach a handler of this query. */
async function reached(query: Query | Query[]): Promise<EventName[]> {
  const bot = new Composer<Bench>()
  bot.on(query, (ctx) => ctx.say('reached'))
  const contexts = eventNames.map((name) => bench(name))
  for (const ctx of contexts) await bot.handle(ctx)
  return contexts.filter((ctx) => ctx.said.length > 0).map((ctx) => ctx.event.name)
}

const startingWith = (kind: string): EventName[] =>
  eventNames.filter((name) => name.split(':')[0] === kind)
// The part before the colon of a name is a query by definition.
const kinds = [...new Set(eventNames.map((name) => name.split(':')[0] as Query))]
const messageOf = (put: () => unknown): string => {
  try {
    put()
  } catch (error) {
    return String(error)
  }
  return 'nothing was thrown'
}

describe('a query', () => {
  it.each(eventNames)('%s matches that event and no other', async (name) => {
    expect(await reached(name)).toEqual([name])
  })

  it.each(kinds)('%s matches every event of the kind and no other', async (kind) => {
    const names = await reached(kind)
    expect(names).toEqual(startingWith(kind))
    expect(names).not.toEqual([])
  })

  it('for a part matches it from either side of the conversation', async () => {
    expect(await reached(':text')).toEqual(['customer:text', 'agent:text'])
    expect(await reached(':image')).toEqual(['customer:image'])
    expect(await reached(':media')).toEqual(['agent:media']) // not tick:media
  })

  it('in an array matches what any of them matches, once', async () => {
    expect(await reached(['card', 'customer:text', ':text', 'card:claim'])).toEqual([
      'customer:text',
      'agent:text',
      ...startingWith('card'),
    ])
  })
})

describe('a query that cannot match', () => {
  const bot = new Composer<Bench>()
  const on = (query: string | string[]): string =>
    // What a caller without the compiler can do.
    messageOf(() => bot.on(query as Query))

  it('is refused when the bot is put together, with what is allowed, nearest first', () => {
    expect(on('customer:txt')).toMatch(
      /^Error: No event that arrives here is 'customer:txt'\. Allowed, nearest first: 'customer:text', /,
    )
    expect(on('customers')).toContain("nearest first: 'customer', ")
    expect(on('Agent:Text')).toContain("nearest first: 'agent:text', ")
    expect(on(':claim')).toContain("nearest first: 'card:claim', ")
    expect(on('text')).toContain("nearest first: ':text', 'agent:text', 'customer:text', ")
  })

  it('is told every query there is', () => {
    const listed = [...on('nonsense').matchAll(/'([^']*)'/g)].slice(1).map(([, query]) => query)
    expect(listed).toEqual(expect.arrayContaining([...eventNames, ...kinds, ':text']))
    expect(listed).not.toContain(':claim')
    expect(new Set(listed).size).toBe(listed.length)
  })

  it.each([
    '',
    ':',
    'customer:',
    '*',
    'constructor',
    'toString',
    'customer:text ',
    ':reply',
    ':sent',
  ])('is refused: %j', (query) => {
    expect(on(query)).toContain('Allowed, nearest first: ')
  })

  it('is refused among good ones, and so is an empty array', () => {
    expect(on(['customer:text', 'customer:txt'])).toContain("'customer:txt'")
    expect(on([])).toContain('No event is asked for')
  })

  it('is refused inside a query that excludes it', () => {
    const customers = new Composer<Bench>().on('customer')
    const message = messageOf(() => customers.on('agent:text' as never))
    expect(message).toContain("'agent:text'")
    expect(message).toContain("nearest first: ':text', 'customer:text', ")
    expect(message).not.toContain('card:')
    expect(messageOf(() => customers.filter(() => true).action('claim' as never))).toContain(
      "No card button that arrives here is 'claim'. Allowed, nearest first: nothing",
    )
    expect(messageOf(() => customers.command('关闭'))).toContain("'agent:text'")
  })

  it('leaves nothing behind in the bot', async () => {
    const bot = new Composer<Bench>()
    expect(() => bot.on('nonsense' as Query, (ctx) => ctx.say('reached'))).toThrow('nonsense')
    const ctx = bench('customer:text')
    await bot.handle(ctx)
    expect(ctx.said).toEqual([])
  })
})

describe('a card button', () => {
  it('is heard under its name, alone or with others', async () => {
    const bot = new Composer<Bench>()
    bot.action('claim', (ctx) => ctx.say('claim'))
    bot.action(['close', 'release'], (ctx) => ctx.say('end'))
    const said = async (name: EventName): Promise<readonly string[]> => {
      const ctx = bench(name)
      await bot.handle(ctx)
      return ctx.said
    }
    expect(await said('card:claim')).toEqual(['claim'])
    expect(await said('card:close')).toEqual(['end'])
    expect(await said('card:release')).toEqual(['end'])
    expect(await said('card:reply')).toEqual([])
    expect(await said('tick:close')).toEqual([])
  })

  it('that does not exist is refused with those that do, nearest first', () => {
    const bot = new Composer<Bench>()
    const message = messageOf(() => bot.action('clam' as never))
    expect(message).toContain(
      "No card button that arrives here is 'clam'. Allowed, nearest first: 'claim', ",
    )
    expect(message).toContain("'transfer'")
    expect(message).not.toContain('customer')
    expect(messageOf(() => bot.action('card:claim' as never))).toContain("nearest first: 'claim', ")
    expect(messageOf(() => bot.action([]))).toContain('No card button is asked for')
  })
})
