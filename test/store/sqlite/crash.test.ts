import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LaneKey } from '#src/domain/ids.ts'
import type { Store } from '#src/ports/store.ts'
import { openSqliteStore } from '#src/store/sqlite/index.ts'
import { textArrival } from '#test/contracts/store/samples.ts'
import { makeFolder, removeFolder } from './place.ts'
import { startWriter } from './writer-process.ts'

let folder: string
beforeEach(() => {
  folder = makeFolder()
})
afterEach(() => removeFolder(folder))

describe('a process killed in the middle of its writes', () => {
  it.each([40, 350, 1200])('after %i acknowledged ones has lost none of them', async (count) => {
    const writer = await startWriter(folder)
    await writer.wrote(count)
    await writer.kill()
    const store = await openSqliteStore({ folder })
    const lines = writer.acknowledged.map((line) => line.split(' '))
    await expectKnown(store, lines)
    await expectCommitted(store, lines)
    await expectSent(store, lines)
    const [row] = await store.read.ledger()
    expect(row!.received).toBe(row!.relayed + row!.filtered + row!.waiting + row!.parked)
    expect(row!.received).toBeGreaterThanOrEqual(of(lines, 'accepted').length)
    await store.close()
  })
})

const of = (lines: string[][], kind: string): string[][] =>
  lines.filter(([word]) => word === kind).map(([, ...rest]) => rest)

async function expectKnown(store: Store, lines: string[][]): Promise<void> {
  const again = of(lines, 'accepted').map(([lane, key]) =>
    // Printed from a lane key.
    textArrival('', { lane: lane as LaneKey, key: key! }),
  )
  const outcomes = await store.accept(again)
  expect(outcomes.filter((outcome) => outcome !== 'duplicate')).toEqual([])
}

async function expectCommitted(store: Store, lines: string[][]): Promise<void> {
  const last = new Map(of(lines, 'done').map(([lane, number]) => [lane!, Number(number)]))
  for (const [lane, number] of last) {
    // Printed from a lane key.
    const conversation = (await store.read.conversation(lane as LaneKey))!
    const messages = await store.read.messages(conversation.id, 0, 10_000)
    expect(messages.map((message) => message.number)).toEqual(
      Array.from({ length: conversation.messages }, (_, index) => index + 1),
    )
    expect(conversation.messages).toBeGreaterThanOrEqual(number)
  }
}

/** None of the rows that were said to be sent is found as cut off or still to be sent. */
async function expectSent(store: Store, lines: string[][]): Promise<void> {
  const sent = new Set(of(lines, 'sent').map(([id]) => id))
  const { pending, interrupted } = await store.recover(Date.now())
  const open = [...pending.map(({ id }) => id), ...interrupted.map(({ effect }) => effect.id)]
  expect(open.filter((id) => sent.has(id))).toEqual([])
}
