import { Worker } from 'node:worker_threads'
import { sniff } from './sniff.ts'

/** Makes voice messages playable in a browser. */
export interface Voice {
  /** Whether files of this type need `toWav` before a browser plays them. */
  handles(type: string): boolean
  /**
   * AMR or Silk to WAV (16-bit mono).
   * @returns undefined for bytes that are neither, or that cannot be decoded
   */
  toWav(bytes: Uint8Array): Promise<Uint8Array | undefined>
}

const HANDLED = new Set(['audio/amr', 'audio/amr-wb', 'audio/silk'])
/** The platforms allow 60 s and 2 MB; more is no voice message. */
const MAX_VOICE_BYTES = 2 * 1024 * 1024
const TIME_LIMIT_MS = 10_000

/**
 * Decoding takes up to a tenth of a second, so it runs in a thread of its own that lives for one message; the codecs
 * are loaded there and nowhere else. One message at a time.
 */
export function createVoice(): Voice {
  let last: Promise<unknown> = Promise.resolve()
  return {
    handles: (type) => HANDLED.has(type),
    toWav(bytes) {
      if (bytes.length > MAX_VOICE_BYTES || !HANDLED.has(sniff(bytes).type)) {
        return Promise.resolve(undefined)
      }
      const result = last.then(() => decodeInThread(bytes))
      last = result
      return result
    },
  }
}

/** The published package holds the same file as JavaScript. */
const THREAD = new URL(
  import.meta.url.endsWith('.ts') ? './voice-thread.ts' : './voice-thread.js',
  import.meta.url,
)

function decodeInThread(bytes: Uint8Array): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const thread = new Worker(THREAD, {
      workerData: bytes,
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    })
    const limit = setTimeout(() => finish(undefined), TIME_LIMIT_MS)
    function finish(wav: Uint8Array | undefined): void {
      clearTimeout(limit)
      resolve(wav)
      void thread.terminate()
    }
    thread.once('message', (wav: Uint8Array) => finish(wav))
    thread.once('error', () => finish(undefined))
    thread.once('exit', () => finish(undefined))
  })
}
