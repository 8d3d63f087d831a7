import type { OpenQuota } from '../wechat/quota.ts'
import type { Phone } from '../wechat/phone.ts'
import type { PhoneLine } from '../wechat/model.ts'
import { findPhone, phonesOf, type View, type World } from '../world.ts'
import { html, type Html } from './html.ts'
import { icon } from './icons.ts'
import { avatar, clockTime, dayTime } from './parts.ts'
import { MENU, phoneContent, phoneWords } from './phone-content.ts'
import { viewLink } from './view-link.ts'

const LAST_LINES = 150
/** A time stands above a line when the one before it is older than this. */
const PAUSE_MS = 3 * 60_000

/** The customers to choose from, the one whose phone is shown among them. */
export function customersRegion(world: World, view: View): Html {
  return html`${phonesOf(world).map((phone) => customerTab(phone, view))}`
}

function customerTab(phone: Phone, view: View): Html {
  const last = phone.lines.at(-1)
  const chosen = phone.openid === view.customer
  const words = html`${avatar(phone.name)}
    <span class="who"
      ><b>${phone.name}</b><small>${last ? phoneWords(last) : '还没有消息'}</small></span
    >`
  return viewLink({ ...view, customer: phone.openid }, words, {
    id: `customer-${phone.openid}`,
    look: 'customer',
    chosen,
  })
}

/** Above the talk: the account's name, and what the platform knows about this customer. */
export function phoneHeadRegion(world: World, view: View): Html {
  if (view.customer === '') return html`<b>还没有顾客</b>`
  const { account, phone } = findPhone(world, view.customer)
  const typing = phone.typingUntilMs > account.now()
  return html`<span class="time">${clockTime(account.now())}</span>
    <b>${typing ? '对方正在输入…' : account.name}</b>
    <small class="quota ${phone.follows ? '' : 'off'}">${stateWords(phone)}</small>`
}

function stateWords(phone: Phone): string {
  if (!phone.follows) return '未关注：商家不能发消息'
  const [best] = phone.quota()
  return best ? quotaWords(best) : '商家现在不能主动发消息'
}

function quotaWords({ left, closesAtMs }: OpenQuota): string {
  return `商家还可发 ${Math.max(0, left)} 条，至 ${dayTime(closesAtMs)}`
}

/** The talk itself. */
export function phoneFeedRegion(world: World, view: View): Html {
  if (view.customer === '') return html``
  const { account, phone } = findPhone(world, view.customer)
  const lines = phone.lines.slice(-LAST_LINES)
  if (lines.length === 0) return html`<p class="empty">以顾客 ${phone.name} 的身份发一句话试试</p>`
  return html`${lines.map((line, i) => {
    const before = lines[i - 1]
    const pause = before === undefined || line.atMs - before.atMs > PAUSE_MS
    return html`${pause && timeMark(line)}${phoneLine(line, phone, account.name, account.appid)}`
  })}`
}

function timeMark({ id, atMs }: PhoneLine): Html {
  return html`<p class="mark" id="at-${id}">${clockTime(atMs)}</p>`
}

function phoneLine(line: PhoneLine, phone: Phone, shop: string, appid: string): Html {
  const { id, side, content } = line
  if (content.kind === 'event' || content.kind === 'tip') {
    return html`<p class="mark" id="line-${id}">${phoneWords(line)}</p>`
  }
  const own = side === 'customer'
  const name = own ? phone.name : (line.kfAccount ?? shop)
  return html`<div class="line ${own ? 'own' : 'other'}" id="line-${id}">
    ${avatar(name)}${phoneContent(line, { appid, openid: phone.openid })}
  </div>`
}

/** What a person can do on this phone. */
export function phoneTools(view: View): Html {
  const to = `/phones/${encodeURIComponent(view.customer)}`
  return html`<form class="write" hx-post="${to}/text" hx-swap="none" data-clears>
      <input
        id="phone-text"
        name="text"
        autocomplete="off"
        placeholder="以顾客身份发消息…"
        aria-label="顾客发的文字"
        maxlength="2000"
        required
      />
      <button class="send">发送</button>
    </form>
    <div class="tools">
      ${tool(`${to}/picture`, 'picture', '图片')} ${tool(`${to}/voice`, 'voice', '语音')}
      ${tool(`${to}/location`, 'place', '位置')} ${tool(`${to}/link`, 'link', '链接')}
      ${tool(`${to}/sticker`, 'sticker', '表情')}
      <form
        class="tool"
        hx-post="${to}/file"
        hx-encoding="multipart/form-data"
        hx-trigger="change"
        hx-swap="none"
        data-clears
      >
        <label
          >${icon('upload')}<span>本地文件</span><input type="file" name="file" hidden
        /></label>
      </form>
    </div>`
}

function tool(action: string, name: Parameters<typeof icon>[0], label: string): Html {
  return html`<button class="tool" hx-post="${action}" hx-swap="none">
    ${icon(name)}<span>${label}</span>
  </button>`
}

/** The account's own menu at the foot of the phone, and the button that follows or leaves it. */
export function phoneMenuRegion(world: World, view: View): Html {
  if (view.customer === '') return html``
  const { phone } = findPhone(world, view.customer)
  const to = `/phones/${encodeURIComponent(view.customer)}`
  if (!phone.follows) {
    return html`<button class="follow" hx-post="${to}/follow" hx-swap="none">关注公众号</button>`
  }
  return html`<span class="keyboard">${icon('keyboard')}</span>
    ${MENU.map(
      ({ key, label }) =>
        html`<button hx-post="${to}/menu" hx-vals="${JSON.stringify({ key })}" hx-swap="none">
          ${label}
        </button>`,
    )}
    <button class="leave" hx-post="${to}/unfollow" hx-swap="none">取消关注</button>`
}
