import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { openSqliteStore } from '#src/store/sqlite/index.ts'

/** Fills a data folder as a shop of some years would: closed conversations, their messages, their contacts. */
export async function fillStore(
  folder: string,
  conversations: number,
  messages: number,
): Promise<void> {
  await (await openSqliteStore({ folder })).close()
  const db = new DatabaseSync(path.join(folder, 'jieli.db'))
  const each = Math.round(messages / conversations)
  const now = Date.now()
  db.exec('PRAGMA synchronous = OFF; BEGIN')
  const lane = db.prepare('INSERT INTO lanes (lane, version, contact) VALUES (?, 1, ?)')
  const conversation = db.prepare(
    `INSERT INTO conversations (id, lane, marker, desk, closed, holder, opened_at, last_at, owed_since, body)
     VALUES (?, ?, ?, 'service', 1, NULL, ?, ?, 9007199254740991, ?)`,
  )
  const message = db.prepare(
    `INSERT INTO messages (conversation, number, id, relay, open, body) VALUES (?, ?, ?, 'relayed', 0, ?)`,
  )
  for (let i = 0; i < conversations; i++) {
    const id = `C${String(i).padStart(25, '0')}`
    const at = now - 86_400_000 - i * 1000
    // Half of them are the customers who write in the benchmarks.
    const externalId = `oBench${String(i).padStart(8, '0')}`
    const key = `contact/shop/${externalId}`
    const contact = {
      account: 'shop',
      externalId,
      alias: `客户-${i}`,
      following: true,
      refs: {},
      quota: {},
    }
    lane.run(key, JSON.stringify(contact))
    const body = {
      id,
      marker: `M${i}`,
      account: 'shop',
      desk: 'service',
      status: 'closed',
      lease: 3,
      formerHolders: [],
      openedAt: at,
      closedAt: at - 86_400_000,
      lastAt: at,
      messages: each,
    }
    conversation.run(id, key, `M${i}`, at, at, JSON.stringify(body))
    for (let n = 1; n <= each; n++) {
      const one = `${id}${String(n).padStart(6, '0')}`
      const words = { kind: 'text', text: `请问这件外套还有货吗，我想要黑色的 ${n}` }
      message.run(
        id,
        n,
        one,
        JSON.stringify({
          id: one,
          number: n,
          from: 'customer',
          who: contact.alias,
          content: words,
          at,
          relay: 'relayed',
        }),
      )
    }
  }
  db.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}
