import { readFile } from 'node:fs/promises'
import { sniff } from '#src/platform/sniff.ts'
import { isPicture } from '../page/parts.ts'
import type { Phone } from '../wechat/phone.ts'
import { findPhone, phonesOf, type World } from '../world.ts'
import { type Action, need, PageError, type SentFile } from './form.ts'

const sample = (name: string): Promise<Buffer> =>
  readFile(new URL(`../samples/${name}`, import.meta.url))

/** What a sticker of their own becomes on its way to an account: words of the platform's. */
const STICKER_WORDS = '【收到不支持的消息类型，暂无法显示】'

const NEW_NAMES = ['果果', '老周', '小满', '阿哲', '晓雯', '大鹏', '圆圆', '子涵']

/** What customers do on their phones. None waits for the account's server: the phone does not either. */
export function phoneActions(world: World): Readonly<Record<string, Action>> {
  const on =
    (act: (phone: Phone, fields: ReadonlyMap<string, string>) => Promise<unknown>): Action =>
    ({ openid = '' }, { fields }) =>
      settle(act(findPhone(world, openid).phone, fields))
  const withSample =
    (name: string, act: (phone: Phone, bytes: Buffer) => Promise<unknown>): Action =>
    async ({ openid = '' }) => {
      const bytes = await sample(name)
      return settle(act(findPhone(world, openid).phone, bytes))
    }
  return {
    '/customers': () => addCustomer(world),
    '/phones/:openid/text': on((phone, fields) => phone.text(need(fields, 'text'))),
    '/phones/:openid/picture': withSample('picture.jpg', (phone, bytes) => phone.image(bytes)),
    '/phones/:openid/voice': withSample('voice.amr', (phone, bytes) => phone.voice(bytes)),
    '/phones/:openid/location': on((phone) =>
      phone.location(30.2741, 120.1551, '浙江省杭州市西湖区文三路 90 号'),
    ),
    '/phones/:openid/link': on((phone) =>
      phone.link('青瓷马克杯 350ml', '旗舰店 · 已售 2000+', 'https://shop.example/items/1024'),
    ),
    '/phones/:openid/sticker': on((phone) =>
      phone.write({
        type: 'text',
        fields: { Content: STICKER_WORDS },
        content: { kind: 'other', type: 'sticker' },
      }),
    ),
    '/phones/:openid/file': ({ openid = '' }, { file }) => {
      if (!file) throw new PageError('请选择一个文件')
      return settle(sendFile(findPhone(world, openid).phone, file))
    },
    '/phones/:openid/menu': on((phone, fields) => phone.click(need(fields, 'key'))),
    '/phones/:openid/choose': on((phone, fields) => {
      const line = phone.lines.find(({ id }) => String(id) === need(fields, 'line'))
      if (!line) throw new PageError('这条消息已经不在了')
      return phone.choose(line, need(fields, 'item'))
    }),
    '/phones/:openid/follow': on((phone) => phone.subscribe()),
    '/phones/:openid/unfollow': on((phone) => phone.unsubscribe()),
  }
}

/** A new customer follows the first account. */
function addCustomer(world: World): string {
  const [account] = world.wechat.accounts
  if (!account) throw new PageError('没有公众号')
  const taken = new Set(phonesOf(world).map(({ name }) => name))
  const name = NEW_NAMES.find((one) => !taken.has(one)) ?? `顾客 ${taken.size + 1}`
  const phone = account.addPhone({ name, remark: name, follows: false })
  void settle(phone.subscribe())
  return `${name} 关注了公众号`
}

function sendFile(phone: Phone, { bytes, name }: SentFile): Promise<unknown> {
  const { type } = sniff(bytes, name)
  if (isPicture(type)) return phone.image(bytes)
  if (type === 'audio/amr') return phone.voice(bytes)
  if (type === 'video/mp4') return phone.video(bytes)
  return phone.file(bytes, name)
}

/**
 * Waits for a mistake only as long as one shows at once. The message stands on the phone by now; what becomes of it
 * is seen there.
 */
async function settle(act: Promise<unknown>): Promise<undefined> {
  const started = new Promise<void>((resolve) => setImmediate(resolve))
  await Promise.race([act, started])
  act.catch(() => undefined) // the stand-in was stopped while it was under way
  return undefined
}
