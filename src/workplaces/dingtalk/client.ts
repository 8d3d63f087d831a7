import FormData from 'form-data'
import type { z } from 'zod'
import type { Http } from '#src/platform/http.ts'
import { sleep } from '#src/platform/clock.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type { FreshToken } from '#src/ports/tokens.ts'
import { type DingtalkConfig, robotCodeOf } from './config.ts'
import {
  failureOf,
  failureOfCall,
  IP_BLOCK_MS,
  malformed,
  type RawAnswer,
  retryLater,
} from './errors.ts'
import { MonthlyMeter, Pace } from './limits.ts'
import { tokenAnswer } from './wire.ts'

/** How long a call waits for its turn before the outbox is asked to come again. */
const PATIENCE_MS = 1500

/** One call of an API. `api` is the name that limits are counted by and that errors are told with. */
export interface ApiCall<Schema extends z.ZodType> {
  api: string
  method?: 'POST' | 'PUT'
  /** With the query; the token is added where its host wants it. */
  path: string
  host?: 'api' | 'oapi'
  /** Made anew for each try: a form is a stream that is read once. */
  body: () => object
  answer: Schema
  /** Contacts are not counted against the monthly quota. */
  metered?: boolean
}

/**
 * Calls of api.dingtalk.com and oapi.dingtalk.com: one token for both, refreshed once when it is refused, paced per
 * API, counted against the month's quota, every failure a PlatformError.
 */
export class Client {
  readonly robotCode: string
  readonly meter: MonthlyMeter
  readonly #config: DingtalkConfig
  readonly #io: Pick<AdapterIo, 'http' | 'clock' | 'tokens'>
  readonly #tokenName: string
  readonly #pace: Pace
  readonly #stopping = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #onBlocked: (untilMs: number) => void
  #blockedUntil = 0
  #credentialsRefused = false

  constructor(
    name: string,
    config: DingtalkConfig,
    io: Pick<AdapterIo, 'http' | 'clock' | 'tokens'>,
    onBlocked: (untilMs: number) => void = () => undefined,
  ) {
    this.#onBlocked = onBlocked
    this.#config = config
    this.#io = io
    this.#tokenName = `dingtalk/${name}`
    this.robotCode = robotCodeOf(config)
    this.#pace = new Pace(config.callsPerSecond)
    this.meter = new MonthlyMeter(config.monthlyCalls)
  }

  /** False while our address is locked out. */
  get isAllowed(): boolean {
    return this.#io.clock.now() >= this.#blockedUntil
  }

  get credentialsRefused(): boolean {
    return this.#credentialsRefused
  }

  /** @throws {PlatformError} */
  call<Schema extends z.ZodType>(call: ApiCall<Schema>): Promise<z.infer<Schema>> {
    return this.#track(this.#callOnce(call))
  }

  /** Posts to an address that is its own right (sessionWebhook). @throws {PlatformError} */
  post(api: string, url: string, body: object): Promise<void> {
    const { http } = this.#io
    return this.#track(this.#ask(api, () => http.post<unknown>(url, body)).then(() => undefined))
  }

  /** A token as doctor asks for it: from the platform, whatever is cached. @throws {PlatformError} */
  login(): Promise<FreshToken> {
    return this.#track(this.#fetchToken())
  }

  /** Ends waits; resolves when no call is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('stopped'))
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }

  get http(): Http {
    return this.#io.http
  }

  async #callOnce<Schema extends z.ZodType>(call: ApiCall<Schema>): Promise<z.infer<Schema>> {
    await this.#wait(call.api)
    const token = await this.#token()
    const data = await this.#send(call, token).catch(async (error: unknown) => {
      if (!isTokenRefused(error)) throw error
      return this.#send(call, await this.#token(token))
    })
    const parsed = call.answer.safeParse(data)
    if (!parsed.success) throw malformed(call.api)
    return parsed.data
  }

  #token(stale?: string): Promise<string> {
    const { tokens } = this.#io
    const fetch = (): Promise<FreshToken> => this.#fetchToken()
    return stale === undefined
      ? tokens.get(this.#tokenName, fetch)
      : tokens.replace(this.#tokenName, stale, fetch)
  }

  /** `POST /v1.0/oauth2/accessToken` (获取企业内部应用的accessToken, read 2026-08). */
  async #fetchToken(): Promise<FreshToken> {
    const { apiUrl, clientId: appKey, clientSecret: appSecret } = this.#config
    const url = `${apiUrl}/v1.0/oauth2/accessToken`
    const data = await this.#ask('accessToken', () =>
      this.#io.http.post<unknown>(url, { appKey, appSecret }),
    ).catch((error: unknown) => {
      const refused =
        error instanceof PlatformError && error.code === 'dingtalk.credentials_refused'
      if (refused) this.#credentialsRefused = true
      // No message of ours was sent with it.
      throw error instanceof PlatformError && error.delivered === 'unknown' ? certain(error) : error
    })
    const parsed = tokenAnswer.safeParse(data)
    if (!parsed.success) throw retryLater('accessToken', 'dingtalk.no_token', 5000)
    this.#credentialsRefused = false
    return { token: parsed.data.accessToken, expiresInSec: parsed.data.expireIn }
  }

  async #send(call: ApiCall<z.ZodType>, token: string): Promise<unknown> {
    const { http, clock } = this.#io
    const { api, method = 'POST', path, host = 'api', metered = true } = call
    const body = call.body()
    const request =
      host === 'api'
        ? { url: this.#config.apiUrl + path, headers: { 'x-acs-dingtalk-access-token': token } }
        : { url: this.#config.oapiUrl + path, params: { access_token: token } }
    const isForm = body instanceof FormData
    const headers = isForm ? body.getHeaders() : {}
    const data = await this.#ask(api, () =>
      http.request<unknown>({
        ...request,
        method,
        // As bytes: axios leaves the connection of a form that it has streamed in use for ever (1.21.1).
        data: isForm ? body.getBuffer() : body,
        // An API does not redirect; without this the body is kept for a second sending.
        maxRedirects: 0,
        headers: { ...request.headers, ...headers },
      }),
    ).catch((error: unknown) => {
      if (metered && isCounted(error)) this.meter.count(clock.now(), false)
      throw error
    })
    if (metered) this.meter.count(clock.now(), true)
    return data
  }

  async #ask(api: string, request: () => Promise<RawAnswer>): Promise<unknown> {
    const answer = await request().catch((error: unknown) => {
      throw failureOfCall(api, error)
    })
    const failure = failureOf(api, answer)
    if (!failure) return answer.data
    const now = this.#io.clock.now()
    if (failure.code === 'dingtalk.ip_blocked') {
      this.#blockedUntil = now + IP_BLOCK_MS
      this.#onBlocked(this.#blockedUntil)
    }
    if (failure.code === 'dingtalk.quota_used') this.meter.exhaust(now)
    throw failure
  }

  async #wait(api: string): Promise<void> {
    const { clock } = this.#io
    if (this.#stopping.signal.aborted) throw stopped(api)
    if (!this.isAllowed) {
      throw retryLater(api, 'dingtalk.ip_blocked', this.#blockedUntil - clock.now())
    }
    const waitMs = this.#pace.take(api, clock.now())
    if (waitMs === 0) return
    if (waitMs > PATIENCE_MS) {
      this.#pace.giveBack(api)
      throw retryLater(api, 'dingtalk.rate_limited', waitMs)
    }
    await sleep(clock, waitMs, this.#stopping.signal).catch(() => {
      throw stopped(api)
    })
  }

  #track<Value>(work: Promise<Value>): Promise<Value> {
    const tracked = work.finally(() => this.#underWay.delete(tracked))
    this.#underWay.add(tracked)
    return tracked
  }
}

/** Calls that were throttled, or never came to the API, cost nothing. */
const isCounted = (error: unknown): boolean =>
  error instanceof PlatformError && error.delivered === 'no' && error.next.do === 'give-up'
    ? error.code !== 'dingtalk.quota_used'
    : error instanceof PlatformError && error.delivered === 'unknown'

const stopped = (api: string): PlatformError => retryLater(api, 'dingtalk.stopped', 0)

const isTokenRefused = (error: unknown): boolean =>
  error instanceof PlatformError && error.next.do === 'refresh-token'

function certain({ code, message, next, cause }: PlatformError): PlatformError {
  return new PlatformError(code, message, { delivered: 'no', next, cause })
}
