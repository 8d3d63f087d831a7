import { BOT_CHAT, type View, wecomChat, wecomGroups, wecomPeople, type World } from '../world.ts'
import type { Content, Line, Media } from '../wecom/index.ts'
import { html, type Html } from './html.ts'
import { markdown, WECOM } from './markdown.ts'
import { avatar, clockTime, mediaView, robotAvatar, words } from './parts.ts'
import { viewLink } from './view-link.ts'
import { wecomCard } from './wecom-card.ts'
import { quotable, writeBar } from './write-bar.ts'

const LAST_LINES = 120

/** Whose client this is, and which of the chats is open. */
export function wecomHeadRegion(world: World, view: View): Html {
  const { actor, place } = view.wecom
  if (actor === '') return html`<b>还没有群</b>`
  const groups = wecomGroups(world).map(({ id, name }) => ({ id, name }))
  return html`<nav class="tabs">
      ${[...groups, { id: BOT_CHAT, name: '与机器人单聊' }].map(({ id, name }) =>
        viewLink({ ...view, wecom: { actor, place: id } }, name, {
          id: `wecom-at-${id}`,
          look: 'tab',
          chosen: id === place,
        }),
      )}
    </nav>
    <nav class="actors">
      <small>我是</small>
      ${wecomPeople(world).map(({ id, name }) =>
        viewLink({ ...view, wecom: { actor: id, place } }, html`${avatar(name)}${name}`, {
          id: `wecom-as-${id}`,
          look: 'actor',
          chosen: id === actor,
        }),
      )}
    </nav>`
}

/** What stands in the open chat, as the chosen agent sees it. */
export function wecomFeedRegion(world: World, view: View): Html {
  const lines = wecomChat(world, view.wecom)?.lines.slice(-LAST_LINES) ?? []
  if (lines.length === 0) {
    const inGroup = view.wecom.place !== BOT_CHAT
    const hint = inGroup ? '顾客来消息后，卡片会出现在这里' : '认领后，可在这里直接回复顾客'
    return html`<p class="empty">${hint}</p>`
  }
  return html`${lines.map((line) => drawLine(world, line, view.wecom.actor))}`
}

function drawLine(world: World, line: Line, actor: string): Html {
  const { id, author, atMs } = line
  const isBot = author.kind === 'bot'
  const own = !isBot && author.userid === actor
  const name = isBot ? world.wecom.botName : author.name
  return html`<div class="line ${own ? 'own' : 'other'}" id="wecom-${id}">
    ${isBot ? robotAvatar() : avatar(name)}
    <div class="said">
      <small class="from">
        ${name}${isBot && html`<i class="badge">智能机器人</i>`} <time>${clockTime(atMs)}</time>
      </small>
      ${quotable({ id, name, words: shortWords(line.content) }, drawContent(line, actor))}
    </div>
  </div>`
}

function drawContent(line: Line, actor: string): Html {
  const { content } = line
  const quoted = line.quotes && html`<q>${shortWords(line.quotes.content)}</q>`
  switch (content.kind) {
    case 'text':
      return html`<div class="bubble">${quoted}${withMention(content.text)}</div>`
    case 'markdown':
      return html`<div class="bubble markdown">
        ${quoted}${markdown(content.markdown, WECOM)}${!content.finished && html`<p>…</p>`}
      </div>`
    case 'card':
      return wecomCard(line, content.shown, actor)
    case 'media':
      return drawMedia(line, content.media, 0)
    case 'mixed':
      return html`<div class="bubble">
        ${quoted}${withMention(content.text)}${content.images.map((image, i) =>
          drawMedia(line, image, i),
        )}
      </div>`
  }
}

function withMention(text: string): Html {
  const [, at, rest] = /^(@\S+)([\s\S]*)$/.exec(text) ?? []
  return at === undefined ? words(text) : html`<em class="at">${at}</em>${words(rest ?? '')}`
}

function drawMedia(line: Line, { filename, bytes }: Media, index: number): Html {
  const path = [line.chatId, line.id, index].map((part) => encodeURIComponent(part)).join('/')
  return mediaView({ url: `/media/wecom/${path}`, name: filename, bytes })
}

function shortWords(content: Content): string {
  switch (content.kind) {
    case 'text':
    case 'mixed':
      return content.text
    case 'markdown':
      return content.markdown.replaceAll(/<[^>]*>|[*_`>\\]/g, '').trim()
    case 'card':
      return '[卡片]'
    case 'media':
      return '[文件]'
  }
}

/** Where the chosen agent writes. */
export function wecomBar(world: World, view: View): Html {
  const { actor, place } = view.wecom
  const inGroup = place !== BOT_CHAT
  return writeBar({
    id: 'wecom',
    action: `/wecom/${encodeURIComponent(place)}/write`,
    actor,
    place,
    robot: inGroup ? world.wecom.botName : undefined,
    placeholder: inGroup ? '在群里说点什么…' : '发给机器人…',
  })
}
