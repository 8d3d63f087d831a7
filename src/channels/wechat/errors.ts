import { type NextStep, PlatformError } from '#src/ports/errors.ts'

// Shared by 公众号 and 小程序. The numbers mean other things on the side of 企业微信.

interface Meaning {
  /** Stable, safe to alert on; `wechat.` is put before it. */
  code: string
  next: NextStep
}

const giveUp = (code: string, reason: string): Meaning => ({
  code,
  next: { do: 'give-up', reason },
})
const retry = (code: string, afterMs?: number): Meaning => ({
  code,
  next: afterMs === undefined ? { do: 'retry' } : { do: 'retry', afterMs },
})
const token: Meaning = { code: 'token_refused', next: { do: 'refresh-token' } }
const credentials = giveUp('credentials', 'wechat.credentials')
const ip = giveUp('ip_refused', 'wechat.ip-refused')
const kind = giveUp('kind_refused', 'kind-unsupported')
const mediaRefused = giveUp('media_refused', 'wechat.media-refused')
const malformed = giveUp('malformed_call', 'unexpected')

/** What a code of the platform means to us: wechat.md 2.3, from "全局返回码" and WxJava 9eba04d, read 2026-09. */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  [-1]: retry('busy'),
  40001: token,
  40014: token,
  42001: token,
  40002: malformed,
  40003: giveUp('bad_openid', 'wechat.bad-openid'),
  40004: mediaRefused,
  40005: mediaRefused,
  40006: mediaRefused,
  40007: giveUp('media_expired', 'wechat.media-refused'),
  40008: kind,
  40009: giveUp('media_too_large', 'too-large'),
  40010: giveUp('media_too_large', 'too-large'),
  40011: giveUp('media_too_large', 'too-large'),
  40012: giveUp('media_too_large', 'too-large'),
  40013: credentials,
  40033: malformed,
  40125: credentials,
  40164: ip,
  41005: mediaRefused,
  43004: giveUp('not_following', 'not-following'),
  43019: giveUp('blacklisted', 'wechat.blacklisted'),
  44004: giveUp('empty', 'empty'),
  45002: giveUp('too_long', 'wechat.too-long'),
  45009: retry('call_quota_used', 5000),
  45011: retry('too_often', 1000),
  45015: giveUp('window_closed', 'window-closed'),
  45047: giveUp('quota_used', 'quota-used'),
  45162: kind,
  47001: malformed,
  48001: giveUp('not_granted', 'wechat.not-granted'),
  48002: giveUp('refuses_messages', 'wechat.refuses-messages'),
  48004: giveUp('banned', 'wechat.banned'),
  50002: giveUp('user_limited', 'wechat.user-limited'),
  87014: giveUp('content_refused', 'wechat.content-refused'),
  89503: ip,
}

/** A call that the platform has answered with a code: certainly not done. */
export function refusedBy(call: string, errcode: number): PlatformError {
  const meaning = MEANINGS[errcode] ?? giveUp('refused', 'wechat.refused')
  return new PlatformError(`wechat.${meaning.code}`, `WeChat refused ${call}: errcode ${errcode}`, {
    delivered: 'no',
    next: meaning.next,
  })
}

/** A call that never reached the platform. */
export function unreachable(call: string, why: string): PlatformError {
  return new PlatformError(
    'wechat.unreachable',
    `WeChat could not be reached for ${call}: ${why}`,
    {
      delivered: 'no',
      next: { do: 'retry' },
    },
  )
}

/**
 * A call whose answer is missing or makes no sense.
 * @param shown whether the customer would see it done; then it must not be repeated
 */
export function unanswered(call: string, why: string, shown: boolean): PlatformError {
  return new PlatformError('wechat.no_answer', `WeChat gave no answer to ${call}: ${why}`, {
    delivered: shown ? 'unknown' : 'no',
    next: shown ? { do: 'give-up', reason: 'no-answer' } : { do: 'retry' },
  })
}

/** Something that we refuse to send, before anybody is asked. */
export function notSendable(code: string, message: string, reason: string): PlatformError {
  return new PlatformError(`wechat.${code}`, message, {
    delivered: 'no',
    next: { do: 'give-up', reason },
  })
}

/** The same failure, with another next step. */
export function withNext(error: PlatformError, next: NextStep): PlatformError {
  const { code, message, delivered, cause } = error
  return new PlatformError(code, message, { delivered, next, cause })
}
