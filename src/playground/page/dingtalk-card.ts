import { createHash } from 'node:crypto'
import type { CardPart, CardView, FormField } from '../dingtalk/index.ts'
import { html, type Html } from './html.ts'
import { words } from './parts.ts'

type FormPart = Extract<CardPart, { kind: 'form' }>
type ButtonPart = Extract<CardPart, { kind: 'button' }>

/** A card as this agent's client draws it: the template that the stand-in knows, filled with what came over the wire. */
export function dingtalkCard({ outTrackId, parts }: CardView, actor: string): Html {
  if (!parts) return html`<div class="ding-card"><p class="broken">内容加载失败</p></div>`
  const to = `/dingtalk/cards/${encodeURIComponent(outTrackId)}`
  return html`<article class="ding-card" id="card-${outTrackId}">
    ${inRows(parts).map((row) =>
      Array.isArray(row)
        ? html`<div class="buttons">${row.map((part) => drawButton(part, to, actor))}</div>`
        : drawPart(row, to, actor),
    )}
  </article>`
}

/** Buttons that follow one another stand side by side. */
function inRows(parts: readonly CardPart[]): (Exclude<CardPart, ButtonPart> | ButtonPart[])[] {
  const rows: (Exclude<CardPart, ButtonPart> | ButtonPart[])[] = []
  for (const part of parts) {
    const last = rows.at(-1)
    if (part.kind !== 'button') rows.push(part)
    else if (Array.isArray(last)) last.push(part)
    else rows.push([part])
  }
  return rows
}

function drawPart(part: Exclude<CardPart, ButtonPart>, to: string, actor: string): Html {
  switch (part.kind) {
    case 'text':
      return html`<p class="${part.look}">${words(part.text)}</p>`
    case 'divider':
      return html`<hr />`
    case 'broken':
      return html`<p class="broken">${part.text}</p>`
    case 'form':
      return drawForm(part, to, actor)
  }
}

function drawButton({ id, text, look, confirm }: ButtonPart, to: string, actor: string): Html {
  return html`<button
    class="${look}"
    hx-post="${to}/click"
    hx-vals="${JSON.stringify({ actor, button: id })}"
    ${confirm !== undefined && html`hx-confirm="${confirm}"`}
    hx-swap="none"
  >
    ${text}
  </button>`
}

function drawForm(form: FormPart, to: string, actor: string): Html {
  // A form whose variable was sent anew is a new form: what was typed in the old one is gone, as in the client.
  const edition = createHash('sha256').update(JSON.stringify(form)).digest('base64url').slice(0, 8)
  const id = `${to.split('/').at(-1)}-${actor}-${form.id}-${edition}`
  return html`<form class="reply" id="form-${id}" hx-post="${to}/submit" hx-swap="none">
    <input type="hidden" name="actor" value="${actor}" />
    <input type="hidden" name="formId" value="${form.id}" />
    ${form.fields.filter(({ hidden }) => !hidden).map((field) => drawField(field, id))}
    <button class="primary">${form.submit}</button>
  </form>`
}

function drawField(field: FormField, form: string): Html {
  const id = `field-${form}-${field.name}`
  return html`<label>
    ${field.label !== '' && html`<span>${field.label}</span>`}
    ${field.type === 'SELECT' ? drawSelect(field, id) : drawInput(field, id)}
  </label>`
}

function drawInput(field: FormField, id: string): Html {
  const value = typeof field.defaultValue === 'string' ? field.defaultValue : ''
  const about = html`id="${id}" name="field:${field.name}" placeholder="${field.placeholder}"
  ${field.readOnly && 'readonly'}`
  return field.type === 'TEXT_AREA'
    ? html`<textarea ${about} rows="${field.minRows ?? 2}">${value}</textarea>`
    : html`<input ${about} value="${value}" />`
}

function drawSelect(field: FormField, id: string): Html {
  return html`<select id="${id}" name="field:${field.name}">
    <option value="">${field.placeholder === '' ? '请选择' : field.placeholder}</option>
    ${field.options.map(
      ({ value, text }) =>
        html`<option value="${value}" ${value === field.defaultValue && 'selected'}>
          ${text}
        </option>`,
    )}
  </select>`
}
