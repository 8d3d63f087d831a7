import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { silentLog } from '#src/platform/log.ts'
import { Refusal } from '#src/ports/errors.ts'
import {
  command,
  type ControlCommands,
  type ControlServer,
  openControl,
} from '#src/server/control.ts'

let folder: string
let file: string
let control: ControlServer
const sockets: Socket[] = []

const commands: ControlCommands = {
  double: command(z.strictObject({ number: z.number() }), async ({ number }) => number * 2),
  nothing: command(z.strictObject({}), async () => undefined),
  refuse: command(z.strictObject({}), () => Promise.reject(new Refusal('x.no', 404, '没有'))),
  break: command(z.strictObject({}), () => Promise.reject(new Error('secret detail'))),
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jieli-control-'))
  file = path.join(folder, 'control.sock')
  control = await openControl({ path: file, commands, log: silentLog })
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await control.close()
  await rm(folder, { recursive: true })
})

/** Sends lines and returns as many answers as it sent. */
async function talk(...lines: string[]): Promise<unknown[]> {
  const socket = connect(file)
  sockets.push(socket)
  socket.write(lines.map((line) => `${line}\n`).join(''))
  const answers: unknown[] = []
  for await (const line of createInterface({ input: socket })) {
    answers.push(JSON.parse(line))
    if (answers.length === lines.length) break
  }
  return answers
}

const ask = (name: string, args?: unknown): string => JSON.stringify({ id: 7, command: name, args })

describe('the control socket', () => {
  it('runs a command with checked arguments', async () => {
    expect(await talk(ask('double', { number: 21 }))).toEqual([{ id: 7, ok: true, result: 42 }])
  })

  it('runs a command without arguments or result', async () => {
    expect(await talk(ask('nothing'))).toEqual([{ id: 7, ok: true, result: null }])
  })

  it('says what was refused in its own words', async () => {
    expect(await talk(ask('refuse'))).toEqual([{ id: 7, ok: false, code: 'x.no', message: '没有' }])
  })

  it('keeps the details of a failure to the log', async () => {
    const [answer] = await talk(ask('break'))
    expect(answer).toMatchObject({ ok: false, code: 'control.failed' })
    expect(JSON.stringify(answer)).not.toContain('secret')
  })

  it.each([
    ['control.arguments', ask('double', { number: '21' })],
    ['control.arguments', ask('nothing', { more: 1 })],
    ['control.unknown_command', ask('toString')],
    ['control.malformed', 'hello'],
    ['control.malformed', '{"id":"7","command":"double"}'],
  ])('answers %s to what it does not understand', async (code, line) => {
    expect(await talk(line)).toEqual([expect.objectContaining({ ok: false, code })])
  })

  it('ends a connection that sends a line without end', async () => {
    const socket = connect(file)
    sockets.push(socket)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => undefined)
    socket.write('x'.repeat(100_000))
    await closed
    expect(await talk(ask('nothing'))).toHaveLength(1)
  })

  it('is for the owner alone', async () => {
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })

  it('takes the place of what a process that died has left, and leaves nothing itself', async () => {
    await control.close()
    await expect(stat(file)).rejects.toThrow('ENOENT')
    await writeFile(file, '')
    control = await openControl({ path: file, commands, log: silentLog })
    expect(await talk(ask('nothing'))).toHaveLength(1)
  })
})
