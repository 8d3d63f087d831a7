import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../ports/clock.ts'
import type { Reads, Store } from '../../ports/store.ts'
import { Cards } from './cards.ts'
import { Commit } from './commit.ts'
import { Counters } from './counters.ts'
import { Deadlines } from './deadlines.ts'
import { Deliveries } from './delivery.ts'
import { Directory } from './directory.ts'
import { createPrivateFile, preparePrivateFolder } from './folder.ts'
import { Inbox } from './inbox.ts'
import { buildQueries } from './kysely.ts'
import { Lanes } from './lanes.ts'
import { Leases } from './leases.ts'
import { readCounts, readLedger } from './ledger.ts'
import { lockFolder } from './lock.ts'
import { Media } from './media.ts'
import { Messages } from './messages.ts'
import { migrate } from './migrate.ts'
import { Outbox } from './outbox.ts'
import { Pruning } from './prune.ts'
import { sharedReads } from '../queries.ts'
import { recover } from './recover.ts'
import { Values } from './values.ts'
import { Writer } from './writer.ts'

export { StoreLockedError } from './lock.ts'
export { StoreTooNewError } from './migrate.ts'
export { StoreClosedError } from './writer.ts'

export interface SqliteStoreOptions {
  /** The data folder: made when it is missing, and kept from everybody else (0700). */
  folder: string
  clock?: Pick<Clock, 'now'>
  /** The numbered .sql files. */
  migrations?: string
}

const MIGRATIONS = join(import.meta.dirname, 'migrations')

/**
 * Everything on one machine, in one file of the data folder. One process at a time.
 * @throws {StoreLockedError} while another process has the folder
 * @throws {StoreTooNewError} when a newer version has written it
 */
export async function openSqliteStore({
  folder,
  clock = { now: Date.now },
  migrations = MIGRATIONS,
}: SqliteStoreOptions): Promise<Store> {
  preparePrivateFolder(folder)
  const lock = lockFolder(folder)
  try {
    const db = openDatabase(join(folder, 'jieli.db'))
    try {
      migrate(db, migrations)
      return createStore(db, clock, lock.release)
    } catch (error) {
      db.close()
      throw error
    }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** FULL: every commit is synced, so that what was acknowledged survives a power cut as well. */
function openDatabase(path: string): DatabaseSync {
  createPrivateFile(path)
  const db = new DatabaseSync(path, { timeout: 1000, enableForeignKeyConstraints: false })
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
    PRAGMA trusted_schema = OFF`)
  return db
}

function createStore(db: DatabaseSync, clock: Pick<Clock, 'now'>, unlock: () => void): Store {
  const now = (): number => clock.now()
  const counters = new Counters(db)
  const writer = new Writer(db, counters)
  const inbox = new Inbox(db)
  const messages = new Messages(db)
  const cards = new Cards(db)
  const lanes = new Lanes(db, messages, cards)
  const outbox = new Outbox(db)
  const directory = new Directory(db)
  const deadlines = new Deadlines(db, inbox)
  const media = new Media(db)
  const deliveries = new Deliveries(db, { inbox, outbox, messages, cards, directory, media })
  const commits = new Commit(db, {
    inbox,
    lanes,
    messages,
    cards,
    outbox,
    deadlines,
    directory,
    now,
  })
  const leases = new Leases(db)
  const values = new Values(db)
  const pruning = new Pruning(db, writer)

  const read: Reads = {
    ...sharedReads(buildQueries(db)),
    desk: (desk) => directory.desk(desk),
    group: (id) => directory.group(id),
    agent: (id) => directory.agent(id),
    laneOfCard: async (card) => cards.lane(card),
    laneOfMarker: async (marker) => lanes.laneOfMarker(marker, now()),
    laneOfPost: async (workplace, platformId) => deliveries.laneOfPost(workplace, platformId),
    conversation: async (lane) => lanes.conversation(lane),
    contact: async (lane) => lanes.contact(lane),
    queuedEffects: async (ids) => ids.flatMap((id) => outbox.waiting(id) ?? []),
    ledger: async () => readLedger(counters),
    counts: async () => readCounts(counters),
  }

  return {
    read,
    accept: (arrivals) =>
      writer.write((part) =>
        arrivals.map((arrival) => {
          const acceptance = inbox.accept(part, arrival)
          if (acceptance === 'new' && arrival.seen) directory.see(part, arrival.seen.agent)
          return acceptance
        }),
      ),
    load: async (lane, at) => {
      const head = inbox.head(lane)
      if (!head || head.retryAt > at) return undefined
      return { event: head.event, attempts: head.attempts, snapshot: lanes.snapshot(lane) }
    },
    commit: (event, lane, version, change) =>
      writer.write((part) => commits.run(part, event, lane, version, change)),
    failEvent: (event, error, retryAt) =>
      writer.write((part) => inbox.fail(part, event, error, retryAt)),
    replayEvent: (event) => writer.write((part) => inbox.replay(part, event)),

    takeEffects: (ids, at) => writer.write(() => ids.flatMap((id) => outbox.take(id, at) ?? [])),
    finishEffect: (id, result, at, event) =>
      writer.write((part) => deliveries.finish(part, id, result, at, event)),
    replayEffect: (id, at, expiresAt) =>
      writer.write((part) => deliveries.replay(part, id, at, expiresAt)),

    fire: (deadline, event) => writer.write((part) => deadlines.fire(part, deadline, event)),
    due: async (until, limit) => deadlines.due(until, limit),
    recover: (at) => writer.write((part) => recover(part, at, { db, outbox, deliveries })),

    lease: (name, owner, at, until) => writer.write(() => leases.take(name, owner, at, until)),
    releaseLease: (name, owner) => writer.write(() => leases.release(name, owner)),
    token: async (name) => values.token(name),
    putToken: (name, token) => writer.write(() => values.putToken(name, token)),
    putBindCode: (code, desk, expiresAt) =>
      writer.write(() => values.putBindCode(code, desk, expiresAt)),
    putAgents: (agents) => writer.write((part) => directory.list(part, agents)),
    putMedia: (file, at) => writer.write(() => media.put(file, at)),
    putValue: (key, value) => writer.write(() => values.putValue(key, value)),

    prune: (at) => pruning.run(at),
    close: async () => {
      await writer.close()
      if (!db.isOpen) return
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
      db.close()
      unlock()
    },
  }
}
