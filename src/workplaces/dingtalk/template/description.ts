import { z } from 'zod'

/** When a part of the card is shown: the variable has this value, or, without `is`, any value but an empty one. */
const condition = z.strictObject({ variable: z.string(), is: z.string().optional() })

const variable = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]*$/),
  /** As the console calls it. Every value is sent as a string all the same. */
  type: z.enum(['string', 'form']),
  /** `private`: a member may have a value of their own, which wins over the public one. */
  scope: z.enum(['public', 'private']),
  /** UTF-8 bytes of one value. */
  maxBytes: z.int().positive(),
  /** What it is for, in Chinese, for the person who builds the card by hand. */
  meaning: z.string(),
})

const shown = { when: z.array(condition).default([]) }
const params = z.record(z.string(), z.string()).default({})

/** One part of the card, from top to bottom. `${name}` in a text stands for the variable's value. */
const component = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('text'),
    ...shown,
    text: z.string(),
    look: z.enum(['title', 'plain', 'muted', 'alert', 'good']).default('plain'),
  }),
  z.strictObject({ kind: z.literal('divider'), ...shown }),
  z.strictObject({
    kind: z.literal('form'),
    ...shown,
    /** Comes back as `actionIds[0]`. */
    id: z.string(),
    /** The variable of type form that holds the fields. */
    variable: z.string(),
    submit: z.string(),
    params,
  }),
  z.strictObject({
    kind: z.literal('button'),
    ...shown,
    id: z.string(),
    text: z.string(),
    look: z.enum(['primary', 'plain', 'danger']),
    /** Asked in a box before the request is sent. */
    confirm: z.string().optional(),
    params,
  }),
])

/** A card template as we describe it: enough to build it in the console by hand, and to imitate it locally. */
export const templateDescription = z.strictObject({
  name: z.string(),
  /** Whether a real tenant has seen it. */
  state: z.string(),
  variables: z.array(variable),
  components: z.array(component),
})

export type TemplateDescription = z.infer<typeof templateDescription>
export type TemplateVariable = TemplateDescription['variables'][number]
export type TemplateComponent = TemplateDescription['components'][number]
