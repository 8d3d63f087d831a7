// Started by writer-process.ts. Prints `open`, then one line per acknowledged write: `accepted <lane> <key>`,
// `done <lane> <number>` (a message committed with a line to each group), `sent <effect>`.
import { writeSync } from 'node:fs'
import type { Conversation } from '#src/domain/conversation.ts'
import type { LaneKey } from '#src/domain/ids.ts'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import {
  changeOf,
  contact,
  conversation,
  customerMessage,
  laneOf,
  lineEffect,
  textArrival,
} from '#test/contracts/store/samples.ts'

const folder = process.argv[2]!
const store = await openSqliteStore({ folder })
// Straight to the pipe: what is printed is out, even if the process dies in the next moment.
const print = (line: string): void => void writeSync(1, `${line}\n`)
print('open')

async function talk(lane: LaneKey): Promise<never> {
  let opened: Conversation = conversation({ messages: 0, marker: lane })
  for (;;) {
    const arrival = textArrival('你好', { lane, raw: 'x'.repeat(500) })
    await store.accept([arrival])
    print(`accepted ${lane} ${arrival.key}`)
    opened = await handle(lane, opened)
  }
}

async function handle(lane: LaneKey, before: Conversation): Promise<Conversation> {
  const { event, snapshot } = (await store.load(lane, Date.now()))!
  const opened = { ...before, messages: before.messages + 1 }
  const message = customerMessage(opened.messages)
  const row = { messages: [message], expiresAt: Date.now() + 60_000 }
  const effects = [lineEffect('dingtalk', row), lineEffect('wecom', row)]
  await store.commit(
    event.id,
    lane,
    snapshot.version,
    changeOf({ contact: contact(), conversation: opened, messages: [message], effects }),
  )
  print(`done ${lane} ${message.number}`)
  for (const { id } of effects) {
    await store.takeEffects([id], Date.now())
    await store.finishEffect(id, { state: 'sent', platformId: id }, Date.now())
    print(`sent ${id}`)
  }
  return opened
}

await Promise.all(Array.from({ length: 20 }, (_, index) => talk(laneOf(`c${index}`))))
