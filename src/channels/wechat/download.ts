import type { Readable } from 'node:stream'
import type { AxiosResponse } from 'axios'
import type { Http } from '#src/platform/http.ts'
import type { FetchedMedia } from '#src/ports/media.ts'
import {
  badStatus,
  checkErrcode,
  failedCall,
  parseJson,
  urlOf,
  type WechatClient,
} from './client.ts'
import { unanswered, withNext } from './errors.ts'
import { parseMediaRef } from './ids.ts'
import { videoAnswer } from './wire.ts'
import { PlatformError } from '#src/ports/errors.ts'

// Shared by 公众号 and 小程序.

/** An answer that is JSON is short; more is not read. */
const MAX_JSON_BYTES = 64 * 1024

const call = { name: 'media/get', method: 'GET', path: '/cgi-bin/media/get' } as const

/**
 * Opens the file that a customer sent: "获取临时素材", read 2026-09. The answer's type decides: JSON is an error, or, of a
 * video, the address to fetch it from.
 * @throws {PlatformError} `wechat.media_expired` when the three days are over
 */
export async function download(
  ref: string,
  client: WechatClient,
  http: Http,
  apiBase: string,
): Promise<FetchedMedia> {
  const { mediaId } = parseMediaRef(ref)
  try {
    return await client.withToken(async (token) => {
      const params = { media_id: mediaId, access_token: token }
      const answer = await get(http, urlOf(apiBase, call.path), params)
      if (!isText(answer)) return { stream: answer.data }
      return { stream: await getVideo(http, await readText(answer.data)) }
    })
  } catch (error) {
    throw isExpired(error) ? withNext(error, { do: 'give-up', reason: 'media.expired' }) : error
  }
}

async function getVideo(http: Http, text: string): Promise<Readable> {
  const json = parseJson(text)
  checkErrcode(call.name, json)
  const video = videoAnswer.safeParse(json)
  if (!video.success) throw unanswered(call.name, 'neither a file nor an address', false)
  const answer = await get(http, video.data.video_url, {})
  if (!isText(answer)) return answer.data
  checkErrcode(call.name, parseJson(await readText(answer.data)))
  throw unanswered(call.name, 'no file behind the address', false)
}

async function get(
  http: Http,
  url: string,
  params: Record<string, string>,
): Promise<AxiosResponse<Readable>> {
  const answer = await http
    .get<Readable>(url, { params, responseType: 'stream' })
    .catch((error: unknown) => {
      throw failedCall(call, error)
    })
  if (answer.status === 200) return answer
  answer.data.destroy()
  throw badStatus(call, answer.status)
}

function isText({ headers }: AxiosResponse): boolean {
  return /^(application\/json|text\/)/i.test(String(headers['content-type'] ?? ''))
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream) {
      // Without an encoding set, the chunks of an answer are buffers.
      chunks.push(chunk as Buffer)
      size += (chunk as Buffer).length
      if (size > MAX_JSON_BYTES) break // leaving the loop destroys the stream
    }
  } catch (error) {
    throw failedCall(call, error)
  }
  return Buffer.concat(chunks).toString()
}

function isExpired(error: unknown): error is PlatformError {
  return error instanceof PlatformError && error.code === 'wechat.media_expired'
}
