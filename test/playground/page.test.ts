import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configSchema } from '#config/schema.ts'
import { type SeededWorld, seedWorld } from '#src/playground/seed.ts'
import { type PlaygroundPage, startPlaygroundPage } from '#src/playground/server.ts'
import { PageProduct, someConversation } from './page-product.ts'
import { PageVisitor, textOf } from './page-visitor.ts'

const NASTY = `<img src=x onerror=alert(1)>"'&<script>alert(2)</script>`

let world: SeededWorld
let page: PlaygroundPage
let visitor: PageVisitor

beforeEach(async () => {
  world = await seedWorld({ dingtalk: { cardDeadlineMs: 60 } })
  page = await startPlaygroundPage({
    ...world,
    bindCode: () => Promise.resolve('K7Q2M9'),
    productLinks: [{ label: '台账', url: 'http://127.0.0.1:1/ledger' }],
  })
  visitor = new PageVisitor(page.url)
})

afterEach(async () => {
  await page.close()
  await world.stop()
})

const phone = () => world.wechat.account(world.appid).phones.values().next().value!
const onPhone = (what: string) => `/phones/${phone().openid}/${what}`
const dingEntries = () => world.dingtalk.group(world.groups.dingtalk).entries
const wecomLines = () => world.wecom.rooms.group(world.groups.wecom).lines
const wecomGroup = () => encodeURIComponent(world.groups.wecom)
const dingGroup = () => encodeURIComponent(world.groups.dingtalk)

describe('the seeded world', () => {
  it('comes with a configuration that the product takes', () => {
    const config = configSchema.parse(world.config)
    expect(config.accounts['shop']?.apiBase).toBe(world.wechat.url)
    expect(config.workplaces['wecom']).toMatchObject({ botId: world.wecom.botId })
  })

  it('sends callbacks to the product once it knows its address', () => {
    world.setProductUrl('http://127.0.0.1:8080/')
    expect(world.wechat.account(world.appid).callbackUrl).toBe('http://127.0.0.1:8080/hooks/shop')
  })
})

describe('the playground page', () => {
  it('shows customers, groups and agents', async () => {
    const text = textOf(await visitor.open())
    for (const words of [
      '小林',
      '阿梅',
      '旗舰店',
      '客服一群',
      '张三',
      '李四',
      '客服二群',
      '王五',
    ]) {
      expect(text).toContain(words)
    }
    expect(text).toContain('台账')
  })

  it('looks through the eyes that the address names', async () => {
    await visitor.send(`/wecom/bot/write`, { actor: 'zhaoliu', text: '只有赵六看得到' })
    expect(await visitor.open('?wecom=zhaoliu&wecomAt=bot')).toContain('只有赵六看得到')
    expect(await visitor.open('?wecom=wangwu&wecomAt=bot')).not.toContain('只有赵六看得到')
  })

  it('takes an address that names nobody for the first ones', async () => {
    expect(textOf(await visitor.open('?customer=nobody&ding=x&dingAt=y'))).toContain('客服一群')
  })

  it('allows no script and no frame but its own', async () => {
    const policy = (await fetch(page.url)).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain("frame-ancestors 'none'")
  })

  it('serves its own files and htmx, and nothing else', async () => {
    for (const name of 'page.css phone.css groups.css page.js logo.svg htmx.js'.split(' ')) {
      expect((await fetch(`${page.url}assets/${name}`)).status).toBe(200)
    }
    for (const name of ['server.ts', '..%2Fserver.ts', 'constructor']) {
      expect((await fetch(`${page.url}assets/${name}`)).status).toBe(404)
    }
  })

  it('refuses other sites and other names of this machine', async () => {
    const status = (headers: Record<string, string>, method = 'GET', path = '') =>
      new Promise<number | undefined>((resolve, reject) => {
        const asked = request(`${page.url}${path}`, { method, headers }, (answer) => {
          answer.resume()
          resolve(answer.statusCode)
        })
        asked.on('error', reject).end()
      })
    expect(await status({ host: 'evil.example' })).toBe(403)
    expect(await status({ 'sec-fetch-site': 'cross-site' }, 'POST', 'faults/clear')).toBe(403)
    expect(await status({ 'sec-fetch-site': 'same-origin' }, 'POST', 'faults/clear')).toBe(200)
    expect(await status({ host: 'localhost:9000' })).toBe(200)
  })
})

describe('what somebody typed', () => {
  it('stays text on the phone, in lines and on cards', async () => {
    const product = await PageProduct.start(world)
    await visitor.send(onPhone('text'), { text: NASTY })
    await visitor.send(`/dingtalk/${dingGroup()}/write`, { actor: 'zhangsan', text: NASTY })
    await visitor.send(`/wecom/${wecomGroup()}/write`, {
      actor: 'wangwu',
      text: NASTY,
      atBot: 'yes',
    })
    await product.sayInDing(NASTY, NASTY)
    await product.sayInWecom(NASTY)
    const nasty = someConversation({
      customer: NASTY,
      transcript: [{ at: '14:03', who: NASTY, from: 'customer', text: NASTY }],
    })
    await product.postDingCard(nasty)
    await product.postWecomCard(nasty)
    const markup = await visitor.open()
    expect(markup).not.toContain('<img src=x')
    expect(markup).not.toContain('<script>alert')
    expect(textOf(markup)).toContain('<img src=x onerror=alert(1)>')
    product.stop()
  })

  it('is refused with words when it is empty', async () => {
    const path = `/dingtalk/${dingGroup()}/write`
    expect(await visitor.send(path, { actor: 'zhangsan', text: '  ' })).toBe('请输入内容')
    expect(dingEntries()).toEqual([])
  })
})

describe('what changes', () => {
  it('comes live, and only the parts that have changed', async () => {
    const events = visitor.live()
    const first = (await events.next()).value
    expect(first?.has('ding-feed')).toBe(true)
    await visitor.send(onPhone('text'), { text: '在吗' })
    const changed = await nextWith(events, 'phone-feed')
    expect(textOf(changed.get('phone-feed') ?? '')).toContain('在吗')
    expect(changed.has('ding-feed')).toBe(false)
    await events.return(undefined)
  })

  it('comes to each page as its own eyes see it', async () => {
    const [, other] = world.wechat.account(world.appid).phones.keys()
    const events = visitor.live(`?customer=${other}`)
    await events.next()
    await visitor.send(onPhone('text'), { text: '在吗' })
    const changed = await nextWith(events, 'customers')
    expect(changed.has('phone-feed')).toBe(false)
    expect(textOf(changed.get('customers') ?? '')).toContain('在吗')
    await events.return(undefined)
  })

  /** The clock on the phone may go on in between. */
  async function nextWith(
    events: AsyncGenerator<Map<string, string>>,
    region: string,
  ): Promise<Map<string, string>> {
    for (;;) {
      const { value } = await events.next()
      if (value?.has(region)) return value
    }
  }
})

describe('a customer on the page', () => {
  it('sends every kind of message', async () => {
    for (const kind of ['picture', 'voice', 'location', 'link', 'sticker', 'unfollow', 'follow']) {
      await visitor.send(onPhone(kind))
    }
    await visitor.send(onPhone('menu'), { key: 'service' })
    await visitor.send(onPhone('file'), { file: new File(['%PDF-1.7'], '发票.pdf') })
    expect(phone().lines.map(({ content }) => content.kind)).toEqual(
      'image voice location link other event event event file'.split(' '),
    )
    expect(textOf(await visitor.open())).toContain('点了菜单“联系客服”')
  })

  it('may be a new one, who follows at once', async () => {
    expect(await visitor.send('/customers')).toBe('果果 关注了公众号')
    expect(await visitor.send('/customers')).toBe('老周 关注了公众号')
    const names = [...world.wechat.account(world.appid).phones.values()].map(({ name }) => name)
    expect(names).toEqual(['小林', '阿梅', '果果', '老周'])
  })

  it('sees pictures and hears voices as they were sent', async () => {
    await visitor.send(onPhone('picture'))
    await visitor.send(onPhone('voice'))
    const markup = await visitor.open()
    const [picture] = /\/media\/wechat\/[^"]+/.exec(markup) ?? ['']
    const [voice] = /\/media\/wechat\/[^"]+(?=">\s*<\/audio>)/.exec(markup) ?? ['']
    const load = (path: string) => fetch(new URL(path, page.url))
    expect((await load(picture)).headers.get('content-type')).toBe('image/jpeg')
    const played = await load(voice)
    expect(played.headers.get('content-type')).toBe('audio/wav')
    expect(Buffer.from(await played.arrayBuffer()).toString('latin1', 0, 4)).toBe('RIFF')
  })

  it('chooses from a menu that the shop has sent', async () => {
    const items = [{ id: '101', text: '满意' }]
    const line = phone().receive({ kind: 'menu', head: '请评价', items, tail: '' }, 'custom/send')
    await visitor.send(onPhone('choose'), { line: String(line.id), item: '101' })
    expect(phone().lines.at(-1)?.content).toEqual({ kind: 'text', text: '满意' })
  })

  it('never makes the page show a file as a document', async () => {
    const file = new File(['<html><script>alert(1)</script></html>'], 'a.html')
    await visitor.send(onPhone('file'), { file })
    const [path] = /\/media\/wechat\/[^"]+/.exec(await visitor.open()) ?? ['']
    const answer = await fetch(new URL(path, page.url))
    expect(answer.headers.get('content-disposition')).toContain('attachment')
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
  })
})

describe('an agent on the page', () => {
  it('mentions the robot or not, and quotes', async () => {
    const product = await PageProduct.start(world)
    const ding = { actor: 'zhangsan', atBot: 'yes' }
    await visitor.send(`/dingtalk/${dingGroup()}/write`, { ...ding, text: '列表' })
    const quote = dingEntries()[0]?.id ?? ''
    await visitor.send(`/dingtalk/${dingGroup()}/write`, { actor: 'lisi', text: '好', quote })
    expect(dingEntries().map(({ atBot, quotes }) => [atBot, quotes?.words])).toEqual([
      [true, undefined],
      [false, '列表'],
    ])
    const wecom = { actor: 'wangwu', atBot: 'yes' }
    await visitor.send(`/wecom/${wecomGroup()}/write`, { ...wecom, text: '列表' })
    const line = wecomLines()[0]
    await visitor.send(`/wecom/${wecomGroup()}/write`, {
      ...wecom,
      text: '好',
      quote: line?.id ?? '',
    })
    await visitor.send(`/wecom/${wecomGroup()}/write`, { actor: 'zhaoliu', text: '吃饭吗' })
    expect(wecomLines().map(({ content }) => content.kind === 'text' && content.text)).toEqual([
      '@接力助手 列表',
      '@接力助手 好',
      '吃饭吗',
    ])
    expect(wecomLines()[1]?.quotes).toBe(line)
    product.stop()
  })

  it('is told when the robot cannot hear', async () => {
    const words = await visitor.send(`/wecom/${wecomGroup()}/write`, {
      actor: 'wangwu',
      text: '列表',
      atBot: 'yes',
    })
    expect(words).toBe('机器人不在线，没有收到')
    const file = new File(['%PDF-1.7'], '发票.pdf')
    const path = `/dingtalk/${dingGroup()}/write`
    expect(await visitor.send(path, { actor: 'zhangsan', atBot: 'yes', file })).toContain(
      '收不到文件',
    )
  })

  it('sends pictures and files', async () => {
    const png = Buffer.from('89504e470d0a1a0a', 'hex')
    const file = () => new File([png], '图.png')
    await visitor.send(`/dingtalk/${dingGroup()}/write`, { actor: 'zhangsan', file: file() })
    await visitor.send(`/wecom/${wecomGroup()}/write`, { actor: 'wangwu', file: file() })
    await visitor.send(`/wecom/bot/write`, { actor: 'wangwu', file: file() })
    const markup = await visitor.open()
    for (const pattern of [/\/media\/dingtalk\/[^"]+/, /\/media\/wecom\/[^"]+/]) {
      const [path] = pattern.exec(markup) ?? ['']
      const answer = await fetch(new URL(path, page.url))
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(png)
    }
    expect(world.wecom.rooms.chats.get('wangwu')?.lines).toHaveLength(1)
  })
})

describe('a card on the page', () => {
  let product: PageProduct
  const held = () =>
    someConversation({
      status: 'held',
      // An agent id is a string with a name of its own.
      holder: { name: '张三', agent: 'dingtalk:zhangsan' as never },
      replyBox: true,
    })
  const card = () => `/dingtalk/cards/${encodeURIComponent(held().id)}`

  beforeEach(async () => {
    product = await PageProduct.start(world)
  })

  afterEach(() => product.stop())

  it('has the reply box for its holder alone', async () => {
    await product.postDingCard(held(), 'zhangsan')
    expect(await visitor.open('?ding=zhangsan')).toContain('发给顾客</button>')
    expect(await visitor.open('?ding=lisi')).not.toContain('发给顾客</button>')
  })

  it('sends what was pressed and what was typed', async () => {
    await product.postDingCard(held(), 'zhangsan')
    await visitor.send(`${card()}/click`, { actor: 'lisi', button: 'release' })
    const typed = { actor: 'zhangsan', formId: 'reply', 'field:text': '马上补发' }
    expect(await visitor.send(`${card()}/submit`, typed)).toBe('')
    expect(product.clicks).toEqual([
      { action: 'release', text: undefined },
      { action: 'reply', text: '马上补发' },
    ])
  })

  it('shows what the answer to a click brought, to the clicker alone', async () => {
    await product.postDingCard(held(), 'zhangsan')
    product.dingAnswer = { hint: '这位顾客由张三接待中' }
    await visitor.send(`${card()}/click`, { actor: 'lisi', button: 'close' })
    expect(await visitor.open('?ding=lisi')).toContain('这位顾客由张三接待中')
    expect(await visitor.open('?ding=zhangsan')).not.toContain('这位顾客由张三接待中')
  })

  it('tells the clicker when nobody answers, and when the button is gone', async () => {
    await product.postDingCard(held(), 'zhangsan')
    product.answersDing = false
    const click = (button: string) => visitor.send(`${card()}/click`, { actor: 'lisi', button })
    expect(await click('release')).toBe('操作失败，请稍后重试')
    expect(await click('claim')).toContain('没有做成')
  })

  it('changes in WeCom as the answer to a click says', async () => {
    await visitor.send(`/wecom/${wecomGroup()}/write`, { actor: 'wangwu', text: '绑定' })
    world.wecom.rooms.group(world.groups.wecom).activated = true
    await product.postWecomCard(someConversation())
    const line = wecomLines().at(-1)
    expect(textOf(await visitor.open())).toContain('等待认领')
    const click = `/wecom/${wecomGroup()}/lines/${line?.id}/click`
    const pressed = visitor.send(click, { actor: 'wangwu', key: firstKey() })
    await product.answerWecomClick(held())
    expect(await pressed).toBe('')
    expect(textOf(await visitor.open())).toContain('张三 接待中')
    world.wecom.drop()
    expect(await visitor.send(click, { actor: 'wangwu', key: firstKey() })).toContain('不在线')
  })

  function firstKey(): string {
    const content = wecomLines().at(-1)?.content
    const shown = content?.kind === 'card' ? content.shown.card : undefined
    return (shown?.card_type === 'button_interaction' && shown.button_list[0]?.key) || ''
  }
})

describe('the fault switches', () => {
  it('turn on, are seen by everybody, and turn off', async () => {
    await visitor.send('/faults/wechat-45015')
    expect(world.wechat.faults.list()).toHaveLength(1)
    expect(textOf(await visitor.open())).toContain('微信公众号·45015 超过时限')
    await visitor.send('/faults/wechat-45015')
    expect(world.wechat.faults.list()).toEqual([])
  })

  it('are all cleared at once', async () => {
    for (const id of [
      'wechat-repeat',
      'wechat-502',
      'dingtalk-qps',
      'wecom-hidden',
      'wecom-twice',
    ]) {
      await visitor.send(`/faults/${id}`)
    }
    expect(world.wecom.settings.cardPushGroup).toBe('hidden')
    await visitor.send('/faults/clear')
    expect(world.wechat.inbound.list()).toEqual([])
    expect(world.wechat.faults.list()).toEqual([])
    expect(world.dingtalk.faults.list()).toEqual([])
    expect(world.wecom.settings.cardPushGroup).toBe('shown')
    expect(world.wecom.repeatCallbacks).toBe(0)
  })

  it('strike once where a fault is over at once', async () => {
    const product = await PageProduct.start(world)
    expect(world.wecom.isConnected).toBe(true)
    expect(await visitor.send('/faults/wecom-drop')).toBe('已触发：企微断线')
    expect(world.wecom.isConnected).toBe(false)
    product.stop()
  })

  it('do not exist by other names', async () => {
    expect(await visitor.send('/faults/nothing')).toContain('没有做成')
  })
})

describe('the button 绑定码', () => {
  it('shows the words that bind a group', async () => {
    expect(await visitor.send('/bind-code')).toContain('绑定 K7Q2M9')
  })
})
