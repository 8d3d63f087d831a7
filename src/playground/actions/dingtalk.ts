import { sniff } from '#src/platform/sniff.ts'
import type { ClickOutcome, Written } from '../dingtalk/index.ts'
import { isPicture } from '../page/parts.ts'
import { BOT_CHAT, type World } from '../world.ts'
import { type Action, need, PageError, type SentFile } from './form.ts'

/** What agents do in their DingTalk clients. */
export function dingtalkActions({ dingtalk }: World): Readonly<Record<string, Action>> {
  return {
    '/dingtalk/:place/write': ({ place = '' }, { fields, file }) => {
      const actor = need(fields, 'actor')
      const quote = fields.get('quote') ?? ''
      const written = {
        ...compose(fields.get('text')?.trim() ?? '', file),
        ...(quote !== '' && { quote }),
      }
      if (place === BOT_CHAT) {
        dingtalk.people.writeToBot(actor, written)
        return undefined
      }
      const atBot = fields.get('atBot') === 'yes'
      const { heard } = dingtalk.people.writeInGroup(actor, place, { ...written, atBot })
      return atBot && !heard ? '群里的机器人收不到文件：请改发图片，或与机器人单聊' : undefined
    },
    '/dingtalk/cards/:card/click': async ({ card = '' }, { fields }) =>
      outcomeWords(
        await dingtalk.people.click(need(fields, 'actor'), card, need(fields, 'button')),
      ),
    '/dingtalk/cards/:card/submit': async ({ card = '' }, { fields }) => {
      const filled = Object.fromEntries(
        [...fields]
          .filter(([name]) => name.startsWith('field:'))
          .map(([name, value]) => [name.slice('field:'.length), value]),
      )
      const { people } = dingtalk
      return outcomeWords(
        await people.submit(need(fields, 'actor'), card, need(fields, 'formId'), filled),
      )
    },
  }
}

function compose(text: string, file: SentFile | undefined): Written {
  if (!file) {
    if (text === '') throw new PageError('请输入内容')
    return { text }
  }
  const { type } = sniff(file.bytes, file.name)
  if (isPicture(type)) return { text, pictures: [{ ...file, type }] }
  if (type === 'audio/amr') return { audio: { ...file, type } }
  if (type === 'video/mp4') return { video: { ...file, type } }
  return { file: { ...file, type } }
}

/** What the client pops up for the clicker alone. */
function outcomeWords({ toast, late }: ClickOutcome): string | undefined {
  return toast ?? (late ? '操作超时' : undefined)
}
