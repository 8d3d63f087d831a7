import { z } from 'zod'

/**
 * Callbacks and commands of 智能机器人 in long-connection mode: only the fields we use.
 * Pages (100719) messages, (101027) events, (101032) cards, (101463) long connection; read 2026-09.
 */

/** Media links live 5 minutes and have a key of their own (101463). */
const sealed = z.object({ url: z.string().min(1), aeskey: z.string().optional() })
const words = z.object({ content: z.string() })
/** In this mode a voice clip arrives as its recognised words alone (100719). */
const spoken = z.object({ content: z.string().default('') })

const mixed = z.object({
  msg_item: z.array(
    z.object({ msgtype: z.string(), text: words.optional(), image: sealed.optional() }),
  ),
})

const contents = {
  text: words.optional(),
  image: sealed.optional(),
  file: sealed.optional(),
  video: sealed.optional(),
  mixed: mixed.optional(),
}

/** What a message quotes: type and content, never an id; of a card it is empty (100719). */
const quote = z.object({
  msgtype: z.string(),
  ...contents,
  // Quoted voice is said to carry words here and a link there.
  voice: z.union([sealed, spoken]).optional().catch(undefined),
})

const head = {
  msgid: z.string().min(1),
  /** Seconds. */
  create_time: z.number().optional(),
  chatid: z.string().optional(),
  /** Left out of events by some sources; then the chatid tells. */
  chattype: z.enum(['single', 'group']).optional(),
  from: z.object({ userid: z.string().default('') }),
}

/** `aibot_msg_callback` (100719, 101463). */
export const messageCallback = z.object({
  ...head,
  msgtype: z.string(),
  ...contents,
  voice: spoken.optional(),
  quote: quote.optional().catch(undefined),
})
export type MessageCallback = z.infer<typeof messageCallback>
export type Quote = z.infer<typeof quote>
export type SealedLink = z.infer<typeof sealed>

const click = z.object({ event_key: z.string(), task_id: z.string() })

/** The click's data are nested (101027, 101032); the SDK's type says flat, so both are read. */
const cardEvent = z.union([
  z
    .object({ eventtype: z.literal('template_card_event'), template_card_event: click })
    .transform(({ template_card_event: data }) => data),
  click.extend({ eventtype: z.literal('template_card_event') }),
])

/** `aibot_event_callback` with a click on a card (101027, 101463). */
export const clickCallback = z.object({ ...head, event: cardEvent })
export type ClickCallback = z.infer<typeof clickCallback>

/** Any `aibot_event_callback`. */
export const anyEvent = z.object({ event: z.object({ eventtype: z.string() }) })

export type MediaType = 'image' | 'voice' | 'video' | 'file'

/** A message of ours, in `aibot_send_msg` and `aibot_respond_msg` alike (101463). */
export type OutMessage =
  | { msgtype: 'markdown'; markdown: { content: string } }
  | { msgtype: 'template_card'; template_card: TemplateCard }
  | { msgtype: MediaType; media_id: string }

/** A `button_interaction` card (101032); in an aibot's card a button has nothing but these three fields. */
export interface TemplateCard {
  card_type: 'button_interaction'
  /** 0 grey, 1 black, 2 red, 3 green. */
  source?: { desc: string; desc_color: 0 | 1 | 2 | 3 }
  main_title: { title: string; desc?: string }
  sub_title_text?: string
  horizontal_content_list?: { keyname: string; value: string }[]
  button_list: { text: string; style: 1 | 2 | 3 | 4; key: string }[]
  task_id: string
}

/** Answers to the upload commands (101463). */
export const uploadInitAnswer = z.object({ upload_id: z.string().min(1) })
export const uploadFinishAnswer = z.object({ media_id: z.string().min(1) })
