import type { PhoneContent, PhoneLine } from '../wechat/model.ts'
import { html, type Html } from './html.ts'
import { icon } from './icons.ts'
import { voiceView, words } from './parts.ts'

/** The menu that the merchant has set up in 公众平台. */
export const MENU = [
  { key: 'service', label: '联系客服' },
  { key: 'orders', label: '我的订单' },
] as const

interface Owner {
  appid: string
  openid: string
}

/** One line of the talk as WeChat draws it, beside the head of who sent it. */
export function phoneContent({ id, content, side }: PhoneLine, owner: Owner): Html {
  const media = (mediaId: string): string =>
    `/media/wechat/${encodeURIComponent(owner.appid)}/${encodeURIComponent(mediaId)}`
  switch (content.kind) {
    case 'text':
      return html`<div class="bubble">${words(content.text)}</div>`
    case 'image':
      return html`<a class="photo" href="${media(content.mediaId)}" target="_blank">
        <img src="${media(content.mediaId)}" alt="图片" />
      </a>`
    case 'voice':
      return html`<div class="bubble">${voiceView(media(content.mediaId))}</div>`
    case 'video':
    case 'shortvideo':
      return html`<video class="photo" controls src="${media(content.mediaId)}"></video>`
    case 'file':
      return html`<a class="sheet" href="${media(content.mediaId)}" download>
        <b>${icon('file')} 文件</b><small>点击保存</small>
      </a>`
    case 'location':
      return html`<div class="sheet place">
        <b>${content.label}</b><small>${content.latitude}, ${content.longitude}</small>
        <span class="map">${icon('place')}</span>
      </div>`
    case 'link':
      return article(content.title, content.description, '', content.url)
    case 'news':
      return html`${content.articles.map(({ title, description, picture, url }) =>
        article(title, description, picture, url),
      )}`
    case 'music':
      return article(content.title, content.description, '', content.url)
    case 'menu':
      return menu(content, id, owner)
    case 'miniprogram':
      return html`<div class="sheet"><small>小程序</small><b>${content.title}</b></div>`
    case 'other':
      return side === 'customer' && content.type === 'sticker'
        ? html`<div class="sticker">${icon('sticker')}</div>`
        : html`<div class="bubble">[${content.type}]</div>`
    case 'stored':
      return html`<div class="sheet"><b>[${content.type}]</b></div>`
    case 'event':
    case 'tip':
      return html``
  }
}

function article(title: string, description: string, picture: string, url: string): Html {
  const about = html`<b>${title}</b><small>${description}</small>`
  const image = picture !== '' && html`<img src="${picture}" alt="" />`
  if (!/^https?:/.test(url)) return html`<div class="sheet">${about}${image}</div>`
  return html`<a class="sheet" href="${url}" target="_blank" rel="noreferrer">${about}${image}</a>`
}

function menu(
  { head, items, tail }: Extract<PhoneContent, { kind: 'menu' }>,
  line: number,
  { openid }: Owner,
): Html {
  const to = `/phones/${encodeURIComponent(openid)}/choose`
  return html`<div class="bubble menu">
    ${head !== '' && html`<p>${words(head)}</p>`}
    ${items.map(
      ({ id, text }) =>
        html`<button
          hx-post="${to}"
          hx-vals="${JSON.stringify({ line: String(line), item: id })}"
          hx-swap="none"
        >
          ${text}
        </button>`,
    )}
    ${tail !== '' && html`<p>${words(tail)}</p>`}
  </div>`
}

/** A line in a few words, for the list of customers and for the grey marks. */
export function phoneWords({ content }: PhoneLine): string {
  switch (content.kind) {
    case 'text':
    case 'tip':
      return content.text
    case 'event':
      return eventWords(content.event, content.key)
    case 'image':
      return '[图片]'
    case 'voice':
      return '[语音]'
    case 'video':
    case 'shortvideo':
      return '[视频]'
    case 'file':
      return '[文件]'
    case 'location':
      return '[位置]'
    case 'link':
    case 'news':
    case 'music':
      return '[链接]'
    case 'menu':
      return '[菜单]'
    case 'miniprogram':
      return '[小程序]'
    case 'stored':
    case 'other':
      return content.type === 'sticker' ? '[表情]' : `[${content.type}]`
  }
}

function eventWords(event: string, key: string): string {
  if (event === 'subscribe') return '关注了公众号'
  if (event === 'unsubscribe') return '取消了关注'
  if (event === 'CLICK') {
    return `点了菜单“${MENU.find((item) => item.key === key)?.label ?? key}”`
  }
  if (event === 'SCAN') return '扫了带参数的二维码'
  return `[${event}]`
}
