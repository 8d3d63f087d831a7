import { type View, viewQuery } from '../world.ts'
import { html, type Html } from './html.ts'

/** A link that shows the page through other eyes, without loading it anew. */
export function viewLink(
  view: View,
  words: Html | string,
  { id, look, chosen }: { id: string; look: string; chosen: boolean },
): Html {
  const url = `/${viewQuery(view)}`
  return html`<a
    id="${id}"
    class="${look}"
    href="${url}"
    aria-current="${chosen ? 'true' : 'false'}"
    hx-get="${url}"
    hx-target="#page"
    hx-select="#page"
    hx-swap="outerMorph"
    hx-push-url="true"
    >${words}</a
  >`
}
