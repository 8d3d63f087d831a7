import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** The whole product with its playground, in a process of its own, as `npm start` starts it. */
export interface PlaygroundProcess {
  /** Of the page. */
  url: string
  stop(): Promise<void>
}

export async function startPlaygroundProcess(): Promise<PlaygroundProcess> {
  const folder = await mkdtemp(path.join(tmpdir(), 'jieli-playground-'))
  const child = spawn(process.execPath, [MAIN, '--port', '0', '--data', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  return {
    url: await printedAddress(createInterface({ input: child.stdout })),
    async stop() {
      child.kill('SIGTERM')
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function printedAddress(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) {
    const found = /playground: (http:\S+)/.exec(line)?.[1]
    if (found !== undefined) return found
  }
  throw new Error('the process ended before it was up')
}
