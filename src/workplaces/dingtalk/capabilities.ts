import type { WorkplaceCapabilities } from '#src/ports/workplace.ts'
import type { DingtalkConfig } from './config.ts'

const MEBIBYTE = 1024 * 1024

/** `msgParam` as a JSON string, in bytes (机器人发送群聊消息, read 2026-08). */
export const PARAM_BYTES = 15_000

/** Lines of talk that our template has room for, and characters of each that stay under 1 KB. */
export const TRANSCRIPT_LINES = 8
export const TRANSCRIPT_CHARS = 200

/** `POST oapi /media/upload` (上传媒体文件, read 2026-08). */
export const UPLOAD_BYTES = {
  image: 20 * MEBIBYTE,
  voice: 2 * MEBIBYTE,
  video: 20 * MEBIBYTE,
  file: 20 * MEBIBYTE,
} as const

/** What an app robot in a DingTalk group can do; without a template there are no cards. */
export function capabilities(config: DingtalkConfig): WorkplaceCapabilities {
  const cards = config.cardTemplateId !== undefined
  return {
    cards,
    cardReply: cards,
    cardPushGroup: cards,
    cardUpdateLater: cards,
    transcript: cards ? 'card' : 'lines',
    mention: cards,
    cardIdempotent: true,
    transcriptLines: TRANSCRIPT_LINES,
    transcriptLineChars: TRANSCRIPT_CHARS,
    maxColleagues: 50,
    // In JSON every quote, backslash and line break takes two bytes.
    maxTextBytes: 6000,
    maxMediaBytes: UPLOAD_BYTES,
    clickAnswerMs: config.clickAnswerMs,
    groupLimits: [],
    // Counted by API at DingTalk; nearly all of ours are of one kind at a time.
    credentialLimits:
      config.callsPerSecond === 0 ? [] : [{ count: config.callsPerSecond, perMs: 1000 }],
    lineGapMs: config.lineGapMs,
    cardGapMs: config.cardGapMs,
  }
}
