import { Html } from './html.ts'

/** Line icons on a 24 by 24 grid, drawn for this page. */
const PATHS = {
  picture:
    '<rect x="3" y="5" width="18" height="14" rx="2.5"/><circle cx="8.5" cy="10" r="1.6"/><path d="M4 17l5-4.5 3.5 3 3.5-4 5 5.5"/>',
  voice: '<path d="M6 9.5v5M10 7v10M14 9v6M18 5.5v13"/>',
  place:
    '<path d="M12 21c4.5-4.6 6.8-8.1 6.8-11A6.8 6.8 0 0 0 5.2 10c0 2.9 2.3 6.4 6.8 11z"/><circle cx="12" cy="10" r="2.4"/>',
  link: '<path d="M10 14a4 4 0 0 0 5.7 0l3-3a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1"/>',
  sticker:
    '<circle cx="12" cy="12" r="8.5"/><path d="M8.5 14.2a4.2 4.2 0 0 0 7 0M9 9.6v.6M15 9.6v.6"/>',
  upload:
    '<path d="M12 16V5M7.5 9.2L12 4.7l4.5 4.5M5 15v3a1.6 1.6 0 0 0 1.6 1.6h10.8A1.6 1.6 0 0 0 19 18v-3"/>',
  file: '<path d="M7 3.5h7l4.5 4.5v11A1.5 1.5 0 0 1 17 20.5H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.5z"/><path d="M14 3.5V8h4.5"/>',
  robot:
    '<rect x="4.5" y="8" width="15" height="11" rx="3.5"/><path d="M12 8V4.8M9.2 13v1.2M14.8 13v1.2"/><circle cx="12" cy="4" r="1"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  close: '<path d="M6.5 6.5l11 11M17.5 6.5l-11 11"/>',
  quote: '<path d="M9 7c-2.6.9-4 2.9-4 6v4h4.5v-4.5H7.3M18.5 7c-2.6.9-4 2.9-4 6v4H19v-4.5h-2.2"/>',
  key: '<circle cx="8" cy="14.5" r="4"/><path d="M11 11.5l8-8M16 6.5l2.5 2.5"/>',
  faults: '<path d="M13 3L5.5 13.5H11L10 21l8-11h-5.5z"/>',
  back: '<path d="M14.5 5.5L8 12l6.5 6.5"/>',
  more: '<path d="M6 12h.01M12 12h.01M18 12h.01"/>',
  check: '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
  keyboard: '<path d="M5 8h14M5 12h14M5 16h9"/>',
  chat: '<path d="M4.5 6.5A1.5 1.5 0 0 1 6 5h12a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 18 16h-6l-4.5 3.5V16H6a1.5 1.5 0 0 1-1.5-1.5z"/>',
  group:
    '<circle cx="9" cy="9" r="3"/><path d="M3.5 18.5c.5-3.2 2.6-4.8 5.5-4.8s5 1.6 5.5 4.8M15.5 6.3a2.8 2.8 0 0 1 0 5.4M17 14c2 .6 3.2 2.1 3.5 4.5"/>',
} as const

export type IconName = keyof typeof PATHS

export function icon(name: IconName): Html {
  return new Html(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${PATHS[name]}</svg>`)
}
