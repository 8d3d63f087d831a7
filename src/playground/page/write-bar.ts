import { html, type Html } from './html.ts'
import { icon } from './icons.ts'

export interface WriteBar {
  id: 'ding' | 'wecom'
  action: string
  actor: string
  place: string
  /** Name of the robot to mention; undefined in a single chat, where all goes to it. */
  robot: string | undefined
  placeholder: string
}

/** Where an agent writes: words or a file, with or without a mention, perhaps as an answer to a line. */
export function writeBar({ id, action, actor, place, robot, placeholder }: WriteBar): Html {
  return html`<form
    class="write"
    id="${id}-bar-${place}-${actor}"
    hx-post="${action}"
    hx-encoding="multipart/form-data"
    hx-swap="none"
    data-clears
  >
    <input type="hidden" name="actor" value="${actor}" />
    <input type="hidden" name="quote" value="" />
    <div class="quoting" hidden>
      <span></span><button type="button" data-unquote aria-label="不引用">${icon('close')}</button>
    </div>
    ${robot !== undefined && mention(robot)}
    <input
      name="text"
      id="${id}-text-${place}-${actor}"
      autocomplete="off"
      placeholder="${placeholder}"
      aria-label="客服说的话"
      maxlength="4000"
    />
    <label class="attach" title="图片或文件">
      ${icon('upload')}<input type="file" name="file" hidden /><span></span>
    </label>
    <button class="send">发送</button>
  </form>`
}

function mention(robot: string): Html {
  return html`<label class="mention" title="不 @ 机器人的话，只有同事看得到">
    <input type="checkbox" name="atBot" value="yes" checked /><span>@${robot}</span>
  </label>`
}

export interface Quotable {
  id: string
  /** Who said it, and what, in short. */
  name: string
  words: string
}

/** What has been said, with a button that quotes it in the bar of the same pane. */
export function quotable({ id, name, words }: Quotable, content: Html): Html {
  const short = Array.from(words).slice(0, 60).join('')
  return html`<div class="quotable" data-quote="${id}" data-words="${name}：${short}">
    ${content}
    <button type="button" class="quote-it" aria-label="引用这条消息" title="引用">
      ${icon('quote')}
    </button>
  </div>`
}
