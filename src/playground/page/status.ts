import type { World } from '../world.ts'
import { html, type Html } from './html.ts'

/** Whether the product is connected, as each platform sees it. */
export function statusRegion({ wechat, dingtalk, wecom }: World): Html {
  const hooked = wechat.accounts.some(({ callbackUrl }) => callbackUrl !== undefined)
  const streams = dingtalk.gateway.connections().filter(({ state }) => state === 'open').length
  return html`${light(hooked, hooked ? '公众号回调已设置' : '公众号回调未设置')}
  ${light(streams > 0, streams > 0 ? `钉钉 ${streams} 条连接` : '钉钉未连接')}
  ${light(wecom.isConnected, wecom.isConnected ? '企微已连接' : '企微未连接')}`
}

const light = (good: boolean, words: string): Html =>
  html`<span class="light ${good ? 'good' : 'bad'}">${words}</span>`
