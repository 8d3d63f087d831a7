import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { inShop, type Shop } from '#test/support/product.ts'
import { until } from '#test/support/until.ts'
import { post, seal, textFields } from './callbacks.ts'

/** What no platform should send, and what one day one does. */
const GARBAGE: readonly unknown[] = [
  null,
  0,
  '',
  'not an object',
  [],
  {},
  { headers: null, body: null },
  { headers: { req_id: 7 }, cmd: 'aibot_msg_callback' },
  { headers: { req_id: 'x' }, cmd: 'aibot_msg_callback', body: [] },
  { headers: { req_id: 'x' }, cmd: 'aibot_msg_callback', body: { msgtype: 'text' } },
  {
    headers: { req_id: 'x' },
    cmd: 'aibot_msg_callback',
    body: { msgid: 1, msgtype: 'text', from: { userid: {} }, text: { content: null } },
  },
  {
    headers: { req_id: 'x' },
    cmd: 'aibot_event_callback',
    body: { msgid: 'm', msgtype: 'event', event: { eventtype: 'template_card_event' } },
  },
  {
    headers: { req_id: 'x' },
    cmd: 'aibot_event_callback',
    body: {
      msgid: 'm',
      msgtype: 'event',
      from: { userid: '__proto__' },
      chatid: '__proto__',
      chattype: 'group',
      event: {
        eventtype: 'template_card_event',
        template_card_event: { card_type: 'x', event_key: '__proto__', task_id: '../../x' },
      },
    },
  },
  { type: 'CALLBACK', headers: {}, data: '{' },
  { type: 'SYSTEM', headers: { topic: 'ping', messageId: 'p' } },
  { type: 'SYSTEM', headers: { topic: 'KEEPALIVE', messageId: 'p' }, data: '' },
  { type: 'EVENT', headers: { topic: '*', messageId: 'e' }, data: 'null' },
  { type: 'CALLBACK', headers: { topic: 'error', messageId: 'c' }, data: '{}' },
  {
    type: 'CALLBACK',
    headers: { topic: '/v1.0/im/bot/messages/get', messageId: 'c1' },
    data: JSON.stringify({ msgtype: 'text', text: { content: 7 } }),
  },
  {
    type: 'CALLBACK',
    headers: { topic: '/v1.0/card/instances/callback', messageId: 'c2' },
    data: JSON.stringify({ outTrackId: '../x', userId: '', content: '[]' }),
  },
  {
    type: 'CALLBACK',
    headers: { topic: '/v1.0/card/instances/callback', messageId: 'c3' },
    data: JSON.stringify({
      outTrackId: 'nobody-knows',
      userId: 'zhangsan',
      spaceId: 'cidNobodyKnows',
      content:
        '{"cardPrivateData":{"actionIds":["claim"],"params":{"action":"claim","lease":"1e9"}}}',
    }),
  },
]

const RAW = ['', '{', '\u0000', '<xml/>', '"'.repeat(5000), '['.repeat(20_000)]

const frameShape = z.looseObject({
  cmd: z.string().optional(),
  headers: z.looseObject({ req_id: z.string() }),
})

/** A bot server that says yes to everything, so that one can say anything to the bot. */
async function agreeingServer() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const sockets: WebSocket[] = []
  const heard: string[] = []
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('message', (bytes: Buffer) => {
      const { headers, cmd = '' } = frameShape.parse(JSON.parse(bytes.toString()))
      heard.push(cmd)
      socket.send(JSON.stringify({ headers, errcode: 0, errmsg: 'ok' }))
    })
  })
  // A TCP server that listens has an address with a port.
  const { port } = server.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}`,
    bot: (): WebSocket => sockets.at(-1)!,
    heard,
    stop: () => {
      for (const socket of sockets) socket.terminate()
      server.close()
    },
  }
}

/** The product still takes a customer's message and shows it. */
async function isAlive(shop: Shop, words: string): Promise<void> {
  expect((await shop.customer().text(words)).accepted).toBe(true)
  await shop.ding.card(words)
  expect(shop.log.filter((line) => line.includes('a handler failed'))).toEqual([])
}

describe('the product survives', () => {
  it('whatever DingTalk’s gateway sends', () =>
    inShop({ bind: ['dingtalk'] }, async (shop) => {
      const { gateway } = shop.world.dingtalk
      for (const raw of RAW) gateway.sendRaw(raw)
      for (const one of GARBAGE) gateway.sendRaw(JSON.stringify(one))
      gateway.sendRaw(Buffer.from([0xff, 0xfe, 0x00]))
      gateway.sendRaw('x'.repeat(1_000_000))
      await isAlive(shop, '钉钉乱码之后。')
      await shop.ding.press('zhangsan', '钉钉乱码之后。', 'claim')
    }))

  it('whatever WeCom’s socket sends', async () => {
    const server = await agreeingServer()
    try {
      await inShop({ bind: ['dingtalk'] }, async (shop) => {
        await shop.restartWith({ wecom: { url: server.url } })
        await until('the bot has logged in', () => server.bot())
        for (const raw of RAW) server.bot().send(raw)
        for (const one of GARBAGE) server.bot().send(JSON.stringify(one))
        server.bot().send(Buffer.from([0xff, 0xfe, 0x00]))
        await isAlive(shop, '企微乱码之后。')
        const body = {
          msgid: 'good-1',
          chatid: 'wrSomeGroup',
          chattype: 'group',
          from: { userid: 'wangwu' },
          msgtype: 'text',
          text: { content: '@接力助手 列表' },
        }
        const headers = { req_id: 'good' }
        server.bot().send(JSON.stringify({ cmd: 'aibot_msg_callback', headers, body }))
        await until('it is answered', () => server.heard.includes('aibot_respond_msg'))
      })
    } finally {
      server.stop()
    }
  })

  it('whatever the platform’s callbacks say once they are known to be its own', () =>
    inShop({ bind: ['dingtalk'] }, async (shop) => {
      const head = textFields(shop, 'x')
      const bodies = [
        { ...head, MsgType: undefined },
        { ...head, MsgType: '' },
        { ...head, MsgType: '__proto__' },
        { ...head, MsgType: 'constructor', Content: undefined },
        { ...head, FromUserName: undefined },
        { ...head, FromUserName: '' },
        { ...head, FromUserName: '../../etc/passwd' },
        { ...head, CreateTime: 'yesterday' },
        { ...head, CreateTime: -1 },
        { ...head, MsgId: undefined },
        { ...head, Content: undefined },
        { ...head, Content: '' },
        { ...head, Content: '\u0000\u0001\u202e反' },
        { ...head, Content: '长'.repeat(60_000) },
        { ...head, MsgType: 'image', Content: undefined },
        { ...head, MsgType: 'location', Location_X: 'north', Location_Y: '', Label: '' },
        { ...head, MsgType: 'event', Event: undefined },
        { ...head, MsgType: 'event', Event: '__proto__', EventKey: '__proto__' },
        { ...head, MsgType: 'event', Event: 'subscribe', EventKey: undefined },
        { ToUserName: 'x' },
      ]
      for (const fields of bodies)
        for (const format of ['xml', 'json'] as const) {
          const { status } = await post(shop, seal(shop, fields, { format }))
          expect([200, 400, 413]).toContain(status)
        }
      await isAlive(shop, '回调乱码之后。')
      const { received, relayed, parked } = await shop.ledger()
      await shop.letPass(500)
      expect(parked).toBe(0)
      expect(received).toBeGreaterThanOrEqual(relayed)
    }))
})
