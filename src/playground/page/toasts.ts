import { html, type Html } from './html.ts'
import { icon } from './icons.ts'

/** Words that only the one who pressed sees, for a few seconds. */
export function toast(words: string, look: 'plain' | 'bad'): Html {
  return onTop(html`<p class="toast ${look}">${words}</p>`)
}

/** A code to bind a group with, kept until it is closed. */
export function bindCodeNote(code: string): Html {
  const command = `绑定 ${code}`
  return onTop(
    html`<div class="toast note">
      <button type="button" class="shut" data-shuts aria-label="关闭">${icon('close')}</button>
      <p>在要绑定的群里 @机器人 发送：</p>
      <p class="code"><code>${command}</code></p>
      <p>
        <button type="button" data-fills="ding" data-text="${command}">填到钉钉输入框</button>
        <button type="button" data-fills="wecom" data-text="${command}">填到企微输入框</button>
      </p>
      <small>10 分钟内有效，只能用一次</small>
    </div>`,
  )
}

const onTop = (inside: Html): Html =>
  html`<hx-partial hx-target="#toasts" hx-swap="beforeend">${inside}</hx-partial>`
