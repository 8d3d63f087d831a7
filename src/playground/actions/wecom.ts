import { sniff } from '#src/platform/sniff.ts'
import { isPicture } from '../page/parts.ts'
import type { ClickOutcome, Line, Media, Wecom } from '../wecom/index.ts'
import { BOT_CHAT, type World } from '../world.ts'
import { type Action, need, PageError, type SentFile } from './form.ts'

const ROBOT_AWAY = '机器人不在线，没有收到'

/** What agents do in their WeCom clients. */
export function wecomActions({ wecom }: World): Readonly<Record<string, Action>> {
  return {
    '/wecom/:place/write': ({ place = '' }, { fields, file }) => {
      const actor = need(fields, 'actor')
      const text = fields.get('text')?.trim() ?? ''
      if (text === '' && !file) throw new PageError('请输入内容')
      const quoteId = fields.get('quote') ?? ''
      const chatId = place === BOT_CHAT ? actor : place
      const quote = quoteId === '' ? undefined : findLine(wecom, chatId, quoteId)
      if (place === BOT_CHAT) return writeToBot(wecom, actor, text, file, quote)
      if (fields.get('atBot') === 'yes') return mention(wecom, place, actor, text, file, quote)
      if (file) wecom.members.post(place, actor, mediaOf(file))
      if (text !== '') wecom.members.say(place, actor, text)
      return undefined
    },
    '/wecom/:chat/lines/:line/click': async ({ chat = '', line = '' }, { fields }) => {
      const clicked = findLine(wecom, chat, line)
      return outcomeWords(
        await wecom.members.click(need(fields, 'actor'), clicked, need(fields, 'key')),
      )
    },
  }
}

/** A mention carries pictures at most: another file is posted first and then quoted, as people do it. */
function mention(
  wecom: Wecom,
  place: string,
  actor: string,
  text: string,
  file: SentFile | undefined,
  quote: Line | undefined,
): string | undefined {
  const { members } = wecom
  const media = file && mediaOf(file)
  const options = quote ? { quote } : {}
  if (!media) return heard(members.mention(place, actor, text, options))
  if (media.type === 'image') {
    return heard(members.mentionWithPictures(place, actor, text, [media], options))
  }
  members.post(place, actor, media)
  return '文件已发到群里；引用它并 @机器人 #编号，才会发给顾客'
}

function writeToBot(
  { members }: Wecom,
  actor: string,
  text: string,
  file: SentFile | undefined,
  quote: Line | undefined,
): string | undefined {
  const words = file && heard(members.send(actor, mediaOf(file)))
  return text === '' ? words : heard(members.write(actor, text, quote))
}

const heard = ({ told }: { told: boolean }): string | undefined => (told ? undefined : ROBOT_AWAY)

function mediaOf({ bytes, name }: SentFile): Media {
  const { type } = sniff(bytes, name)
  const kind = isPicture(type)
    ? 'image'
    : type === 'audio/amr'
      ? 'voice'
      : type === 'video/mp4'
        ? 'video'
        : 'file'
  return { type: kind, filename: name, bytes }
}

/** @throws {PageError} when it is not there */
export function findLine({ rooms }: Wecom, chatId: string, lineId: string): Line {
  const line = rooms.chats.get(chatId)?.lines.find(({ id }) => id === lineId)
  if (!line) throw new PageError('这条消息已经不在了')
  return line
}

function outcomeWords(outcome: ClickOutcome): string | undefined {
  if (outcome.kind === 'unanswered') return '操作超时，请重试'
  return outcome.kind === 'lost' ? ROBOT_AWAY : undefined
}
