/** An answer of api.weixin.qq.com, before it is written. */
export interface JsonAnswer {
  readonly [name: string]: unknown
}

/** What the platform answers with when it refuses. */
export interface ErrorAnswer extends JsonAnswer {
  readonly errcode: number | string
  readonly errmsg: string
}

/** The platform's words for the codes that the stand-in gives by itself (全局返回码, as carried by WxJava 9eba04d). */
const WORDS: Readonly<Record<number, string>> = {
  [-1]: 'system error',
  40001: 'invalid credential, access_token is invalid or not latest',
  40002: 'invalid grant_type',
  40003: 'invalid openid',
  40004: 'invalid media type',
  40005: 'invalid file type',
  40006: 'invalid media size',
  40007: 'invalid media_id',
  40008: 'invalid message type',
  40013: 'invalid appid',
  40033: 'invalid charset. please check your request, if include \\uxxxx will create fail!',
  40066: 'invalid url',
  40125: 'invalid appsecret',
  41001: 'access_token missing',
  41005: 'media data missing',
  43001: 'require GET method',
  43002: 'require POST method',
  43004: 'require subscribe',
  44002: 'empty post data',
  44004: 'empty content',
  45002: 'content size out of limit',
  45008: 'article size out of limit',
  45009: 'reach max api daily quota limit',
  45011: 'api minute-quota reach limit, must slower, retry next minute',
  45015: 'response out of time limit or subscription is canceled',
  45047: 'out of response count limit',
  45072: 'command is invalid',
  45080: 'need interaction in 30s',
  45081: 'already typing',
  47001: 'data format error',
}

export const OK_ANSWER: JsonAnswer = { errcode: 0, errmsg: 'ok' }

export function errorAnswer(errcode: number | string, words?: string): ErrorAnswer {
  return { errcode, errmsg: words ?? WORDS[Number(errcode)] ?? 'refused' }
}
