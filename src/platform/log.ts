import { createHash } from 'node:crypto'
import pino, { type DestinationStream, type Logger } from 'pino'
import type { Log } from '../ports/log.ts'

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Where lines go, one JSON object each; standard output when left out. */
  destination?: DestinationStream
  /** Values that may appear in no line, whatever field or message carries them. */
  secrets?: readonly string[]
}

/** pino behind our port, with promise 7 built in: no secret, and no word or id of a customer, is in a line. */
export function createLog({ level, destination, secrets = [] }: LogOptions): Log {
  const target = destination ?? pino.destination({ dest: 1, sync: true })
  return wrap(
    pino(
      {
        level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        messageKey: 'message',
        // pino's own would take our descriptions of errors for plain objects of another kind.
        serializers: { err: (error: unknown) => error },
      },
      hiding(target, secrets),
    ),
  )
}

/** A log that drops everything. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog,
}

function wrap(logger: Logger): Log {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](clean(fields), message)
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => wrap(logger.child(clean(fields))),
  }
}

/** Fields whose values open a door or are somebody's words, by their names in small letters. */
const PRIVATE =
  /secret|token|password|aeskey|^(authorization|cookie|ticket|(msg_?)?signature|sign|text|content|body|raw|query|title|phone|mobile|nick|nickname|alias|recognition|transcript)$/

/** Fields that tell who a customer is: shown as a short hash, so that lines of one customer are still found together. */
const PERSONAL =
  /^(lane|target|contact|customer|to|from|openid|unionid|external_?(user_?)?id|(from|to)_?user(_?name|_?id)?|key|fingerprint)$/

const HIDDEN = '[hidden]'

/** Down to the third level; below that nothing is written. */
function clean(fields: object, depth = 0): object {
  if (fields instanceof Error) return describeError(fields, depth)
  const shown: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(fields)) {
    const name = key.toLowerCase()
    if (PRIVATE.test(name)) shown[key] = HIDDEN
    else if (PERSONAL.test(name) && typeof value === 'string') shown[key] = shortHash(value)
    else shown[key] = cleanValue(value, depth)
  }
  return shown
}

function shortHash(value: string): string {
  return `#${createHash('sha256').update(value).digest('hex').slice(0, 10)}`
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return stripAddresses(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= 2) return HIDDEN
  if (Array.isArray(value)) return value.map((item) => cleanValue(item, depth + 1))
  return clean(value, depth + 1)
}

/** Of an error what the operator needs; an axios error's config and response, which hold everything, are left out. */
function describeError(error: Error, depth: number): object {
  const code = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    message: stripAddresses(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: framesOf(error.stack) }),
    ...(error.cause instanceof Error && depth < 2
      ? { cause: describeError(error.cause, depth + 1) }
      : {}),
  }
}

/** The call sites alone: the first lines of a stack repeat the message. */
function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 8)
    .join('\n')
}

/** Addresses lose their query, where platforms put tokens; numbers that look like a Chinese mobile are masked. */
function stripAddresses(text: string): string {
  return text
    .replaceAll(/((?:https?|wss?):\/\/[^\s"'?#]+)[?#][^\s"']*/g, '$1?…')
    .replaceAll(/(?<![\d.])1[3-9]\d{9}(?![\d.])/g, '1**********')
}

/** The last door: a line that holds one of the secrets loses it. */
function hiding(target: DestinationStream, secrets: readonly string[]): DestinationStream {
  // Shorter ones would hide ordinary words; as written inside a JSON string.
  const hidden = secrets
    .filter((secret) => secret.length >= 6)
    .map((secret) => JSON.stringify(secret).slice(1, -1))
  if (hidden.length === 0) return target
  return {
    write(line) {
      let shown = line
      for (const secret of hidden) {
        if (shown.includes(secret)) shown = shown.replaceAll(secret, HIDDEN)
      }
      target.write(shown)
    },
  }
}
