import { z } from 'zod'

/**
 * Callbacks and commands of 智能机器人 in long-connection mode: only the fields we use.
 * Pages (100719) messages, (101027) events, (101032) cards, (101463) long connection; read 2026-09.
 */

/** Left out, null or unreadable: one odd field is no reason to lose what somebody wrote. */
const some = <Shape extends z.ZodType>(shape: Shape) => shape.optional().catch(undefined)
/** Objects come as lists of one here and there (101027). */
const one = <Shape extends z.ZodType>(shape: Shape) =>
  z.preprocess((value: unknown): unknown => (Array.isArray(value) ? value[0] : value), shape)
const list = <Shape extends z.ZodType>(shape: Shape) =>
  z.preprocess(
    (value: unknown): unknown => (Array.isArray(value) ? value : [value]),
    z.array(shape),
  )

/** Media links live 5 minutes and have a key of their own (101463). */
const sealed = one(
  z.object({
    url: z.string().min(1),
    aeskey: z
      .string()
      .nullish()
      .transform((key) => key ?? undefined),
  }),
)
const words = one(
  z.union([z.string().transform((content) => ({ content })), z.object({ content: z.string() })]),
)
/** In this mode a voice clip arrives as its recognised words alone (100719). */
const spoken = z.object({ content: z.string().catch('') })

const item = z.object({ text: some(words), image: some(sealed) }).catch({})
const mixed = one(z.object({ msg_item: list(item) }))

const contents = {
  text: some(words),
  image: some(sealed),
  file: some(sealed),
  video: some(sealed),
  mixed: some(mixed),
}

/**
 * What a message quotes: type and content, never an id; of a card it is empty (100719). Whatever is there at all is a
 * quote: taken for none, the words under it could go to another customer than the one who is quoted.
 */
export const quote = one(
  z.union([
    z.string().transform((content): Quote => ({ text: { content } })),
    z.object({
      msgtype: some(z.string()),
      content: some(z.string()),
      ...contents,
      markdown: some(words),
      // Quoted voice is said to carry words here and a link there.
      voice: some(z.union([sealed, spoken])),
    }),
  ]),
).catch({})

const head = {
  msgid: z.union([z.string().min(1), z.number().transform(String)]),
  /** Seconds. */
  create_time: some(
    z.union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ]),
  ),
  chatid: some(z.string()),
  /** Left out of events by some sources; then the chatid tells. */
  chattype: some(z.enum(['single', 'group'])),
  from: one(z.object({ userid: z.string().catch('') })),
}

/** Any callback. */
export const sender = z.object({ from: head.from })

/** `aibot_msg_callback` (100719, 101463). */
export const messageCallback = z.object({
  ...head,
  msgtype: z.string(),
  ...contents,
  voice: some(spoken),
  /** Read by itself, so that one of an unknown shape is still seen. */
  quote: z.unknown().optional(),
})
export type MessageCallback = z.infer<typeof messageCallback>
export type SealedLink = z.infer<typeof sealed>

export interface Quote {
  msgtype?: string | undefined
  content?: string | undefined
  text?: z.infer<typeof words> | undefined
  markdown?: z.infer<typeof words> | undefined
  mixed?: z.infer<typeof mixed> | undefined
  image?: SealedLink | undefined
  file?: SealedLink | undefined
  video?: SealedLink | undefined
  voice?: SealedLink | z.infer<typeof spoken> | undefined
}

/** Of a foreign card any key may come, or none. */
const click = one(
  z.object({
    event_key: z.string().catch(''),
    task_id: z.union([z.string().min(1), z.number().transform(String)]),
  }),
)
const clicked = z.object({ eventtype: z.literal('template_card_event') })

/** The click's data are nested (101027, 101032); the SDK's type says flat, so both are read. */
const cardEvent = one(
  z.union([
    clicked
      .extend({ template_card_event: click })
      .transform(({ template_card_event: data }) => data),
    z.intersection(clicked, click),
  ]),
)

/** `aibot_event_callback` with a click on a card (101027, 101463). */
export const clickCallback = z.object({ ...head, event: cardEvent })
export type ClickCallback = z.infer<typeof clickCallback>

/** Any `aibot_event_callback`. */
export const anyEvent = z.object({ event: one(z.object({ eventtype: z.string() })) })

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
