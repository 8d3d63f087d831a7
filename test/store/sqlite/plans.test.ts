import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeAgentId, mediaHash } from '#src/domain/ids.ts'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import { DESK, DINGTALK, newId, NOW } from '#test/contracts/store/samples.ts'
import { makeFolder, removeFolder } from './place.ts'

let folder: string
beforeEach(() => {
  folder = makeFolder()
})
afterEach(() => {
  vi.restoreAllMocks()
  removeFolder(folder)
})

/** Tables that are small whatever happens, and indexes that hold only what is still to be done. */
const SMALL = [
  'groups',
  'agents',
  'counters',
  'bind_codes',
  'inbox USING INDEX inbox_lane',
  'inbox USING INDEX inbox_parked',
  'outbox USING INDEX outbox_open',
  'outbox USING INDEX outbox_interrupted',
  'outbox USING INDEX outbox_dead',
]

describe('the queries', () => {
  it('find their rows by an index, so that a full store is as fast as an empty one', async () => {
    const prepared = vi.spyOn(DatabaseSync.prototype, 'prepare')
    await useEverything()
    const statements = new Set(prepared.mock.calls.map(([sql]) => sql).filter(isQuery))
    expect(statements.size).toBeGreaterThan(60)
    const db = new DatabaseSync(join(folder, 'jieli.db'))
    const scans = [...statements].flatMap((sql) => scansOf(db, sql))
    db.close()
    expect(scans.filter(({ of }) => !SMALL.includes(of))).toEqual([])
  })
})

/** Opens a store, which prepares what is hot, and asks the rest once. */
async function useEverything(): Promise<void> {
  const store = await openSqliteStore({ folder, clock: { now: () => NOW } })
  const { read } = store
  await store.recover(NOW)
  await store.prune(NOW)
  await Promise.all([
    read.openConversations(DESK, 1),
    read.heldBy(makeAgentId(DINGTALK, 'zhang')),
    read.bindCode('4711'),
    read.media(mediaHash('ab')),
    read.messages(newId(), 0, 1),
    read.messagesById([newId()]),
    read.value('cron'),
    read.parkedEvents(1),
    read.deadEffects(1),
    read.ledger(),
    read.counts(),
  ])
  await store.close()
}

const isQuery = (sql: string): boolean => /^\s*(select|insert|update|delete)/i.test(sql)

function scansOf(db: DatabaseSync, sql: string): { of: string; sql: string }[] {
  const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all()
  return plan
    .map(({ detail }) => String(detail).replace('COVERING INDEX', 'INDEX'))
    .filter((detail) => detail.startsWith('SCAN'))
    .map((detail) => ({ of: detail.slice('SCAN '.length), sql }))
}
