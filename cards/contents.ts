import type { Content, MediaContent } from '#src/domain/content.ts'
import { reasonWords } from './reasons.ts'

const mediaWords = { image: '图片', voice: '语音', video: '视频', file: '文件' } as const

const unsupportedWords: Readonly<Record<string, string>> = { sticker: '表情', file: '文件' }

/** A message in plain words, for a line or a card. */
export function contentWords(content: Content): string {
  switch (content.kind) {
    case 'text':
      return content.text
    case 'image':
    case 'voice':
    case 'video':
    case 'file':
      return [mediaPlace(content), content.transcript ?? ''].filter(Boolean).join(' ')
    case 'location':
      return `〔位置〕${content.label}（${content.latitude}, ${content.longitude}）`
    case 'link':
      return ['〔链接〕', content.title, content.description, content.url].filter(Boolean).join(' ')
    case 'miniprogram':
      return `〔小程序〕${content.title}`
    case 'menu':
      return [
        content.head,
        ...content.items.map((item, i) => `${i + 1}. ${item.text}`),
        content.tail,
      ]
        .filter(Boolean)
        .join('\n')
    case 'unsupported':
      return `〔${unsupportedWords[content.type] ?? content.type}〕暂不支持显示，请顾客改发文字或图片`
  }
}

function mediaPlace(content: MediaContent): string {
  const kind = mediaWords[content.kind]
  const length = content.durationMs ? ` ${Math.ceil(content.durationMs / 1000)} 秒` : ''
  const name = content.file?.name ? ` ${content.file.name}` : ''
  if (content.lost !== undefined) return `〔${kind}〕${reasonWords(content.lost)}`
  return content.file ? `〔${kind}${length}〕${name}`.trim() : `〔${kind}${length}〕正在取`
}

/** Beside the line of a file that a group cannot show. */
export function notShownWords(why: 'too-large' | 'refused', link: string | undefined): string {
  const problem = why === 'too-large' ? '文件太大，群里放不下' : '群里无法显示这个文件'
  return link === undefined
    ? `（${problem}，请顾客换一种方式发送）`
    : `（${problem}，请点开查看：${link}）`
}
