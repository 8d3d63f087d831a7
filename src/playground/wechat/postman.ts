import http from 'node:http'
import https from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import type { CallbackRequest } from './callback.ts'
import { readBody } from './http-body.ts'
import type { Attempt, Delivery, PhoneContent } from './model.ts'
import type { PassiveReply } from './passive.ts'

export interface PostmanTimes {
  /** How long the platform waits for an answer. */
  answerLimitMs: number
  /** From the start of one try to the start of the next. */
  retryGapMs: number
  /** Tries after the first. */
  retries: number
}

interface Answer {
  status: number
  body: string
}

const MAX_ANSWER_BYTES = 1024 * 1024

/** Hands callbacks over to account servers: waits 5 s, tries up to 3 times more, follows no redirect. */
export class Postman {
  readonly #times: PostmanTimes
  readonly #now: () => number
  readonly #stopping = new AbortController()
  readonly #httpAgent = new http.Agent({ keepAlive: true })
  readonly #httpsAgent = new https.Agent({ keepAlive: true })

  constructor(times: PostmanTimes, now: () => number) {
    this.#times = times
    this.#now = now
  }

  /**
   * @param request gives the request of each try, counted from 0
   * @param read reads the body of a 200
   * @param tried called after the first try, whatever came of it
   */
  async deliver(
    url: string,
    request: (tryNumber: number) => CallbackRequest,
    read: (body: string) => PassiveReply,
    tried?: () => void,
  ): Promise<Delivery> {
    const delivery: Delivery = { accepted: false, attempts: [] }
    for (let tryNumber = 0; tryNumber <= this.#times.retries; tryNumber++) {
      const attempt: Attempt = { atMs: this.#now(), tookMs: 0 }
      const startedMs = performance.now()
      const reply = await this.#try(url, request(tryNumber), attempt, read)
      attempt.tookMs = Math.round(performance.now() - startedMs)
      delivery.attempts.push(attempt)
      tried?.()
      if (reply !== undefined) {
        delivery.accepted = true
        if (reply.content !== undefined) delivery.reply = reply.content
        return delivery
      }
      // An answer that came, but makes no sense, is shown to the customer as a fault and not asked for again.
      if (attempt.failure === 'malformed' || tryNumber === this.#times.retries) break
      if (!(await this.pause(this.#times.retryGapMs - attempt.tookMs))) break
    }
    return delivery
  }

  /** Sends one GET, as the check of a callback address does. */
  async get(url: string): Promise<Answer | undefined> {
    try {
      return await this.#send('GET', url, undefined)
    } catch {
      return undefined // unreachable is the answer that the caller asked for
    }
  }

  /** False when the stand-in was stopped meanwhile. */
  async pause(ms: number): Promise<boolean> {
    const { signal } = this.#stopping
    if (ms > 0 && !signal.aborted) {
      await wait(ms, undefined, { signal }).catch(() => undefined) // stopping ends the wait
    }
    return !signal.aborted
  }

  stop(): void {
    this.#stopping.abort()
    this.#httpAgent.destroy()
    this.#httpsAgent.destroy()
  }

  async #try(
    url: string,
    request: CallbackRequest,
    attempt: Attempt,
    read: (body: string) => PassiveReply,
  ): Promise<{ content?: PhoneContent } | undefined> {
    let answer: Answer
    try {
      answer = await this.#send('POST', withQuery(url, request.query), request)
    } catch (error) {
      attempt.failure = error instanceof TimeOut ? 'time-out' : 'connection'
      return undefined
    }
    attempt.status = answer.status
    if (answer.status !== 200) attempt.failure = 'status'
    if (answer.status !== 200) return undefined
    const reply = read(answer.body)
    if (!reply.ok) attempt.failure = 'malformed'
    return reply.ok ? reply : undefined
  }

  #send(method: string, url: string, request: CallbackRequest | undefined): Promise<Answer> {
    const secure = url.startsWith('https:')
    const body = request === undefined ? undefined : Buffer.from(request.body)
    return new Promise((resolve, reject) => {
      const sent = (secure ? https : http).request(url, {
        method,
        agent: secure ? this.#httpsAgent : this.#httpAgent,
        signal: this.#stopping.signal,
        headers: {
          'user-agent': 'Mozilla/4.0',
          ...(body === undefined
            ? {}
            : { 'content-type': request?.type, 'content-length': body.length }),
        },
      })
      const timer = setTimeout(() => sent.destroy(new TimeOut()), this.#times.answerLimitMs)
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        end()
      }
      sent.on('error', (error) => settle(() => reject(error)))
      sent.on('response', (response) => {
        readBody(response, MAX_ANSWER_BYTES).then(
          (bytes) =>
            settle(() => resolve({ status: response.statusCode ?? 0, body: bytes.toString() })),
          (error: unknown) => settle(() => reject(error)),
        )
      })
      sent.end(body)
    })
  }
}

class TimeOut extends Error {}

export function withQuery(url: string, query: string): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query}`
}
