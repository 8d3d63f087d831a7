import { describe, expect, it } from 'vitest'
import { type AccountId, contactLane } from '#src/domain/ids.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { answersTo, inShop, type Shop } from '#test/support/product.ts'
import { until } from '#test/support/until.ts'

const nobody = { bind: [] } as const

/** The bot's words in a WeCom chat. */
function textsIn(shop: Shop, chat: string): string[] {
  return shop.world.wecom.rooms
    .group(chat)
    .lines.flatMap(({ author, content }) =>
      author.kind === 'bot' && content.kind === 'markdown' ? [content.markdown] : [],
    )
}

const told = (shop: Shop, chat: string, words: string): Promise<string> =>
  until(`${chat} reads ${words}`, () => textsIn(shop, chat).find((text) => text.includes(words)))

const words = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `早到的第${i + 1}句。`)

async function says(shop: Shop, lines: readonly string[]): Promise<void> {
  for (const line of lines) await shop.customer().text(line)
}

const wordsIn = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /早到的第\d+句。/.exec(line)?.[0] ?? [])

describe.concurrent('a bind code', () => {
  it('serves once: the second group that types it is told so', () =>
    inShop(nobody, async (shop) => {
      const code = await shop.bindCode()
      shop.wecom.says('wangwu', `绑定 ${code}`)
      await told(shop, shop.wecom.id, '已绑定到服务台“客服组”')
      const other = shop.world.wecom.rooms.addGroup('三群', [{ userid: 'wangwu', name: '王五' }])
      shop.world.wecom.members.mention(other.id, 'wangwu', `绑定 ${code}`)
      await told(shop, other.id, '验证码已用过')
      shop.ding.says('zhangsan', `绑定 ${code}`)
      await until('DingTalk is told', () => shop.ding.texts().some((t) => t.includes('已用过')))
    }))

  it('typed in two groups at once binds one of them', () =>
    inShop(nobody, async (shop) => {
      const code = await shop.bindCode()
      shop.wecom.says('wangwu', `绑定 ${code}`)
      shop.ding.says('zhangsan', `绑定 ${code}`)
      const all = (): string[] => [...shop.ding.texts(), ...shop.wecom.texts()]
      await until('both are told', () => all().length === 2)
      expect(all().filter((text) => text.includes('已绑定到'))).toHaveLength(1)
      expect(all().filter((text) => text.includes('验证码已用过'))).toHaveLength(1)
    }))

  it('is over after ten minutes', () =>
    inShop(nobody, async (shop) => {
      const code = await shop.bindCode()
      shop.clock.jump(10 * 60_000 + 1000)
      shop.ding.says('zhangsan', `绑定 ${code}`)
      await until('it is refused', () => shop.ding.texts().some((t) => t.includes('验证码已过期')))
    }))

  it('that nobody was given is refused, and what is typed in a group without one goes nowhere', () =>
    inShop(nobody, async (shop) => {
      shop.wecom.says('wangwu', '绑定 ABCDEFGH')
      await told(shop, shop.wecom.id, '验证码不对')
      shop.wecom.says('wangwu', '列表')
      await told(shop, shop.wecom.id, '本群还没有绑定服务台')
    }))
})

describe.concurrent('messages that came before any group was bound', () => {
  it.each([3, 12, 27])('(%i of them) appear at binding, each once and in order', (count) =>
    inShop(nobody, async (shop) => {
      await says(shop, words(count))
      await shop.idle()
      expect(await shop.ledger()).toMatchObject({ received: count, waiting: count, relayed: 0 })
      await shop.bind('wecom')
      await shop.bind('dingtalk')
      await shop.idle()
      expect(wordsIn(shop.wecom.lines())).toEqual(words(count))
      const card = await shop.ding.card(`第${count}句。`)
      const onCard = wordsIn(talkOf(card.values))
      expect(onCard).toEqual(words(count).slice(-8))
      const inLines = wordsIn(shop.ding.texts().flatMap((text) => text.split('\n')))
      expect([...inLines, ...onCard]).toEqual(words(count))
      expect(await shop.ledger()).toMatchObject({ received: count, waiting: 0, relayed: count })
    }),
  )
})

describe.concurrent('a desk', () => {
  it('with two groups in one workplace shows a customer in both until one of them claims', () =>
    inShop({}, async (shop) => {
      const other = shop.world.wecom.rooms.addGroup('三群', [{ userid: 'sunqi', name: '孙七' }])
      const { members } = shop.world.wecom
      members.mention(other.id, 'sunqi', `绑定 ${await shop.bindCode()}`)
      await told(shop, other.id, '已绑定到')
      await says(shop, ['两个群都看到。'])
      await shop.wecom.line('两个群都看到。')
      await told(shop, other.id, '两个群都看到。')
      await shop.ding.card('两个群都看到。')
      const line = shop.world.wecom.rooms
        .group(other.id)
        .lines.findLast(
          ({ content }) => content.kind === 'markdown' && content.markdown.includes('都看到。'),
        )!
      members.mention(other.id, 'sunqi', '认领', { quote: line })
      await told(shop, other.id, 'sunqi 已认领')
      await says(shop, ['只有一个群看到。'])
      await told(shop, other.id, '只有一个群看到。')
      await shop.idle()
      expect(shop.wecom.lines().some((text) => text.includes('只有一个群看到。'))).toBe(false)
      members.mention(other.id, 'sunqi', '三群回复', { quote: line })
      await until('it arrives', () => answersTo(shop.customer()).includes('三群回复'))
    }))

  it('whose group was unbound says nothing more there, and the rest goes on', () =>
    inShop({}, async (shop) => {
      shop.wecom.says('wangwu', '解绑')
      await told(shop, shop.wecom.id, '已解绑')
      await says(shop, ['解绑之后。'])
      await shop.ding.card('解绑之后。')
      await shop.idle()
      expect(shop.wecom.lines()).toEqual([])
      expect(await shop.ledger()).toMatchObject({ received: 1, relayed: 1 })
    }))

  it('whose holder’s group was unbound shows the customer to the others', () =>
    inShop({}, async (shop) => {
      await says(shop, ['接待人的群没了。'])
      await shop.wecom.press('wangwu', '接待人的群没了。', '认领')
      shop.wecom.says('zhaoliu', '解绑')
      await told(shop, shop.wecom.id, '已解绑')
      await says(shop, ['还有人吗。'])
      const card = await shop.ding.card('还有人吗。')
      expect(talkOf(card.values)).toHaveLength(2)
      await shop.idle()
      expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 2 })
    }))

  it('that listed its agents refuses others politely, with the id that the owner needs', () =>
    inShop(
      {
        config: {
          agents: {
            admission: 'listed',
            list: [{ name: '张三', ids: { dingtalk: 'zhangsan', wecom: 'wangwu' } }],
          },
        },
      },
      async (shop) => {
        await says(shop, ['只有名单里的人。'])
        await shop.wecom.press('zhaoliu', '只有名单里的人。', '认领')
        shop.wecom.says('zhaoliu', '列表')
        await told(shop, shop.wecom.id, '你还不在客服名单里。请把你的编号 zhaoliu 发给管理员添加')
        const lane = contactLane('shop' as AccountId, shop.customer().openid)
        expect(await shop.product.store.read.conversation(lane)).toMatchObject({
          status: 'waiting',
        })
        await shop.wecom.press('wangwu', '只有名单里的人。', '认领')
        await shop.wecom.line('张三 已认领')
      },
    ))
})
