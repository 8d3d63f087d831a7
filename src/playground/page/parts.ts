import { sniff, SNIFF_BYTES } from '#src/platform/sniff.ts'
import { html, type Html } from './html.ts'
import { icon } from './icons.ts'

const clock = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
})
const dayAndClock = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  month: 'numeric',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
})

/** What somebody has written, with its line breaks. */
export const words = (text: string): Html => html`<span class="words">${text}</span>`

/** 14:03, in the zone that the cards use. */
export const clockTime = (ms: number): string => clock.format(ms)

/** 11/24 14:03 */
export const dayTime = (ms: number): string => dayAndClock.format(ms)

const TONES = 8

/** A round or square head with the last character of the name, always the same colour for the same name. */
export function avatar(name: string): Html {
  const letter = Array.from(name).at(-1) ?? '?'
  return html`<span class="avatar tone-${toneOf(name)}" aria-hidden="true">${letter}</span>`
}

export const robotAvatar = (): Html =>
  html`<span class="avatar robot" aria-hidden="true">${icon('robot')}</span>`

function toneOf(name: string): number {
  let sum = 0
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9973
  return sum % TONES
}

/** What a browser shows of a file: a picture, a player, or its name to save it by. */
export function mediaView(file: { url: string; name: string; bytes: Uint8Array }): Html {
  const { url, name, bytes } = file
  const { type } = sniff(bytes.subarray(0, SNIFF_BYTES), name)
  if (isPicture(type)) {
    return html`<a class="picture" href="${url}" target="_blank"
      ><img src="${url}" alt="图片"
    /></a>`
  }
  if (type.startsWith('audio/')) return html`<div class="bubble">${voiceView(url)}</div>`
  if (type.startsWith('video/')) return html`<video controls src="${url}"></video>`
  return html`<a class="file" href="${url}" download="${name}">
    ${icon('file')}<span><b>${name}</b><small>${sizeWords(bytes.length)}</small></span>
  </a>`
}

/** A voice message that plays when it is pressed; its length is filled in once the browser knows it. */
export function voiceView(url: string): Html {
  // Named by its address, so that a redraw finds it again and leaves a playing one alone.
  const id = `voice-${url.replaceAll(/[^\w-]/g, '-')}`
  return html`<button type="button" class="voice" id="${id}" data-plays hx-morph-skip>
    ${icon('voice')}<span></span><audio preload="metadata" src="${url}"></audio>
  </button>`
}

/** Kinds that are safe to show inside the page. */
export const isPicture = (type: string): boolean =>
  ['image/png', 'image/jpeg', 'image/gif', 'image/webp'].includes(type)

function sizeWords(bytes: number): string {
  return bytes < 1024 * 1024
    ? `${Math.max(1, Math.round(bytes / 1024))} KB`
    : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
