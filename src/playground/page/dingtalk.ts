import type { EntryView, PlaceView } from '../dingtalk/index.ts'
import {
  BOT_CHAT,
  dingtalkGroups,
  dingtalkPeople,
  dingtalkPlace,
  dingtalkRobot,
  type View,
  type World,
} from '../world.ts'
import { dingtalkCard } from './dingtalk-card.ts'
import { html, type Html } from './html.ts'
import { DINGTALK, markdown } from './markdown.ts'
import { avatar, clockTime, mediaView, robotAvatar, voiceView, words } from './parts.ts'
import { quotable, writeBar } from './write-bar.ts'
import { viewLink } from './view-link.ts'

const LAST_ENTRIES = 120

/** Whose client this is, and which of the chats is open. */
export function dingtalkHeadRegion(world: World, view: View): Html {
  const { actor, place } = view.dingtalk
  if (actor === '') return html`<b>还没有群</b>`
  const tabs = [...dingtalkGroups(world), { id: BOT_CHAT, name: '与机器人单聊' }]
  return html`<nav class="tabs">
      ${tabs.map(({ id, name }) =>
        viewLink({ ...view, dingtalk: { actor, place: id } }, name, {
          id: `ding-at-${id}`,
          look: 'tab',
          chosen: id === place,
        }),
      )}
    </nav>
    <nav class="actors">
      <small>我是</small>
      ${dingtalkPeople(world).map(({ id, name }) =>
        viewLink({ ...view, dingtalk: { actor: id, place } }, html`${avatar(name)}${name}`, {
          id: `ding-as-${id}`,
          look: 'actor',
          chosen: id === actor,
        }),
      )}
    </nav>`
}

/** What stands in the open chat, as the chosen agent sees it. */
export function dingtalkFeedRegion(world: World, view: View): Html {
  if (view.dingtalk.actor === '') return html``
  const seen = dingtalkPlace(world, view.dingtalk, LAST_ENTRIES)
  if (seen.entries.length === 0) return html`<p class="empty">${emptyWords(seen)}</p>`
  return html`${seen.entries.map((entry) => drawEntry(world, entry, view.dingtalk.actor))}`
}

function emptyWords({ kind, disbanded }: PlaceView): string {
  if (disbanded) return '群已解散'
  return kind === 'group' ? '顾客来消息后，卡片会出现在这里' : '认领后，可在这里直接回复顾客'
}

function drawEntry(world: World, entry: EntryView, actor: string): Html {
  const { id, from, at } = entry
  if (entry.recalled) return html`<p class="mark" id="entry-${id}">${from.name} 撤回了一条消息</p>`
  const own = from.userId === actor
  return html`<div class="line ${own ? 'own' : 'other'}" id="entry-${id}">
    ${from.robot ? robotAvatar() : avatar(from.name)}
    <div class="said">
      <small class="from">
        ${from.name}${from.robot && html`<i class="badge">机器人</i>`} <time>${clockTime(at)}</time>
      </small>
      ${quotable({ id, words: shortWords(entry), name: from.name }, drawContent(world, entry, actor))}
    </div>
  </div>`
}

function drawContent(world: World, entry: EntryView, actor: string): Html {
  const { content, quotes, atBot, card } = entry
  if (content.type === 'card') {
    return card ? dingtalkCard(card, actor) : html`<div class="bubble">内容加载失败</div>`
  }
  const quoted = quotes && html`<q>${quotes.words}</q>`
  const at = atBot && html`<em class="at">@${dingtalkRobot(world)}</em> `
  switch (content.type) {
    case 'text':
      return html`<div class="bubble">${quoted}${at}${words(content.text)}</div>`
    case 'markdown':
      return html`<div class="bubble markdown">${quoted}${markdown(content.text, DINGTALK)}</div>`
    case 'richText':
      return html`<div class="bubble">
        ${quoted}${at}${content.parts.map((part) =>
          'text' in part ? words(part.text) : file(world, part.fileId),
        )}
      </div>`
    case 'picture':
      return content.fileId === undefined
        ? pictureAt(content.url ?? '')
        : file(world, content.fileId)
    case 'audio':
      return html`<div class="bubble">${voiceView(fileUrl(content.fileId))}</div>`
    case 'video':
    case 'file':
      return file(world, content.fileId)
    case 'other':
      return html`<div class="bubble">[${content.msgKey}]</div>`
  }
}

const fileUrl = (id: string): string => `/media/dingtalk/${encodeURIComponent(id)}`

function file(world: World, id: string): Html {
  const kept = world.dingtalk.file(id)
  if (!kept) return html`<div class="bubble">[文件已失效]</div>`
  return mediaView({ url: fileUrl(id), name: kept.name, bytes: kept.bytes })
}

/** A picture that lies elsewhere. */
function pictureAt(url: string): Html {
  if (!/^https?:/.test(url)) return html`<div class="bubble">[图片]</div>`
  return html`<a class="picture" href="${url}" target="_blank"><img src="${url}" alt="图片" /></a>`
}

function shortWords({ content }: EntryView): string {
  switch (content.type) {
    case 'text':
      return content.text
    case 'markdown':
      return content.text.replaceAll(/[*#>`\\]/g, '').trim()
    case 'card':
      return '[卡片]'
    case 'richText':
      return content.parts.map((part) => ('text' in part ? part.text : '[图片]')).join('')
    default:
      return '[文件]'
  }
}

/** Where the chosen agent writes. */
export function dingtalkBar(world: World, view: View): Html {
  const { actor, place } = view.dingtalk
  const inGroup = place !== BOT_CHAT
  return writeBar({
    id: 'ding',
    action: `/dingtalk/${encodeURIComponent(place)}/write`,
    actor,
    place,
    robot: inGroup ? dingtalkRobot(world) : undefined,
    placeholder: inGroup ? '在群里说点什么…' : '发给机器人…',
  })
}
