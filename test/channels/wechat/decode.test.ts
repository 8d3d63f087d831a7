import { describe, expect, it } from 'vitest'
import type { Incoming } from '#src/ports/channel.ts'
import { createShop, fixture, post, SENT_AT } from './setup.ts'

const shop = createShop({ mode: 'plain' })

async function decoded(
  name: string,
  change: (body: string) => string = (body) => body,
): Promise<Incoming[]> {
  return (await shop.receive(post(change(fixture(name).toString())))).events
}

async function only(name: string, change?: (body: string) => string): Promise<Incoming> {
  const [event, ...rest] = await decoded(name, change)
  expect(rest).toEqual([])
  return event!
}

describe('WeChat decode', () => {
  it('turns a text into one customer:text event', async () => {
    expect(await only('text.xml')).toEqual({
      name: 'customer:text',
      text: '查订单',
      account: 'shop',
      externalId: 'oUser1',
      lane: 'contact/shop/oUser1',
      opens: 'message',
      at: SENT_AT,
      key: 'shop|oUser1|24000000000000001|1700000000',
      fingerprint: expect.stringMatching(/^oUser1\|1700000000\|text\|[0-9a-f]{24}$/),
      raw: expect.objectContaining({ MsgId: '24000000000000001', ToUserName: 'gh_demo' }),
    })
  })

  it.each([
    ['text-from-menu.xml', { name: 'customer:text', text: '满意', menuId: '101' }],
    ['text-from-article.xml', { name: 'customer:text', text: '这个还有货吗[呲牙][微笑][愉快]' }],
    ['sticker.xml', { name: 'customer:unsupported', type: 'sticker' }],
    ['image.xml', { name: 'customer:image', media: { kind: 'image', ref: 'image/media-image-1' } }],
    [
      'voice-recognised.xml',
      {
        name: 'customer:voice',
        media: { kind: 'voice', ref: 'voice/media-voice-2' },
        transcript: '什么时候发货？',
      },
    ],
    ['video.xml', { name: 'customer:video', media: { kind: 'video', ref: 'video/media-video-1' } }],
    [
      'shortvideo.xml',
      { name: 'customer:video', media: { kind: 'video', ref: 'video/media-video-2' } },
    ],
    [
      'location.xml',
      {
        name: 'customer:location',
        content: {
          kind: 'location',
          latitude: 23.134521,
          longitude: 113.358803,
          label: '广州市天河区',
        },
      },
    ],
    [
      'link.xml',
      {
        name: 'customer:link',
        content: {
          kind: 'link',
          title: '保温杯 500ml',
          description: '店铺首页',
          url: 'https://example.com/p/1?a=1&b=2',
        },
      },
    ],
    [
      'miniprogrampage.json',
      {
        name: 'customer:miniprogram',
        content: {
          kind: 'miniprogram',
          title: '保温杯',
          appId: 'wx0000000000000009',
          path: 'pages/item?id=1',
        },
      },
    ],
    ['file.xml', { name: 'customer:unsupported', type: 'file' }],
    ['unknown.xml', { name: 'customer:unsupported', type: 'hologram' }],
    ['text-with-control-character.xml', { name: 'customer:text', text: '两\ufffd段🙂' }],
  ])('reads %s as a message that opens the window of 48 hours', async (name, expected) => {
    expect(await only(name)).toMatchObject({ ...expected, opens: 'message' })
  })

  it('gives a voice without recognised words no transcript', async () => {
    expect(await only('voice.xml')).not.toHaveProperty('transcript')
  })

  it('keeps the raw fields of what it cannot show', async () => {
    expect((await only('unknown.xml')).raw).toMatchObject({ MsgType: 'hologram', Beam: 'x' })
  })

  it('shows a known kind with broken fields as unsupported instead of dropping it', async () => {
    const broken = await only('location.xml', (body) => body.replace('23.134521', 'north'))
    expect(broken).toMatchObject({ name: 'customer:unsupported', type: 'location' })
    const empty = await only('image.xml', (body) => body.replace('media-image-1', ''))
    expect(empty).toMatchObject({ name: 'customer:unsupported', type: 'image' })
  })

  it.each([
    ['event-subscribe.xml', { name: 'customer:subscribe', opens: 'subscribe' }],
    [
      'event-subscribe-by-code.xml',
      { name: 'customer:subscribe', scene: 'shop-7', opens: 'subscribe' },
    ],
    ['event-unsubscribe.xml', { name: 'customer:unsubscribe' }],
    ['event-scan.xml', { name: 'customer:scan', scene: 'shelf-2', opens: 'scan' }],
    [
      'event-click.xml',
      { name: 'customer:menu', action: 'click', key: expect.any(String), opens: 'menu' },
    ],
    ['event-scancode-push.xml', { name: 'customer:menu', action: 'scancode_push', opens: 'menu' }],
    [
      'event-scancode-waitmsg.xml',
      { name: 'customer:menu', action: 'scancode_waitmsg', opens: 'menu' },
    ],
    ['event-view.xml', { name: 'customer:menu', action: 'view' }],
    ['event-view-miniprogram.xml', { name: 'customer:menu', action: 'view_miniprogram' }],
    ['event-pic-sysphoto.xml', { name: 'customer:menu', action: 'pic_sysphoto' }],
    ['event-pic-photo-or-album.xml', { name: 'customer:menu', action: 'pic_photo_or_album' }],
    ['event-pic-weixin.xml', { name: 'customer:menu', action: 'pic_weixin' }],
    ['event-location-select.xml', { name: 'customer:menu', action: 'location_select' }],
    ['event-kf-create-session.xml', { name: 'customer:notice' }],
    ['event-kf-close-session.xml', { name: 'customer:notice' }],
    ['event-kf-switch-session.xml', { name: 'customer:notice' }],
    ['event-template-sent.xml', { name: 'customer:notice' }],
    ['event-subscribe-msg-object.json', { name: 'customer:notice' }],
    ['event-subscribe-msg-array.json', { name: 'customer:notice' }],
  ])('reads %s, and lets it open what the platform allows', async (name, expected) => {
    const event = await only(name)
    expect(event).toMatchObject({ externalId: 'oUser1', ...expected })
    expect('opens' in event).toBe('opens' in expected)
    expect(event).not.toHaveProperty('fingerprint')
  })

  it('says nothing of positions that a phone reports by itself, nor of mass sendings', async () => {
    expect(await decoded('event-location.xml')).toEqual([])
    expect(await decoded('event-mass-sent.xml')).toEqual([])
  })

  it('finds the customer of an event that comes from the platform itself', async () => {
    for (const name of ['event-user-modified.xml', 'event-authorization-revoke.xml']) {
      expect(await only(name)).toMatchObject({ name: 'customer:notice', externalId: 'oUser1' })
    }
  })

  it('treats an unknown event as a notice, whatever it is called', async () => {
    for (const word of ['hologram', 'constructor', '__proto__', '']) {
      const event = await only('event-click.xml', (body) => body.replace('CLICK', word))
      expect(event).toMatchObject({ name: 'customer:notice', raw: { Event: word } })
    }
  })
})

describe('the key', () => {
  it('is made of sender, MsgId and second', async () => {
    expect((await only('text.json')).key).toBe('shop|oUser1|7250021412600020992|1700000000')
    const other = await only('text.json', (body) => body.replace('020992', '020993'))
    expect(other.key).toBe('shop|oUser1|7250021412600020993|1700000000')
  })

  it('is made of sender, event, event key and second', async () => {
    expect((await only('event-scan.xml')).key).toBe('shop|oUser1|SCAN|shelf-2|1700000000')
    expect((await only('event-unsubscribe.xml')).key).toBe('shop|oUser1|unsubscribe||1700000000')
  })

  it('tells the results of two template messages of one second apart', async () => {
    const first = await only('event-template-sent.xml')
    const second = await only('event-template-sent.xml', (body) => body.replace('836', '837'))
    expect(first.key).not.toBe(second.key)
  })

  it('is made of the content when a message has no id', async () => {
    const without = (body: string): string => body.replace(/<MsgId>.*<\/MsgId>/, '')
    const first = await only('text.xml', without)
    const same = await only('text.xml', without)
    const other = await only('text.xml', (body) => without(body).replace('查订单', '查物流'))
    expect(same.key).toBe(first.key)
    expect(other.key).not.toBe(first.key)
  })
})

describe('the fingerprint', () => {
  const print = async (name: string, change?: (body: string) => string): Promise<string> =>
    (await only(name, change)).fingerprint!

  it('is the same for one message under two ids', async () => {
    const newId = (body: string): string => body.replace(/24000000000000/, '24000000000099')
    for (const name of ['text.xml', 'image.xml', 'location.xml', 'link.xml', 'unknown.xml']) {
      expect(await print(name, newId)).toBe(await print(name))
      expect((await only(name, newId)).key).not.toBe((await only(name)).key)
    }
  })

  it('differs with sender, second, kind and content', async () => {
    const first = await print('text.xml')
    const others = await Promise.all([
      print('text.xml', (body) => body.replace('oUser1', 'oUser2')),
      print('text.xml', (body) => body.replace('1700000000', '1700000001')),
      print('text.xml', (body) => body.replace('查订单', '查订单。')),
      print('sticker.xml'),
      print('image.xml'),
    ])
    expect(new Set([first, ...others]).size).toBe(6)
  })

  it('does not hold the words', async () => {
    expect(await print('text.xml')).not.toContain('查订单')
  })
})

describe('the time', () => {
  const at = async (seconds: string): Promise<number> =>
    (await only('text.xml', (body) => body.replace('1700000000', seconds))).at

  it('is the platform’s within three days before and a minute after receipt, else that of receipt', async () => {
    const received = SENT_AT + 200
    expect(await at('1699800000')).toBe(1_699_800_000_000)
    expect(await at('1700000060')).toBe(1_700_000_060_000)
    expect(await at('1699740000')).toBe(received)
    expect(await at('1700000061')).toBe(received)
    expect(await at('0')).toBe(received)
  })
})
