import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Counters } from '#src/store/sqlite/counters.ts'
import { StoreClosedError, Writer } from '#src/store/sqlite/writer.ts'

let db: DatabaseSync
let counters: Counters
let writer: Writer
beforeEach(() => {
  db = new DatabaseSync(':memory:')
  db.exec(`CREATE TABLE rows (n INTEGER UNIQUE);
    CREATE TABLE counters (scope TEXT, name TEXT, value INTEGER, PRIMARY KEY (scope, name))`)
  counters = new Counters(db)
  writer = new Writer(db, counters)
})
afterEach(() => db.close())

const insert = (n: number): void => void db.prepare('INSERT INTO rows VALUES (?)').run(n)
const rows = (): unknown[] =>
  db
    .prepare('SELECT n FROM rows ORDER BY n')
    .all()
    .map(({ n }) => n)
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('group commit', () => {
  it('writes what comes in one moment in one transaction, in order, and answers each', async () => {
    const inTransaction: boolean[] = []
    const answers = numbers(10).map((n) =>
      writer.write(() => {
        inTransaction.push(db.isTransaction)
        insert(n)
        return n * 2
      }),
    )
    expect(rows()).toEqual([])
    expect(await Promise.all(answers)).toEqual(numbers(10).map((n) => n * 2))
    expect(rows()).toEqual(numbers(10))
    expect(inTransaction).toEqual(Array(10).fill(true))
    expect(db.isTransaction).toBe(false)
  })

  it('writes at most 256 parts at once', async () => {
    const written = new Set([0])
    const all = numbers(600).map((n) =>
      writer.write(() => insert(n)).then(() => written.add(rows().length)),
    )
    await Promise.all(all)
    const ends = [...written]
    const sizes = ends.slice(1).map((end, index) => end - ends[index]!)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(256)
    expect(Math.max(...sizes)).toBeGreaterThan(1)
    expect(ends.at(-1)).toBe(600)
  })

  it('lets others have their turn when a transaction takes long', async () => {
    const slow = (n: number): void => {
      const until = performance.now() + 3
      while (performance.now() < until) insert(n + Math.random())
    }
    const order: string[] = []
    const parts = numbers(6).map((n) =>
      writer.write(() => slow(n)).then(() => order.push(`part ${n}`)),
    )
    setImmediate(() => setImmediate(() => order.push('others')))
    await Promise.all(parts)
    expect(order.indexOf('others')).toBeGreaterThan(0)
    expect(order.indexOf('others')).toBeLessThan(6)
  })

  it('keeps the neighbours of a part that throws, and nothing of it', async () => {
    const outcomes = await Promise.allSettled([
      writer.write(() => insert(1)),
      writer.write(() => {
        insert(2)
        throw new Error('broken')
      }),
      writer.write(() => insert(3)),
      writer.write(() => insert(3)),
      writer.write(() => insert(4)),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ])
    expect(rows()).toEqual([1, 3, 4])
  })

  it('counts and applies what was written, once, and nothing else', async () => {
    const applied: string[] = []
    const part = (name: string, broken = false) =>
      writer.write((part) => {
        part.count('shop', name, 2)
        part.afterCommit(() => applied.push(`${name} ${rows().length}`))
        insert(name.length)
        if (broken) throw new Error('broken')
      })
    await Promise.allSettled([part('a'), part('bb', true), part('ccc')])
    expect(applied).toEqual(['a 2', 'ccc 2'])
    expect(counters.all()).toEqual(new Map([['shop', { a: 2, ccc: 2 }]]))
    await part('dddd')
    expect(applied).toHaveLength(3)
  })

  it('rejects all parts of a transaction that cannot be committed, and goes on', async () => {
    db.exec(`CREATE TABLE parents (id INTEGER PRIMARY KEY);
      CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)`)
    db.exec('PRAGMA foreign_keys = ON')
    const outcomes = await Promise.allSettled([
      writer.write(() => insert(1)),
      writer.write(() => db.exec('INSERT INTO children VALUES (7)')),
    ])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(rows()).toEqual([])
    await writer.write(() => insert(2))
    expect(rows()).toEqual([2])
  })

  it('rejects all when a part ends the transaction itself', async () => {
    const outcomes = await Promise.allSettled([
      writer.write(() => insert(1)),
      writer.write(() => {
        db.exec('ROLLBACK')
        throw new Error('disk full')
      }),
      writer.write(() => insert(2)),
    ])
    const reason = new Error('disk full')
    expect(outcomes).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason })))
    expect(rows()).toEqual([])
  })

  it('writes what waits before it closes, and refuses what comes later', async () => {
    const parts = numbers(600).map((n) => writer.write(() => insert(n)))
    await writer.close()
    expect(rows()).toHaveLength(600)
    await Promise.all(parts)
    await expect(writer.write(() => insert(1000))).rejects.toThrow(StoreClosedError)
  })
})
