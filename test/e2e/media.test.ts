import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import type { EntryContent } from '#src/playground/dingtalk/index.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { answersTo, inShop, type Shop } from '#test/support/product.ts'
import { until } from '#test/support/until.ts'

const sample = (name: string): Buffer =>
  readFileSync(new URL(`../../src/playground/samples/${name}`, import.meta.url))

const PICTURE = sample('picture.jpg')
const VOICE = sample('voice.amr')
/** Enough of an MP4 for its type to be told. */
const VIDEO = Buffer.concat([
  Buffer.from([0, 0, 0, 24]),
  Buffer.from('ftypisom\0\0\0\0isommp42', 'latin1'),
  Buffer.alloc(2000, 1),
])

/** What stands in both groups, oldest first, in short: `[image]` for a file, the words for a line. */
function feeds(shop: Shop): { ding: string[]; wecom: string[] } {
  return {
    ding: shop.ding.entries().flatMap(({ from, content }) => (from.robot ? inShort(content) : [])),
    wecom: shop.wecom.chat.lines.flatMap(({ author, content }) => {
      if (author.kind !== 'bot') return []
      if (content.kind === 'media') return [`[${content.media.type}]`]
      return content.kind === 'markdown' ? content.markdown.split('\n\n') : []
    }),
  }
}

function inShort(content: EntryContent): string[] {
  if (content.type === 'picture') return ['[image]']
  if (content.type === 'audio') return ['[voice]']
  if (content.type === 'video' || content.type === 'file') return [`[${content.type}]`]
  return content.type === 'text' ? content.text.split('\n') : []
}

/** Only what belongs to conversations: numbered lines, and files. */
const talk = (feed: readonly string[]): string[] =>
  feed.filter((line) => line.startsWith('〔#') || line.startsWith('['))

const withoutMarker = (line: string): string =>
  line.replace(/^〔#[^〕]+〕/, '').replace(/\*\*/g, '')

/** The words of the lines, the customer's made-up name left out. */
const said = (feed: readonly string[]): string[] =>
  talk(feed).map((line) => withoutMarker(line).replace(/^客户-[0-9A-Z]+：/, ''))

async function hold(shop: Shop, user: 'zhangsan' | 'wangwu'): Promise<string> {
  await shop.customer().text('请接待。')
  if (user === 'zhangsan') await shop.ding.press(user, '请接待。', 'claim')
  else await shop.wecom.press(user, '请接待。', '认领')
  const lane = contactLane('shop' as AccountId, shop.customer().openid)
  const held = await until('it is held', async () => {
    const now = await shop.product.store.read.conversation(lane)
    return now?.status === 'held' && now
  })
  return held.marker
}

/** The bytes of the last picture that the customer got. */
function lastPicture(shop: Shop): Buffer | undefined {
  const last = shop.customer().answers().at(-1)?.content
  if (last?.kind !== 'image') return undefined
  const account = shop.world.wechat.account(shop.world.appid)
  return account.media.get(last.mediaId, account.now())?.bytes
}

const wechatFault = (shop: Shop, rule: Parameters<typeof shop.world.wechat.faults.add>[0]) =>
  shop.world.wechat.faults.add(rule)

describe.concurrent('a customer’s', () => {
  it('picture stands in both groups as a picture with its marked line, before what was said after it', () =>
    inShop({}, async (shop) => {
      await shop.customer().image(PICTURE)
      await shop.customer().text('就是这个。')
      await shop.idle()
      const { ding, wecom } = feeds(shop)
      expect(said(wecom)).toEqual(['[image]', '［图片］', '就是这个。'])
      expect(said(ding)).toEqual(['[image]', '［图片］'])
      const card = await shop.ding.card('就是这个。')
      expect(talkOf(card.values).map((line) => line.slice(line.indexOf('：') + 1))).toEqual([
        '［图片］',
        '就是这个。',
      ])
      const shown = shop.wecom.chat.lines.find(({ content }) => content.kind === 'media')
      expect(shown?.content.kind === 'media' && shown.content.media.bytes).toEqual(PICTURE)
      expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 2 })
    }))

  it('picture that takes long is announced, does not hold up the words behind it, and follows', () =>
    inShop({ config: { media: { waitMs: 150 } } }, async (shop) => {
      wechatFault(shop, { call: 'media/get', fault: { kind: 'delay', ms: 700 }, times: 1 })
      await shop.customer().image(PICTURE)
      await shop.customer().text('看到了吗。')
      await shop.idle()
      const { ding, wecom } = feeds(shop)
      expect(said(wecom)).toEqual(['［图片］正在取', '看到了吗。', '[image]', '［图片］'])
      expect(said(ding)).toEqual(['[image]', '［图片］'])
      expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 2, waiting: 0 })
    }))

  it('picture that fails at first is fetched again', () =>
    inShop({}, async (shop) => {
      wechatFault(shop, {
        call: 'media/get',
        fault: { kind: 'status', status: 500, body: '' },
        times: 2,
      })
      await shop.customer().image(PICTURE)
      await shop.letPass(300)
      expect(said(feeds(shop).wecom).slice(-2)).toEqual(['[image]', '［图片］'])
    }))

  it('picture that the platform no longer has is said to be so', () =>
    inShop({}, async (shop) => {
      wechatFault(shop, { call: 'media/get', fault: { kind: 'errcode', code: 40007 }, times: 1 })
      await shop.customer().image(PICTURE)
      await shop.idle()
      expect(said(feeds(shop).wecom)).toEqual(['［图片］文件在平台上已过期，请顾客重发'])
      const card = await shop.ding.card('文件在平台上已过期')
      expect(talkOf(card.values)).toHaveLength(1)
      expect(await shop.ledger()).toMatchObject({ received: 1, relayed: 1 })
    }))

  it('picture that is too large is not kept, and said to be so', () =>
    inShop({ config: { media: { maxBytes: 1024 * 1024 } } }, async (shop) => {
      await shop.customer().image(Buffer.concat([PICTURE, Buffer.alloc(1024 * 1024)]))
      await shop.idle()
      expect(said(feeds(shop).wecom)).toEqual(['［图片］文件超过大小上限，没有保存'])
    }))

  it('voice and video stand in both groups, in order', () =>
    inShop({}, async (shop) => {
      await shop.customer().voice(VOICE)
      await shop.customer().video(VIDEO)
      await shop.customer().text('听完看完。')
      await shop.idle()
      const { ding, wecom } = feeds(shop)
      expect(said(wecom)).toEqual(['[voice]', '［语音］', '[video]', '［视频］', '听完看完。'])
      expect(said(ding)).toEqual(['[voice]', '［语音］', '[video]', '［视频］'])
    }))

  it('thirty quick words behind a slow picture are all there, in order', () =>
    inShop({ config: { media: { waitMs: 1500 } } }, async (shop) => {
      wechatFault(shop, { call: 'media/get', fault: { kind: 'delay', ms: 2500 }, times: 1 })
      const words = Array.from({ length: 30 }, (_, i) => `急${i + 1}。`)
      const sent = [
        shop.customer().image(PICTURE),
        ...words.map((one) => shop.customer().text(one)),
      ]
      await Promise.all(sent)
      await shop.idle()
      const lines = said(feeds(shop).wecom).filter((line) => line.startsWith('急'))
      expect(lines).toEqual(words)
      // Each stands on a drawing of the card, or in a line beside it.
      const seen = [
        ...said(feeds(shop).ding),
        ...shop.ding.drawings().flatMap(({ lines }) => lines),
      ]
      for (const one of words) expect(seen.some((line) => line.endsWith(one))).toBe(true)
      expect(await shop.ledger()).toMatchObject({ received: 31, relayed: 31 })
    }))
})

describe.concurrent('an upload to WeCom', () => {
  it.each(['aibot_upload_media_init', 'aibot_upload_media_chunk', 'aibot_upload_media_finish'])(
    'that is cut at %s is made again: one picture, one line',
    (call) =>
      inShop({ bind: ['wecom'] }, async (shop) => {
        shop.world.wecom.faults.add({ call, fault: { kind: 'cut' }, times: 1 })
        await shop.customer().image(PICTURE)
        await shop.idle()
        expect(said(feeds(shop).wecom)).toEqual(['[image]', '［图片］'])
      }),
  )

  it('whose picture arrives and whose caption is cut shows the picture once', () =>
    inShop({ bind: ['wecom'] }, async (shop) => {
      await shop.customer().text('热身。')
      await shop.idle()
      const { faults } = shop.world.wecom
      // The picture itself is the first push, its caption the second.
      faults.add({ call: 'aibot_send_msg', fault: { kind: 'delay', ms: 0 }, times: 1 })
      faults.add({ call: 'aibot_send_msg', fault: { kind: 'cut' }, times: 1 })
      await shop.customer().image(PICTURE)
      await shop.idle()
      expect(said(feeds(shop).wecom)).toEqual(['热身。', '[image]', '［图片］'])
    }))
})

describe.concurrent('an agent’s picture', () => {
  it('from the DingTalk group reaches the phone, with the words before it', () =>
    inShop({}, async (shop) => {
      const marker = await hold(shop, 'zhangsan')
      const picture = { bytes: PICTURE, type: 'image/jpeg' }
      shop.ding.says('zhangsan', `#${marker} 给您看`, { pictures: [picture] })
      await until('the picture arrives', () => answersTo(shop.customer()).length === 2)
      expect(answersTo(shop.customer())).toEqual(['给您看', 'image'])
      expect(lastPicture(shop)).toEqual(PICTURE)
      await shop.ding.card('［图片］（已提交）')
    }))

  it('from the WeCom group reaches the phone, with the words before it', () =>
    inShop({}, async (shop) => {
      await hold(shop, 'wangwu')
      const line = await shop.wecom.line('请接待。')
      const picture = { filename: 'a.jpg', bytes: PICTURE }
      const { members } = shop.world.wecom
      members.mentionWithPictures(shop.wecom.id, 'wangwu', '给您看', [picture], { quote: line })
      await until('the picture arrives', () => answersTo(shop.customer()).length === 2)
      expect(answersTo(shop.customer())).toEqual(['给您看', 'image'])
      expect(lastPicture(shop)).toEqual(PICTURE)
    }))

  it('from a single chat with the bot reaches the phone, in both workplaces', () =>
    inShop({}, async (shop) => {
      await hold(shop, 'zhangsan')
      const { people } = shop.world.dingtalk
      people.writeToBot('zhangsan', { pictures: [{ bytes: PICTURE, type: 'image/jpeg' }] })
      await until('it arrives', () => answersTo(shop.customer()).length === 1)
      shop.ding.says('zhangsan', '转 wangwu')
      await shop.wecom.line('已转给 wangwu')
      const media = { type: 'image', filename: 'b.jpg', bytes: PICTURE } as const
      shop.world.wecom.members.send('wangwu', media)
      await until('it arrives', () => answersTo(shop.customer()).length === 2)
      shop.world.wecom.members.write('wangwu', '两张都到了吗')
      await until('words arrive', () => answersTo(shop.customer()).length === 3)
      expect(answersTo(shop.customer())).toEqual(['image', 'image', '两张都到了吗'])
      expect(lastPicture(shop) ?? PICTURE).toEqual(PICTURE)
    }))

  it('of somebody who does not hold the conversation goes nowhere', () =>
    inShop({}, async (shop) => {
      const marker = await hold(shop, 'zhangsan')
      const picture = { bytes: PICTURE, type: 'image/jpeg' }
      shop.ding.says('lisi', `#${marker} 我也发`, { pictures: [picture] })
      await until('it is refused', () =>
        shop.ding.texts().some((t) => t.includes('已在接待这位顾客')),
      )
      await shop.idle()
      expect(answersTo(shop.customer())).toEqual([])
    }))

  it('whose upload to WeChat fails at first arrives once', () =>
    inShop({}, async (shop) => {
      const marker = await hold(shop, 'zhangsan')
      wechatFault(shop, { call: 'media/upload', fault: { kind: 'lost-answer' }, times: 1 })
      const picture = { bytes: PICTURE, type: 'image/jpeg' }
      shop.ding.says('zhangsan', `#${marker}`, { pictures: [picture] })
      await shop.letPass(300)
      await until('it arrives', () => answersTo(shop.customer()).length > 0)
      expect(answersTo(shop.customer())).toEqual(['image'])
    }))

  it('that cannot be fetched is said to have failed, and can be sent again', () =>
    inShop({}, async (shop) => {
      const marker = await hold(shop, 'zhangsan')
      const fault = { kind: 'errcode', code: 'invalidParameter.downloadCode' } as const
      shop.world.dingtalk.faults.add({ call: 'messageFiles/download', fault, times: 1 })
      const picture = { bytes: PICTURE, type: 'image/jpeg' }
      shop.ding.says('zhangsan', `#${marker}`, { pictures: [picture] })
      const card = await shop.ding.card('发送失败')
      expect(card.values['warning']).not.toBe('')
      await shop.idle()
      expect(answersTo(shop.customer())).toEqual([])
    }))
})
