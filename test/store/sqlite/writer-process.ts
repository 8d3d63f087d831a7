import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** A process of its own that has the folder open and writes to it until it is killed. */
export interface WriterProcess {
  /** Every line that it has printed: one per acknowledged write. */
  readonly acknowledged: string[]
  /** Resolves when that many writes have been acknowledged. */
  wrote(count: number): Promise<void>
  /** SIGKILL; resolves when it is gone and all that it printed was read. */
  kill(): Promise<void>
}

const PROGRAM = join(import.meta.dirname, 'write-forever.ts')

/** Resolves once the process has opened the store. @throws {Error} with what it wrote to stderr if it could not */
export async function startWriter(folder: string): Promise<WriterProcess> {
  const child = spawn(process.execPath, [PROGRAM, folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  const acknowledged: string[] = []
  let problem = ''
  child.stderr.on('data', (chunk: Buffer) => (problem += chunk.toString()))
  const lines = createInterface({ input: child.stdout })
  let wake = (): void => undefined
  lines.on('line', (line) => {
    acknowledged.push(line)
    wake()
  })
  const closed = once(lines, 'close')
  const printed = async (count: number): Promise<void> => {
    while (acknowledged.length < count) {
      if (hasEnded(child)) throw new Error(`the writing process ended by itself: ${problem}`)
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  child.once('close', () => wake())
  await printed(1)
  acknowledged.shift()
  return {
    acknowledged,
    wrote: printed,
    kill: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null
