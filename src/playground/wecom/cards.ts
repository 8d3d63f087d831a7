import { z } from 'zod'

/** Template cards, form and limits as on pages (101032) and (101463), read 2026-09. */
const keyBytes = 1024
const key = z
  .string()
  .min(1)
  .refine((text) => Buffer.byteLength(text) <= keyBytes, 'key too long')

const taskId = z.string().regex(/^[0-9A-Za-z_@-]{1,128}$/)

const option = z.looseObject({ id: z.string().min(1).max(128), text: z.string().min(1) })
const selection = z.looseObject({
  question_key: key,
  title: z.string().optional(),
  option_list: z.array(option).min(1).max(10),
})
const title = z.looseObject({ title: z.string().optional(), desc: z.string().optional() })
const button = z.looseObject({ text: z.string().min(1), style: z.number().optional(), key })
const horizontal = z.looseObject({ keyname: z.string().min(1), value: z.string().optional() })
const link = z.looseObject({ type: z.number() })

const common = {
  task_id: taskId.optional(),
  source: z.looseObject({ desc: z.string().optional() }).optional(),
  main_title: title.optional(),
  sub_title_text: z.string().optional(),
  quote_area: z.looseObject({ quote_text: z.string().optional() }).optional(),
  horizontal_content_list: z.array(horizontal).max(6).optional(),
  jump_list: z
    .array(z.looseObject({ title: z.string() }))
    .max(3)
    .optional(),
  action_menu: z
    .looseObject({
      action_list: z
        .array(z.looseObject({ text: z.string(), key }))
        .min(1)
        .max(3),
    })
    .optional(),
  card_action: link.optional(),
}

const submit = z.looseObject({ text: z.string().min(1), key })

const schema = z.discriminatedUnion('card_type', [
  z.looseObject({ ...common, card_type: z.literal('text_notice'), card_action: link }),
  z.looseObject({
    ...common,
    card_type: z.literal('news_notice'),
    main_title: title,
    card_action: link,
  }),
  z.looseObject({
    ...common,
    card_type: z.literal('button_interaction'),
    main_title: title,
    button_list: z.array(button).min(1).max(6),
    button_selection: selection.optional(),
    task_id: taskId,
  }),
  z.looseObject({
    ...common,
    card_type: z.literal('vote_interaction'),
    main_title: title,
    checkbox: z.looseObject({ question_key: key, option_list: z.array(option).min(1).max(20) }),
    submit_button: submit,
    task_id: taskId,
  }),
  z.looseObject({
    ...common,
    card_type: z.literal('multiple_interaction'),
    main_title: title,
    select_list: z.array(selection).min(1).max(3),
    submit_button: submit,
    task_id: taskId,
  }),
])

export type TemplateCard = z.infer<typeof schema>

/** Reads a card as strictly as the platform does, or says what is wrong with it. */
export function readCard(value: unknown): { card: TemplateCard } | { wrong: string } {
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return { wrong: `template_card.${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}` }
  }
  const keys = buttonKeys(parsed.data)
  if (new Set(keys).size !== keys.length) return { wrong: 'template_card: keys are not unique' }
  return { card: parsed.data }
}

/** Keys that a click on this card can send. */
export function buttonKeys(card: TemplateCard): string[] {
  const keys = card.action_menu?.action_list.map((action) => action.key) ?? []
  if (card.card_type === 'button_interaction') keys.push(...card.button_list.map((one) => one.key))
  if (card.card_type === 'vote_interaction' || card.card_type === 'multiple_interaction')
    keys.push(card.submit_button.key)
  return keys
}

/** The fields of each type; a client ignores others without a word. */
const FIELDS: Record<TemplateCard['card_type'], string> = {
  text_notice:
    'source action_menu main_title emphasis_content quote_area sub_title_text horizontal_content_list jump_list card_action',
  news_notice:
    'source action_menu main_title card_image image_text_area quote_area vertical_content_list horizontal_content_list jump_list card_action',
  button_interaction:
    'source action_menu main_title quote_area sub_title_text horizontal_content_list button_selection button_list card_action',
  vote_interaction: 'source main_title checkbox submit_button',
  multiple_interaction: 'source main_title select_list submit_button',
}

/** What a client would cut, fold or drop: unknown fields, and texts beyond the recommended lengths of (101032). */
export function cardFlaws(card: TemplateCard): string[] {
  const known = new Set(['card_type', 'task_id', 'feedback', ...FIELDS[card.card_type].split(' ')])
  const flaws = Object.keys(card)
    .filter((field) => !known.has(field))
    .map((field) => `${field} is ignored`)
  const measure = (name: string, text: string | undefined, max: number): void => {
    if (text !== undefined && Array.from(text).length > max)
      flaws.push(`${name} is longer than ${max}`)
  }
  measure('source.desc', card.source?.desc, 13)
  measure('main_title.title', card.main_title?.title, 26)
  measure('main_title.desc', card.main_title?.desc, 30)
  measure('sub_title_text', card.sub_title_text, 112)
  for (const row of card.horizontal_content_list ?? []) {
    measure('horizontal_content_list.keyname', row.keyname, 5)
    measure('horizontal_content_list.value', row.value, 26)
  }
  if (card.card_type === 'button_interaction')
    for (const { text } of card.button_list) measure('button_list.text', text, 10)
  return flaws
}
