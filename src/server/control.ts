import { chmod, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { Refusal } from '../ports/errors.ts'
import type { Log } from '../ports/log.ts'

/** What the operator may ask of the process, by name. */
export type ControlCommands = Readonly<Record<string, ControlCommand>>

export interface ControlCommand {
  /** @throws {Refusal} with words for the operator, also when `args` are not what the command takes */
  run(args: unknown): Promise<unknown>
}

/** A command whose arguments are checked before it runs. */
export function command<Args>(
  schema: z.ZodType<Args>,
  run: (args: Args) => Promise<unknown>,
): ControlCommand {
  return {
    async run(args) {
      const parsed = schema.safeParse(args ?? {})
      if (!parsed.success)
        throw new Refusal('control.arguments', 400, '参数不对，请用 jieli help 查看用法')
      return run(parsed.data)
    },
  }
}

/** One line of JSON each way. Answers repeat the request's `id`. */
const request = z.strictObject({
  id: z.int(),
  command: z.string().max(64),
  args: z.unknown().optional(),
})

export type ControlAnswer =
  | { id: number; ok: true; result: unknown }
  | { id: number; ok: false; code: string; message: string }

export interface ControlOptions {
  /** Of the socket file; for the owner alone. */
  path: string
  commands: ControlCommands
  log: Log
}

export interface ControlServer {
  /** Ends all connections and removes the file. */
  close(): Promise<void>
}

/** Longest line that is read; what is longer ends the connection. */
const MAX_LINE = 65_536

/**
 * Listens for the `jieli` command on a socket file. Only the process that holds the store may call this: a file that
 * is there is taken for what a process that died has left.
 */
export async function openControl({ path, commands, log }: ControlOptions): Promise<ControlServer> {
  await rm(path, { force: true })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(socket, commands, log)
  })
  await listen(server, path)
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
      await rm(path, { force: true })
    },
  }
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  // The folder around it lets nobody else in while this is being set.
  await chmod(path, 0o600)
}

function serve(socket: Socket, commands: ControlCommands, log: Log): void {
  // A client that has gone away is no news; its commands run to their end.
  socket.on('error', () => undefined)
  let unread = 0
  socket.on('data', (chunk: Buffer) => {
    unread = chunk.includes(0x0a) ? 0 : unread + chunk.length
    if (unread > MAX_LINE) socket.destroy()
  })
  createInterface({ input: socket }).on('line', (line) => {
    void answer(line, commands, log).then((reply) => socket.writable && writeLine(socket, reply))
  })
}

const writeLine = (socket: Socket, reply: ControlAnswer): boolean =>
  socket.write(`${JSON.stringify(reply)}\n`)

async function answer(line: string, commands: ControlCommands, log: Log): Promise<ControlAnswer> {
  const asked = readRequest(line)
  if (!asked) return { id: 0, ok: false, code: 'control.malformed', message: '请求格式不对' }
  const { id, command: name } = asked
  try {
    return { id, ok: true, result: (await dispatch(commands, name, asked.args)) ?? null }
  } catch (error) {
    if (error instanceof Refusal) {
      return { id, ok: false, code: error.code, message: error.message }
    }
    log.error({ command: name, err: error }, 'a control command failed')
    return { id, ok: false, code: 'control.failed', message: '执行失败，请查看服务日志' }
  }
}

/** Runs a command by its name. @throws {Refusal} when there is none of this name */
export function dispatch(commands: ControlCommands, name: string, args: unknown): Promise<unknown> {
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!found) {
    const message = `运行中的服务不认识命令 ${name}，请确认命令行与服务是同一版本`
    return Promise.reject(new Refusal('control.unknown_command', 404, message))
  }
  return found.run(args)
}

function readRequest(line: string): z.infer<typeof request> | undefined {
  try {
    return request.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
