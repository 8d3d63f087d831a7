import type { Logger } from '@wecom/aibot-node-sdk'
import type { Log } from '#src/ports/log.ts'

/**
 * The SDK's log lines without their contents: it writes whole frames, customers' words included, into its messages and
 * arguments. What it says before the first colon is its own text; the rest is dropped, and all of it is for debugging.
 */
export function quietLogger(log: Log): Logger {
  const say = (message: string): void => log.debug({ sdk: message.split(':')[0] }, 'WeCom SDK')
  return { debug: () => undefined, info: () => undefined, warn: say, error: say }
}
