/** A field of a form component (卡片平台 → 表单组件, read 2026-08); fields are data, the template only has the place. */
export interface FormField {
  name: string
  label: string
  type: 'TEXT' | 'TEXT_AREA' | 'SELECT'
  required?: boolean
  hidden?: boolean
  placeholder?: string
  defaultValue?: string
  minRows?: number
  maxRows?: number
  options?: { value: string; text: string }[]
}

/** The value of a variable of type form. */
export const makeForm = (fields: FormField[]): string => JSON.stringify({ fields })

/** A form that is not shown still has to be one. */
export const NO_FORM = makeForm([])

/** Several rows to type in (clients from 7.6.35 on; older ones show one). */
export function textField(
  name: string,
  label: string,
  placeholder: string,
  defaultValue?: string,
): FormField {
  return {
    name,
    label,
    type: 'TEXT_AREA',
    required: true,
    placeholder,
    minRows: 2,
    maxRows: 6,
    ...(defaultValue !== undefined && { defaultValue }),
  }
}

/** Comes back with the form, unseen. */
export const hiddenField = (name: string, defaultValue: string): FormField => {
  return { name, label: name, type: 'TEXT', hidden: true, defaultValue }
}

export function selectField(
  name: string,
  label: string,
  options: readonly { value: string; label: string }[],
): FormField {
  const shown = options.map(({ value, label }) => ({ value, text: label }))
  return { name, label, type: 'SELECT', required: true, options: shown }
}
