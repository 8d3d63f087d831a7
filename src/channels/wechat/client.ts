import { describeHttpFailure, neverSent } from '#src/platform/http.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type { FreshToken } from '#src/ports/tokens.ts'
import type { WechatOaConfig } from './config.ts'
import { refusedBy, unanswered, unreachable, withNext } from './errors.ts'
import * as wire from './wire.ts'

// Shared by 公众号 and 小程序.

/** One call of api.weixin.qq.com. */
export interface Call {
  /** As operators read it in messages. */
  name: string
  method: 'GET' | 'POST'
  path: string
  query?: Readonly<Record<string, string>>
  /** JSON text, or a form. */
  body?: string | FormData
  /** Whether the customer sees what it does, so that it must not be done twice. */
  shown?: boolean
}

export interface WechatClient {
  /**
   * Makes a call in the account's name; a refused token is replaced once, and the call repeated once.
   * @returns the answer's fields
   * @throws {PlatformError}
   */
  call(call: Call): Promise<unknown>
  /** Runs something that needs a token, with the same care for a refused one. */
  withToken<Result>(run: (token: string) => Promise<Result>): Promise<Result>
}

export type ClientConfig = Pick<WechatOaConfig, 'appId' | 'appSecret' | 'apiBase'>

/** @param tokenName unique per credential among all accounts */
export function createClient(
  config: ClientConfig,
  { http, tokens }: Pick<AdapterIo, 'http' | 'tokens'>,
  tokenName: string,
): WechatClient {
  async function request(call: Call, token?: string): Promise<unknown> {
    const answer = await http
      .request<string>({
        method: call.method,
        url: urlOf(config.apiBase, call.path),
        params: { ...call.query, ...(token === undefined ? {} : { access_token: token }) },
        data: call.body,
        ...(typeof call.body === 'string'
          ? { headers: { 'content-type': 'application/json' } }
          : {}),
        responseType: 'text',
        transformResponse: asItCame,
      })
      .catch((error: unknown) => {
        throw failedCall(call, error)
      })
    if (answer.status !== 200) throw badStatus(call, answer.status)
    return readAnswer(call, answer.data)
  }

  async function fetchToken(): Promise<FreshToken> {
    const { appId: appid, appSecret: secret } = config
    const body = JSON.stringify({ grant_type: 'client_credential', appid, secret })
    const call = {
      name: 'stable_token',
      method: 'POST',
      path: '/cgi-bin/stable_token',
      body,
    } as const
    const parsed = wire.tokenAnswer.safeParse(await request(call).catch(refusedSecret))
    if (!parsed.success) throw unanswered(call.name, 'an answer without a token', false)
    return { token: parsed.data.access_token, expiresInSec: parsed.data.expires_in }
  }

  async function withToken<Result>(run: (token: string) => Promise<Result>): Promise<Result> {
    const token = await tokens.get(tokenName, fetchToken)
    try {
      return await run(token)
    } catch (error) {
      if (!isTokenRefused(error)) throw error
      return await run(await tokens.replace(tokenName, token, fetchToken)).catch(refusedSecret)
    }
  }

  return { withToken, call: (call) => withToken((token) => request(call, token)) }
}

/** The platform's own words of failure in an answer, if there are any. */
export function checkErrcode(call: string, answer: unknown): void {
  const parsed = wire.answer.safeParse(answer)
  if (parsed.success && parsed.data.errcode !== 0) throw refusedBy(call, parsed.data.errcode)
}

/** What went wrong with a call that threw; the address, which holds the token, is not kept. */
export function failedCall({ name, shown = false }: Call, error: unknown): PlatformError {
  const why = describeHttpFailure(error)
  return neverSent(error) ? unreachable(name, why) : unanswered(name, why, shown)
}

/** A gateway's 4xx has certainly not done the work; behind a 5xx it may have been done. */
export function badStatus({ name, shown = false }: Call, status: number): PlatformError {
  return unanswered(name, `HTTP ${status}`, shown && status >= 500)
}

export function urlOf(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}${path}`
}

function readAnswer(call: Call, text: string): unknown {
  const answer = wire.answer.safeParse(parseJson(text))
  if (!answer.success) throw unanswered(call.name, 'no JSON', call.shown ?? false)
  checkErrcode(call.name, answer.data)
  return answer.data
}

export function parseJson(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text)
    return parsed
  } catch {
    return undefined // the caller says what is missing
  }
}

function asItCame(body: unknown): unknown {
  return body
}

function isTokenRefused(error: unknown): boolean {
  return error instanceof PlatformError && error.next.do === 'refresh-token'
}

/** A fresh token, or the secret itself, that is refused as well is wrong: nothing will make it right but a person. */
function refusedSecret(error: unknown): never {
  if (!(error instanceof PlatformError) || error.next.do !== 'refresh-token') throw error
  throw withNext(error, { do: 'give-up', reason: 'wechat.credentials' })
}
