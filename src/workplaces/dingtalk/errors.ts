import { describeHttpFailure, neverSent } from '#src/platform/http.ts'
import { type NextStep, PlatformError } from '#src/ports/errors.ts'
import { apiError, ipBlocked, oapiStatus } from './wire.ts'

const SECOND = 1000
/** How long an IP address is locked out that made too many calls (调用频率限制, read 2026-08). */
export const IP_BLOCK_MS = 5 * 60 * SECOND

interface Meaning {
  code: string
  next: NextStep
}

const giveUp = (code: string): Meaning => ({ code, next: { do: 'give-up', reason: code } })
const retry = (code: string, afterMs: number): Meaning => ({ code, next: { do: 'retry', afterMs } })

/** What the codes of api.dingtalk.com mean for us (error tables of the pages in README.md, read 2026-08). */
const API: Readonly<Record<string, Meaning>> = {
  InvalidAuthentication: { code: 'dingtalk.token_refused', next: { do: 'refresh-token' } },
  invalidClientIdOrSecret: retry('dingtalk.credentials_refused', 60 * SECOND),
  'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi': retry('dingtalk.rate_limited', 1100),
  'Forbidden.AccessDenied.QpmLimitForAppkeyAndApi': retry('dingtalk.rate_limited', 15 * SECOND),
  'Forbidden.AccessDenied.QpsLimitForApi': retry('dingtalk.rate_limited', 2 * SECOND),
  'Forbidden.AccessDenied.ApiCountLimitForOrg': giveUp('dingtalk.quota_used'),
  'Forbidden.AccessDenied.AccessTokenPermissionDenied': giveUp('dingtalk.no_permission'),
  'Forbidden.AccessDenied.IpNotInWhiteList': giveUp('dingtalk.ip_not_allowed'),
  'param.contentUnsafe': giveUp('dingtalk.content_unsafe'),
  'contain.notAllowed.text': giveUp('dingtalk.content_unsafe'),
  'contain.notAllowed.content': giveUp('dingtalk.content_unsafe'),
  'contain.notAllowed.picture': giveUp('dingtalk.content_unsafe'),
  'contain.unsafe.url': giveUp('dingtalk.content_unsafe'),
  'param.cardNotExist': giveUp('dingtalk.card_gone'),
  'param.cardAlreadyExist': giveUp('dingtalk.card_known'),
  'param.templateNotExist': giveUp('dingtalk.template_wrong'),
  'param.templateUnpublished': giveUp('dingtalk.template_wrong'),
  'param.userIdNotExist': giveUp('dingtalk.person_unknown'),
  'invalid.openConversationId': giveUp('dingtalk.group_gone'),
  'group.disbanded': giveUp('dingtalk.group_gone'),
  'conversation.org.notMatch': giveUp('dingtalk.group_gone'),
  'resource.unavailable': giveUp('dingtalk.not_in_group'),
  'bot.stopped': giveUp('dingtalk.bot_stopped'),
  'robot.oto.notExist': giveUp('dingtalk.bot_stopped'),
  'chatbotId.notAllow.sendOTO': giveUp('dingtalk.bot_stopped'),
  'send.too.fast': retry('dingtalk.rate_limited', 10 * SECOND),
  'send.byToken.tooFast': retry('dingtalk.rate_limited', 10 * SECOND),
}

/** The same for the errcodes of oapi.dingtalk.com. */
const OAPI: ReadonlyMap<number, Meaning> = new Map([
  [-1, retry('dingtalk.busy', 2 * SECOND)],
  [40001, { code: 'dingtalk.token_refused', next: { do: 'refresh-token' } }],
  [40014, { code: 'dingtalk.token_refused', next: { do: 'refresh-token' } }],
  [42001, { code: 'dingtalk.token_refused', next: { do: 'refresh-token' } }],
  [40004, giveUp('type-unsupported')],
  [40005, giveUp('type-unsupported')],
  [40006, giveUp('too-large')],
  [90002, retry('dingtalk.rate_limited', 2 * SECOND)],
  [90018, retry('dingtalk.rate_limited', 1100)],
  [90020, giveUp('dingtalk.quota_used')],
  [60020, giveUp('dingtalk.ip_not_allowed')],
  [60121, giveUp('dingtalk.person_unknown')],
  [33012, giveUp('dingtalk.person_unknown')],
])

/** Codes of the old host's gateway that do not tell whether the call was done (网关超时). */
const OAPI_TIMEOUTS: ReadonlySet<number> = new Set([15, 88])

export interface RawAnswer {
  status: number
  data: unknown
}

/** An answer that is no success, as an error of ours; undefined when it is one. `call` names it for the operator. */
export function failureOf(call: string, { status, data }: RawAnswer): PlatformError | undefined {
  if (isBlocked(status, data))
    return refused(call, 'IP blocked', retry('dingtalk.ip_blocked', IP_BLOCK_MS))
  if (status >= 500) return unsure(call, `HTTP ${status}`)
  const error = apiError.safeParse(data)
  if (status >= 400) return refused(call, ...apiMeaning(status, error.data?.code))
  const old = oapiStatus.safeParse(data)
  if (!old.success || old.data.errcode === 0) return undefined
  const { errcode } = old.data
  if (OAPI_TIMEOUTS.has(errcode)) return unsure(call, `errcode ${errcode}`)
  return refused(call, `errcode ${errcode}`, OAPI.get(errcode) ?? giveUp('dingtalk.refused'))
}

/** A call that brought no answer. */
export function failureOfCall(call: string, error: unknown): PlatformError {
  const delivered = neverSent(error) ? 'no' : 'unknown'
  return new PlatformError(
    'dingtalk.no_answer',
    `DingTalk ${call}: ${describeHttpFailure(error)}`,
    {
      delivered,
      next: { do: 'retry' },
      cause: error,
    },
  )
}

/** An answer that says success and does not have what it promises: done, but we cannot know what. */
export const malformed = (call: string): PlatformError => unsure(call, 'malformed answer')

/** Not done, for a reason that the answer names elsewhere than in a code. */
export function refusedBecause(call: string, what: string, code: string): PlatformError {
  return refused(call, what, giveUp(code))
}

export function retryLater(call: string, code: string, afterMs: number): PlatformError {
  return refused(call, 'later', retry(code, afterMs))
}

function apiMeaning(status: number, code: string | undefined): [string, Meaning] {
  const known = code === undefined ? undefined : API[code]
  if (known) return [code!, known]
  if (status === 401) return ['HTTP 401', API['InvalidAuthentication']!]
  if (status === 429) return ['HTTP 429', retry('dingtalk.rate_limited', 2 * SECOND)]
  // Codes are fixed words of the vendor; anything longer may hold something that was sent.
  const shown = code !== undefined && /^[\w.]{1,80}$/.test(code) ? code : `HTTP ${status}`
  return [shown, giveUp('dingtalk.refused')]
}

/** HTML in place of JSON, or the punishment in JSON. */
function isBlocked(status: number, data: unknown): boolean {
  if (status >= 500) return false
  if (typeof data === 'string') return data.trimStart().startsWith('<')
  return ipBlocked.safeParse(data).success
}

function refused(call: string, what: string, { code, next }: Meaning): PlatformError {
  return new PlatformError(code, `DingTalk refused ${call}: ${what}`, { delivered: 'no', next })
}

function unsure(call: string, what: string): PlatformError {
  return new PlatformError('dingtalk.no_answer', `DingTalk ${call}: ${what}`, {
    delivered: 'unknown',
    next: { do: 'retry', afterMs: 2 * SECOND },
  })
}
