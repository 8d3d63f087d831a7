import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'

/** A command that the process has refused; `message` is Chinese and says what to do. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Where commands are carried out: in the running process, or on a store that this one has opened. */
export interface Commands {
  /** @throws {CommandRefused} */
  call(command: string, args?: object): Promise<unknown>
  close(): Promise<void>
}

const answer = z.union([
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), code: z.string(), message: z.string() }),
])

/** A live check waits a minute for somebody's click. */
const TIME_LIMIT_MS = 150_000

/**
 * Reaches the process that holds the data folder.
 * @returns undefined when none listens there
 */
export async function connectControl(path: string): Promise<Commands | undefined> {
  const socket = await open(path)
  if (!socket) return undefined
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  let id = 0
  return {
    async call(command, args = {}) {
      socket.setTimeout(TIME_LIMIT_MS, () => socket.destroy())
      socket.write(`${JSON.stringify({ id: ++id, command, args })}\n`)
      const line = await lines.next()
      if (line.done === true)
        throw new CommandRefused('control.closed', '服务没有回应就断开了，请查看服务日志')
      const said = answer.parse(JSON.parse(line.value))
      if (!said.ok) throw new CommandRefused(said.code, said.message)
      return said.result
    },
    async close() {
      socket.destroy()
    },
  }
}

function open(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      // Later failures end the line iterator, which is where they are told.
      socket.on('error', () => undefined)
      resolve(socket)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined)
      else reject(error)
    })
  })
}
