import type { WorkplaceCapabilities } from '#src/ports/workplace.ts'
import type { WecomConfig } from './config.ts'

const MEBIBYTE = 1024 * 1024

/** `aibot_send_msg` markdown.content and stream.content, in bytes (101463, read 2026-09). */
export const MARKDOWN_BYTES = 20_480

/** Uploads over the socket, in bytes (101463, read 2026-09). What is larger than its kind may be goes as a file. */
export const UPLOAD_BYTES = {
  voice: 2 * MEBIBYTE,
  video: 10 * MEBIBYTE,
  file: 20 * MEBIBYTE,
} as const

/** Texts of a `button_interaction` card in characters; longer ones are cut or folded on screen (101032, read 2026-09). */
export const CARD_CHARS = {
  source: 13,
  title: 26,
  titleDesc: 30,
  subTitle: 112,
  fieldName: 5,
  fieldValue: 26,
  button: 10,
} as const

/** Rows and buttons of a card (101032, read 2026-09). */
export const CARD_FIELDS = 6
export const CARD_BUTTONS = 6

/** What an aibot in a WeCom group can do (platforms' page 101463; [field] facts stand in the README). */
export const capabilities = (config: WecomConfig): WorkplaceCapabilities => ({
  cards: true,
  cardReply: false,
  cardPushGroup: config.cardPushGroup,
  cardUpdateLater: false,
  transcript: 'lines',
  mention: false,
  // A task_id that was used before is refused with 42014 [field], which then means that the first post arrived.
  cardIdempotent: true,
  transcriptLines: 2,
  transcriptLineChars: 40,
  // One of the six buttons is 返回.
  maxColleagues: CARD_BUTTONS - 1,
  // Escaping makes a text longer; what is too long all the same is cut.
  maxTextBytes: 16_384,
  maxMediaBytes: {
    image: UPLOAD_BYTES.file,
    voice: UPLOAD_BYTES.file,
    video: UPLOAD_BYTES.file,
    file: UPLOAD_BYTES.file,
  },
  clickAnswerMs: 3500,
  groupLimits: [
    { count: config.messagesPerMinute, perMs: 60_000 },
    { count: config.messagesPerHour, perMs: 3_600_000 },
  ],
  credentialLimits: [],
  lineGapMs: 2000,
  cardGapMs: 0,
})
