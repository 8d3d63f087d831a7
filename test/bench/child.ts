import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** What a measured process tells about itself when asked. */
export interface Usage {
  /** Microseconds of processor time since its start. */
  cpuUs: number
  rssBytes: number
}

/** A process under measurement: a server of its own, so that the load does not run in it. */
export interface Child {
  url: string
  ask<Answer>(question: string, detail?: unknown): Promise<Answer>
  usage(): Promise<Usage>
  stop(): Promise<void>
}

/** Starts `file`, which must call `serveParent`. */
export async function startChild(
  file: string,
  args: string[],
  nodeArgs: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Child> {
  const child = fork(file, args, { execArgv: nodeArgs, env: { ...process.env, ...env } })
  const [ready] = await Promise.race([once(child, 'message'), died(child)])
  const { url } = ready as { url: string }
  let next = 1
  const waiting = new Map<number, (answer: unknown) => void>()
  child.on('message', (message: { id: number; answer: unknown }) => {
    waiting.get(message.id)?.(message.answer)
    waiting.delete(message.id)
  })
  const ask = <Answer>(question: string, detail?: unknown): Promise<Answer> =>
    new Promise((resolve) => {
      const id = next++
      // The child's own answer to this very question.
      waiting.set(id, (answer) => resolve(answer as Answer))
      child.send({ id, question, detail })
    })
  return {
    url,
    ask,
    usage: () => ask<Usage>('usage'),
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

async function died(child: ChildProcess): Promise<never> {
  const [code, signal] = await once(child, 'exit')
  throw new Error(`the measured process ended: ${String(code ?? signal)}`)
}

/** The other end, inside the measured process. */
export function serveParent(
  url: string,
  answers: Record<string, (detail: unknown) => unknown> = {},
): void {
  process.on('message', (message: { id: number; question: string; detail: unknown }) => {
    const { id, question, detail } = message
    void Promise.resolve(question === 'usage' ? usage() : answers[question]?.(detail)).then(
      (answer) => process.send?.({ id, answer }),
    )
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ url })
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuUs: user + system, rssBytes: process.memoryUsage().rss }
}
