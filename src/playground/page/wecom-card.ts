import { z } from 'zod'
import type { Line, ShownCard, TemplateCard } from '../wecom/index.ts'
import { html, type Html } from './html.ts'
import { words } from './parts.ts'

/** Parts of a template card that the stand-in passes on as they came; (101032), read 2026-09. */
const more = z.looseObject({
  emphasis_content: z
    .looseObject({ title: z.string().optional(), desc: z.string().optional() })
    .optional(),
  source: z
    .looseObject({ desc: z.string().optional(), desc_color: z.number().optional() })
    .optional(),
  quote_area: z
    .looseObject({ title: z.string().optional(), quote_text: z.string().optional() })
    .optional(),
})

/** A template card as this agent's client draws it. */
export function wecomCard(line: Line, shown: ShownCard, actor: string): Html {
  const card = shown.byUser.get(actor) ?? shown.card
  const parts = more.safeParse(card).data
  return html`<article class="wecom-card" id="wecard-${line.id}">
    ${
      parts?.source?.desc !== undefined &&
      html`<p class="source colour-${parts.source.desc_color ?? 0}">${parts.source.desc}</p>`
    }
    ${drawTitle(card)}
    ${
      parts?.emphasis_content &&
      html`<p class="emphasis">
        <b>${parts.emphasis_content.title}</b>${parts.emphasis_content.desc}
      </p>`
    }
    ${
      parts?.quote_area &&
      html`<blockquote>
        ${parts.quote_area.title !== undefined && html`<b>${parts.quote_area.title}</b>`}
        ${parts.quote_area.quote_text}
      </blockquote>`
    }
    ${card.sub_title_text !== undefined && html`<p class="sub">${words(card.sub_title_text)}</p>`}
    ${drawRows(card)} ${drawButtons(card, line, actor)}
  </article>`
}

function drawTitle({ main_title: title }: TemplateCard): Html {
  return html`${title?.title !== undefined && html`<h4>${title.title}</h4>`}
  ${title?.desc !== undefined && html`<p class="desc">${title.desc}</p>`}`
}

function drawRows({ horizontal_content_list: rows = [] }: TemplateCard): Html | undefined {
  if (rows.length === 0) return undefined
  return html`<dl>
    ${rows.map(
      ({ keyname, value = '' }) =>
        html`<dt>${keyname}</dt>
          <dd>${value}</dd>`,
    )}
  </dl>`
}

function drawButtons(card: TemplateCard, line: Line, actor: string): Html | undefined {
  const buttons = buttonsOf(card)
  if (buttons.length === 0) return undefined
  const to = `/wecom/${encodeURIComponent(line.chatId)}/lines/${encodeURIComponent(line.id)}/click`
  return html`<div class="buttons count-${buttons.length}">
    ${buttons.map(
      ({ key, text, style }) =>
        html`<button
          class="style-${style}"
          hx-post="${to}"
          hx-vals="${JSON.stringify({ actor, key })}"
          hx-swap="none"
        >
          ${text}
        </button>`,
    )}
  </div>`
}

/** Style 1 blue, 2 grey with blue words, 3 with red ones, 4 grey. */
function buttonsOf(card: TemplateCard): { key: string; text: string; style: number }[] {
  switch (card.card_type) {
    case 'button_interaction':
      return card.button_list.map(({ key, text, style = 1 }) => ({ key, text, style }))
    case 'vote_interaction':
    case 'multiple_interaction':
      return [{ ...card.submit_button, style: 1 }]
    case 'text_notice':
    case 'news_notice':
      return []
  }
}
