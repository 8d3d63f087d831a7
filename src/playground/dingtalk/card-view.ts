import { z } from 'zod'
import type {
  TemplateComponent,
  TemplateDescription,
} from '#src/workplaces/dingtalk/template/description.ts'

const formFields = z.object({
  fields: z.array(
    z.object({
      name: z.string(),
      label: z.string().default(''),
      type: z.string(),
      hidden: z.boolean().default(false),
      required: z.boolean().default(false),
      requiredMsg: z.string().optional(),
      readOnly: z.boolean().default(false),
      placeholder: z.string().default(''),
      defaultValue: z.unknown().optional(),
      options: z.array(z.object({ value: z.string(), text: z.string() })).default([]),
      minRows: z.number().optional(),
      maxRows: z.number().optional(),
    }),
  ),
})

export type FormField = z.infer<typeof formFields>['fields'][number]

/** One part of a card as a client draws it. */
export type CardPart =
  | { kind: 'text'; text: string; look: 'title' | 'plain' | 'muted' | 'alert' | 'good' }
  | { kind: 'divider' }
  | { kind: 'form'; id: string; fields: FormField[]; submit: string; params: Params }
  | { kind: 'button'; id: string; text: string; look: Look; confirm?: string; params: Params }
  /** What a client shows instead of a part whose variable it cannot read. */
  | { kind: 'broken'; text: string }

type Look = 'primary' | 'plain' | 'danger'
type Params = Record<string, string>

/** Draws a card for one user: visible parts only, variables put in. */
export function drawCard(
  description: TemplateDescription,
  values: ReadonlyMap<string, string>,
): CardPart[] {
  return description.components
    .filter((component) => isShown(component, values))
    .map((component) => drawPart(component, values))
}

function isShown(component: TemplateComponent, values: ReadonlyMap<string, string>): boolean {
  return component.when.every(({ variable, is }) => {
    const value = values.get(variable) ?? ''
    return is === undefined ? value !== '' : value === is
  })
}

function drawPart(component: TemplateComponent, values: ReadonlyMap<string, string>): CardPart {
  const fill = (text: string): string =>
    text.replace(/\$\{(\w+)\}/g, (_, name: string) => values.get(name) ?? '')
  const fillAll = (params: Params): Params =>
    Object.fromEntries(Object.entries(params).map(([key, text]) => [key, fill(text)]))
  switch (component.kind) {
    case 'text':
      return { kind: 'text', text: fill(component.text), look: component.look }
    case 'divider':
      return { kind: 'divider' }
    case 'form': {
      const fields = readForm(values.get(component.variable) ?? '')
      if (!fields) return { kind: 'broken', text: '[Object Object]' }
      const { id, submit } = component
      return { kind: 'form', id, fields, submit, params: fillAll(component.params) }
    }
    default: {
      const { id, look, confirm } = component
      const params = fillAll(component.params)
      const drawn = { kind: 'button' as const, id, text: fill(component.text), look, params }
      return confirm === undefined ? drawn : { ...drawn, confirm }
    }
  }
}

function readForm(value: string): FormField[] | undefined {
  try {
    return formFields.parse(JSON.parse(value)).fields
  } catch {
    return undefined
  }
}
