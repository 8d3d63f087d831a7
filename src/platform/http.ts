import http from 'node:http'
import https from 'node:https'
import { create, type AxiosInstance, isAxiosError } from 'axios'

export interface HttpOptions {
  /** Milliseconds until a call is given up. */
  timeoutMs?: number
  /** Bytes of the largest answer that is read. */
  maxAnswerBytes?: number
}

/** The one kind of outgoing HTTP: keep-alive, no proxy from the environment, bounded in time and size, no retry of its own. */
export function createHttp({
  timeoutMs = 10_000,
  maxAnswerBytes = 32 * 1024 * 1024,
}: HttpOptions = {}): Http {
  const agentOptions = { keepAlive: true, maxSockets: 128, maxFreeSockets: 32 }
  return create({
    timeout: timeoutMs,
    maxContentLength: maxAnswerBytes,
    maxBodyLength: Infinity,
    maxRedirects: 3,
    proxy: false,
    httpAgent: new http.Agent(agentOptions),
    httpsAgent: new https.Agent(agentOptions),
    validateStatus: () => true,
    transitional: { clarifyTimeoutError: true },
  })
}

export type Http = AxiosInstance

/** Ends connections that are kept for later; one that is still in use would hold the process. */
export function closeHttp({ defaults }: Http): void {
  const { httpAgent, httpsAgent } = defaults
  for (const agent of [httpAgent, httpsAgent]) if (agent instanceof http.Agent) agent.destroy()
}

/** Codes that prove that a request never reached the other side, so that a retry cannot send it twice. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Whether a call that threw certainly never reached the platform. */
export function neverSent(error: unknown): boolean {
  return isAxiosError(error) && error.code !== undefined && NEVER_SENT.has(error.code)
}

/** A short description of a failed call, without its address (which may hold a token), its body or its headers. */
export function describeHttpFailure(error: unknown): string {
  if (isAxiosError(error)) return error.code ?? 'connection failed'
  return error instanceof Error ? error.name : 'unknown failure'
}
