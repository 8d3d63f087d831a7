import { z } from 'zod'
import type { PhoneContent } from './model.ts'

/** What POST /cgi-bin/message/custom/send was asked to show, or the code with which it is refused. */
export type Outgoing = { content: PhoneContent; mediaIds: string[] } | { refused: number }

const MAX_TEXT_BYTES = 2048
/** One article since 2018 by report; old pages say eight. */
const MAX_ARTICLES = 1

const text = z.object({ content: z.string() })
const media = z.object({ media_id: z.string() })
const video = z.object({
  media_id: z.string(),
  thumb_media_id: z.string().optional(),
  title: z.string().optional(),
  description: z.string().optional(),
})
const music = z.object({
  title: z.string().default(''),
  description: z.string().default(''),
  musicurl: z.string(),
  hqmusicurl: z.string(),
  thumb_media_id: z.string(),
})
const article = z.object({
  title: z.string(),
  description: z.string().default(''),
  url: z.string().default(''),
  picurl: z.string().default(''),
})
const news = z.object({ articles: z.array(article) })
const menu = z.object({
  head_content: z.string().default(''),
  list: z.array(z.object({ id: z.coerce.string(), content: z.string() })),
  tail_content: z.string().default(''),
})
const miniprogram = z.object({
  title: z.string(),
  appid: z.string(),
  pagepath: z.string(),
  thumb_media_id: z.string(),
})

/** One row per msgtype; vendor page "发送客服消息", read 2026-09. */
const READERS: Readonly<Record<string, (part: unknown) => Outgoing>> = {
  text: reader(text, ({ content }) => {
    if (content === '') return { refused: 44004 }
    if (Buffer.byteLength(content) > MAX_TEXT_BYTES) return { refused: 45002 }
    return shown({ kind: 'text', text: content })
  }),
  image: reader(media, ({ media_id }) => shown({ kind: 'image', mediaId: media_id }, media_id)),
  voice: reader(media, ({ media_id }) => shown({ kind: 'voice', mediaId: media_id }, media_id)),
  video: reader(video, ({ media_id, thumb_media_id, title = '', description = '' }) => {
    const thumbs = thumb_media_id === undefined ? [] : [thumb_media_id]
    return shown({ kind: 'video', mediaId: media_id, title, description }, media_id, ...thumbs)
  }),
  music: reader(music, ({ title, description, musicurl, thumb_media_id }) =>
    shown({ kind: 'music', title, description, url: musicurl }, thumb_media_id),
  ),
  news: reader(news, ({ articles }) => {
    if (articles.length === 0 || articles.length > MAX_ARTICLES) return { refused: 45008 }
    const list = articles.map(({ picurl, ...rest }) => ({ ...rest, picture: picurl }))
    return shown({ kind: 'news', articles: list })
  }),
  mpnews: reader(media, ({ media_id }) =>
    shown({ kind: 'stored', type: 'mpnews', ref: media_id }, media_id),
  ),
  mpnewsarticle: reader(z.object({ article_id: z.string() }), ({ article_id }) =>
    shown({ kind: 'stored', type: 'mpnewsarticle', ref: article_id }),
  ),
  wxcard: reader(z.object({ card_id: z.string() }), ({ card_id }) =>
    shown({ kind: 'stored', type: 'wxcard', ref: card_id }),
  ),
  msgmenu: reader(menu, ({ head_content, list, tail_content }) => {
    const items = list.map(({ id, content }) => ({ id, text: content }))
    return shown({ kind: 'menu', head: head_content, items, tail: tail_content })
  }),
  miniprogrampage: reader(miniprogram, ({ title, appid, pagepath, thumb_media_id }) =>
    shown(
      { kind: 'miniprogram', title, appId: appid, path: pagepath, thumbMediaId: thumb_media_id },
      thumb_media_id,
    ),
  ),
}

/** Reads the part of the frame that its msgtype names. */
export function readOutgoing(type: string, part: unknown): Outgoing {
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined
  return read === undefined ? { refused: 40008 } : read(part)
}

function reader<Part>(
  schema: z.ZodType<Part>,
  read: (part: Part) => Outgoing,
): (part: unknown) => Outgoing {
  return (part) => {
    const parsed = schema.safeParse(part)
    return parsed.success ? read(parsed.data) : { refused: 47001 }
  }
}

function shown(content: PhoneContent, ...mediaIds: string[]): Outgoing {
  return { content, mediaIds }
}
