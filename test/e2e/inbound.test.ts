import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readAesKey } from '#src/platform/tencent-crypto.ts'
import type { Phone } from '#src/playground/wechat/phone.ts'
import { talkOf } from '#test/support/ding-group.ts'
import { openShop, type Shop } from '#test/support/product.ts'
import { post, postAtOnce, seal, textFields } from './callbacks.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop.stop())

const SECOND = 1000
const taken = { status: 200, body: 'success' }

/** What stands in the groups that holds these words: on the newest card, and in numbered lines. */
async function shown(words: string): Promise<{ card: string[]; lines: string[] }> {
  await shop.idle()
  const card = await shop.ding.card(words)
  const isIt = (line: string): boolean => line.includes(words)
  return { card: talkOf(card.values).filter(isIt), lines: shop.wecom.lines().filter(isIt) }
}

describe('a callback that comes again', () => {
  it('four times at once is one line and one entry on the card, and always answered success', async () => {
    const request = seal(shop, textFields(shop, '四次'))
    expect(await postAtOnce(shop, request, 4)).toEqual([taken, taken, taken, taken])
    const { card, lines } = await shown('四次')
    expect([card.length, lines.length]).toEqual([1, 1])
    expect(await shop.ledger()).toMatchObject({ received: 1, relayed: 1, filtered: 0 })
  })

  it('minutes later, as a replay, is answered success and changes nothing', async () => {
    const request = seal(shop, textFields(shop, '重放'))
    await post(shop, request)
    await shown('重放')
    shop.clock.jump(5 * 60 * SECOND)
    expect(await post(shop, request)).toEqual(taken)
    const { card, lines } = await shown('重放')
    expect([card.length, lines.length]).toEqual([1, 1])
    expect(await shop.ledger()).toMatchObject({ received: 1, filtered: 0 })
  })

  it('more than ten minutes later is refused', async () => {
    const request = seal(shop, textFields(shop, '旧重放'))
    await post(shop, request)
    shop.clock.jump(11 * 60 * SECOND)
    expect((await post(shop, request)).status).toBe(403)
  })

  it('under a new id 3 to 20 seconds later is filtered, and counted so', async () => {
    const fields = textFields(shop, '换号')
    const again = { ...fields, MsgId: BigInt(77) }
    await post(shop, seal(shop, fields))
    shop.clock.jump(5 * SECOND)
    expect(await post(shop, seal(shop, again))).toEqual(taken)
    const { card, lines } = await shown('换号')
    expect([card.length, lines.length]).toEqual([1, 1])
    expect(await shop.ledger()).toMatchObject({ received: 2, relayed: 1, filtered: 1 })
  })

  it('under a new id at once, or half a minute later, is a message of its own', async () => {
    const fields = textFields(shop, '在吗')
    await post(shop, seal(shop, fields))
    await post(shop, seal(shop, { ...fields, MsgId: BigInt(78) }))
    shop.clock.jump(30 * SECOND)
    await post(shop, seal(shop, { ...fields, MsgId: BigInt(79) }))
    expect((await shown('在吗')).lines).toHaveLength(3)
    expect(await shop.ledger()).toMatchObject({ received: 3, relayed: 3, filtered: 0 })
  })

  it('as the platform sends it again after 5 s without an answer is shown once', async () => {
    shop.world.wechat.inbound.add({ fault: { kind: 'repeat', times: 1 }, times: 3 })
    for (const words of ['第一句', '第二句', '第三句']) await shop.customer().text(words)
    for (const words of ['第一句', '第二句', '第三句'])
      expect((await shown(words)).lines).toHaveLength(1)
  })
})

describe('the order of messages', () => {
  it('holds for each of two customers whose bursts come interleaved', async () => {
    const [a, b] = [shop.customer(0), shop.customer(1)]
    await interleave(a, b, 15)
    await shop.idle()
    for (const name of ['甲', '乙']) {
      const expected = Array.from({ length: 15 }, (_, i) => `${name}${i + 1}。`)
      expect(wordsOf(shop.wecom.lines(), name)).toEqual(expected)
      const card = await shop.ding.card(`${name}15。`)
      expect(wordsOf(talkOf(card.values), name)).toEqual(expected.slice(-8))
    }
  })

  it('is that of arrival when one message overtakes another, and neither is lost', async () => {
    const late = shop.customer().text('先写的', { faults: [{ kind: 'overtaken', by: 1 }] })
    await shop.customer().text('后写的')
    await late
    await shop.idle()
    expect(wordsOf(shop.wecom.lines(), '写的', /[先后]写的/)).toEqual(['后写的', '先写的'])
  })

  it('keeps a message that comes late, with the time when it was written', async () => {
    const createTime = Math.floor(shop.clock.now() / 1000) - 3600
    await shop.customer().text('一小时前写的', { createTime })
    const { card, lines } = await shown('一小时前写的')
    expect(lines).toHaveLength(1)
    const written = new Intl.DateTimeFormat('zh-CN', {
      timeZone: 'Asia/Shanghai',
      hour: '2-digit',
      minute: '2-digit',
    }).format(createTime * 1000)
    expect(card[0]).toContain(written)
  })
})

describe('a request that is not the platform’s', () => {
  it('is refused when it is signed with another token, not at all, or for another key', async () => {
    const fields = textFields(shop, '伪造')
    const otherKey = readAesKey('abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG')
    const requests = [
      seal(shop, fields, { token: 'othertoken' }),
      { ...seal(shop, fields), query: '' },
      { ...seal(shop, fields), query: 'encrypt_type=aes' },
      seal(shop, fields, { key: otherKey }),
      seal(shop, fields, { appid: 'wx0000000000000009' }),
    ]
    for (const request of requests) expect((await post(shop, request)).status).toBe(403)
    await nothingCame()
  })

  it('is refused in clear, or with its clear half alone, when the account is in safe mode', async () => {
    const fields = textFields(shop, '明文')
    expect((await post(shop, seal(shop, fields, { mode: 'plain' }))).status).toBe(403)
    const clear = seal(shop, fields, { mode: 'plain' })
    const sealed = seal(shop, fields)
    const mixed = { ...sealed, body: clear.body }
    expect((await post(shop, mixed)).status).toBe(403)
    await nothingCame()
  })

  it('is refused when its query is more than ten minutes off our clock, either way', async () => {
    const fields = textFields(shop, '旧的')
    for (const off of [-11 * 60, 11 * 60]) {
      const request = seal(shop, fields, {}, shop.clock.now() + off * SECOND)
      expect((await post(shop, request)).status).toBe(403)
    }
    await nothingCame()
  })

  it('is refused when it was damaged on its way', async () => {
    const request = seal(shop, textFields(shop, '损坏'))
    const cut = { ...request, body: request.body.slice(0, request.body.length / 2) }
    const turned = { ...request, body: request.body.replace(/[A-Za-z](?=[^<]*<\/Encrypt>)/, '!') }
    const answers = [await post(shop, cut), await post(shop, turned)]
    for (const { status } of answers) expect([400, 403]).toContain(status)
    await nothingCame()
  })

  it('is refused when a captured signature is put before other words', async () => {
    const mine = seal(shop, textFields(shop, '真的'))
    const theirs = seal(shop, textFields(shop, '假的'))
    expect((await post(shop, { ...mine, body: theirs.body })).status).toBe(403)
    await nothingCame()
  })
})

it('tells nobody’s words and nobody’s id to the log', async () => {
  await shop.customer().text('我的电话13800138000，地址在桃花源')
  await post(shop, seal(shop, textFields(shop, '伪造的桃花源'), { token: 'othertoken' }))
  await shown('桃花源')
  const log = shop.log.join('')
  expect(log).not.toContain('桃花源')
  expect(log).not.toContain('13800138000')
  expect(log).not.toContain(shop.customer().openid)
})

async function nothingCame(): Promise<void> {
  await shop.idle()
  expect(await shop.ledger()).toMatchObject({ received: 0 })
  expect(shop.wecom.lines()).toEqual([])
  expect(shop.ding.cardIds()).toEqual([])
}

async function interleave(a: Phone, b: Phone, count: number): Promise<void> {
  const sent: Promise<unknown>[] = []
  for (let i = 1; i <= count; i++) sent.push(a.text(`甲${i}。`), b.text(`乙${i}。`))
  await Promise.all(sent)
}

/** The words that belong to one name, in the order in which they stand. */
function wordsOf(lines: readonly string[], name: string, form = new RegExp(`${name}\\d+。`)) {
  return lines.flatMap((line) => form.exec(line)?.[0] ?? [])
}
