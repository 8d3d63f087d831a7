import { type View, viewQuery, type World } from '../world.ts'
import type { FaultPanel } from '../fault-switches.ts'
import { dingtalkBar, dingtalkFeedRegion, dingtalkHeadRegion } from './dingtalk.ts'
import { activeFaultsRegion, faultsRegion } from './faults.ts'
import { guideRegion } from './guide.ts'
import { html, type Html } from './html.ts'
import { icon } from './icons.ts'
import {
  customersRegion,
  phoneFeedRegion,
  phoneHeadRegion,
  phoneMenuRegion,
  phoneTools,
} from './phone.ts'
import { statusRegion } from './status.ts'
import { wecomBar, wecomFeedRegion, wecomHeadRegion } from './wecom.ts'

/** What the page is drawn from. */
export interface Scene {
  world: World
  view: View
  panel: FaultPanel
  /** How often anybody has pressed a button of a card. */
  clicks: number
}

/** The parts of the page that change while it is open, by the id of their element. */
export const REGIONS = {
  status: ({ world }: Scene) => statusRegion(world),
  guide: ({ world, clicks }: Scene) => guideRegion(world, clicks),
  active: ({ panel }: Scene) => activeFaultsRegion(panel),
  faults: ({ panel }: Scene) => faultsRegion(panel),
  customers: ({ world, view }: Scene) => customersRegion(world, view),
  'phone-head': ({ world, view }: Scene) => phoneHeadRegion(world, view),
  'phone-feed': ({ world, view }: Scene) => phoneFeedRegion(world, view),
  'phone-menu': ({ world, view }: Scene) => phoneMenuRegion(world, view),
  'ding-head': ({ world, view }: Scene) => dingtalkHeadRegion(world, view),
  'ding-feed': ({ world, view }: Scene) => dingtalkFeedRegion(world, view),
  'wecom-head': ({ world, view }: Scene) => wecomHeadRegion(world, view),
  'wecom-feed': ({ world, view }: Scene) => wecomFeedRegion(world, view),
} as const satisfies Record<string, (scene: Scene) => Html>

export type RegionId = keyof typeof REGIONS

// The compiler forgets the names of an object's keys; they are those of REGIONS.
export const REGION_IDS = Object.keys(REGIONS) as RegionId[]

export interface ProductLink {
  label: string
  url: string
}

/** The whole page. Works without the stream too: it then shows the moment at which it was loaded. */
export function pageLayout(scene: Scene, links: readonly ProductLink[]): Html {
  const query = viewQuery(scene.view)
  return html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="htmx-config" content='{"includeIndicatorCSS":false,"extensions":"sse"}' />
        <title>接力 · 演练场</title>
        <link rel="icon" href="/assets/logo.svg" />
        <link rel="stylesheet" href="/assets/page.css" />
        <link rel="stylesheet" href="/assets/phone.css" />
        <link rel="stylesheet" href="/assets/groups.css" />
        <script src="/assets/htmx.js" defer></script>
        <script src="/assets/page.js" defer></script>
      </head>
      <body>
        <div id="page">
          ${topBar(scene, links)} ${region(scene, 'guide', 'ol')}
          <main>${phonePane(scene)} ${dingtalkPane(scene)} ${wecomPane(scene)}</main>
          <div id="live${query}" class="live" hx-sse:connect="/live${query}" hx-swap="none"></div>
        </div>
        <div id="toasts" role="status"></div>
      </body>
    </html>`
}

function region(scene: Scene, id: RegionId, tag: 'div' | 'ol' | 'nav', look = ''): Html {
  const inside = REGIONS[id](scene)
  if (tag === 'ol')
    return html`<ol id="${id}" class="${look}">
      ${inside}
    </ol>`
  if (tag === 'nav') return html`<nav id="${id}" class="${look}">${inside}</nav>`
  return html`<div id="${id}" class="${look}">${inside}</div>`
}

function topBar(scene: Scene, links: readonly ProductLink[]): Html {
  return html`<header>
    <a class="logo" href="/"><img src="/assets/logo.svg" alt="" /><b>接力</b><span>演练场</span></a>
    ${region(scene, 'active', 'div')}
    <div class="actions">
      ${region(scene, 'status', 'div', 'status')}
      ${links.map(
        ({ label, url }) =>
          html`<a class="link" href="${url}" target="_blank" rel="noreferrer">${label}</a>`,
      )}
      <button class="tool-button" hx-post="/bind-code" hx-swap="none">${icon('key')}绑定码</button>
      ${faultMenu(scene)}
    </div>
  </header>`
}

/** Left alone when the page is redrawn, or it would shut; what is in it is drawn by itself. */
function faultMenu(scene: Scene): Html {
  return html`<details id="fault-menu" hx-morph-skip>
    <summary class="tool-button">${icon('faults')}故障开关</summary>
    <div class="fault-panel">
      <p>
        试试断线、重复、超时，看看接力怎么应对。带 ${icon('faults')}
        的发生一次，其余一直有效，直到关闭。
      </p>
      ${region(scene, 'faults', 'div')}
      <button class="clear" hx-post="/faults/clear" hx-swap="none">全部清除</button>
    </div>
  </details>`
}

function phonePane(scene: Scene): Html {
  return html`<section class="pane phone-pane" aria-label="顾客的手机">
    <div class="pane-title">
      <h2>顾客</h2>
      <button class="tool-button" hx-post="/customers" hx-swap="none">${icon('plus')}新顾客</button>
    </div>
    ${region(scene, 'customers', 'nav')}
    <div class="phone">
      ${region(scene, 'phone-head', 'div')}
      <div class="feed">${region(scene, 'phone-feed', 'div', 'lines')}</div>
      ${phoneTools(scene.view)} ${region(scene, 'phone-menu', 'div')}
    </div>
  </section>`
}

function dingtalkPane(scene: Scene): Html {
  return html`<section class="pane ding-pane" aria-label="钉钉">
    <div class="pane-title"><h2>钉钉</h2></div>
    <div class="window">
      ${region(scene, 'ding-head', 'div', 'window-head')}
      <div class="feed">${region(scene, 'ding-feed', 'div', 'lines')}</div>
      ${dingtalkBar(scene.world, scene.view)}
    </div>
  </section>`
}

function wecomPane(scene: Scene): Html {
  return html`<section class="pane wecom-pane" aria-label="企业微信">
    <div class="pane-title"><h2>企业微信</h2></div>
    <div class="window">
      ${region(scene, 'wecom-head', 'div', 'window-head')}
      <div class="feed">${region(scene, 'wecom-feed', 'div', 'lines')}</div>
      ${wecomBar(scene.world, scene.view)}
    </div>
  </section>`
}
