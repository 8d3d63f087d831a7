import type { FaultPanel, FaultSwitch, Platform } from '../fault-switches.ts'
import { html, type Html } from './html.ts'
import { icon } from './icons.ts'

const PLATFORMS: readonly { id: Platform; label: string }[] = [
  { id: 'wechat', label: '微信公众号' },
  { id: 'dingtalk', label: '钉钉' },
  { id: 'wecom', label: '企业微信' },
]

/** All switches, by platform. */
export function faultsRegion(panel: FaultPanel): Html {
  return html`${PLATFORMS.map(
    ({ id, label }) =>
      html`<section>
        <h3>${label}</h3>
        ${panel.all
          .filter(({ platform }) => platform === id)
          .map((one) => drawSwitch(one, panel.isOn(one.id)))}
      </section>`,
  )}`
}

function drawSwitch({ id, label, about, does }: FaultSwitch, isOn: boolean): Html {
  const lasting = 'switch' in does
  return html`<button
    id="fault-${id}"
    class="fault ${lasting ? 'lasting' : 'stroke'}"
    title="${about}"
    ${lasting && html`aria-pressed="${isOn ? 'true' : 'false'}"`}
    hx-post="/faults/${id}"
    hx-swap="none"
  >
    ${!lasting && icon('faults')}${label}
  </button>`
}

/** What is switched on at present, where everybody sees it. */
export function activeFaultsRegion(panel: FaultPanel): Html {
  const active = panel.active()
  if (active.length === 0) return html``
  return html`<span class="warn">${icon('faults')} 故障中</span>
    ${active.map(
      ({ id, label, platform }) =>
        html`<button
          class="chip"
          id="active-${id}"
          title="点击关闭"
          hx-post="/faults/${id}"
          hx-swap="none"
        >
          ${PLATFORMS.find((one) => one.id === platform)?.label}·${label}${icon('close')}
        </button>`,
    )}
    <button class="chip clear" hx-post="/faults/clear" hx-swap="none">全部清除</button>`
}
