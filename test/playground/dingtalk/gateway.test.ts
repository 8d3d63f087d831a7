import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { DingtalkStandIn } from '#src/playground/dingtalk/index.ts'
import { app, dial, type Frame, group, post, stage } from './stage.ts'

describe('the DingTalk stand-in’s Stream gateway', () => {
  let standIn: DingtalkStandIn
  afterEach(() => standIn.stop())
  const openPath = '/v1.0/gateway/connections/open'
  const subscriptions = [{ type: 'CALLBACK', topic: '/v1.0/im/bot/messages/get' }]

  it('takes a ticket once, and not after 90 seconds', async () => {
    let nowMs = 0
    standIn = await stage({ now: () => nowMs })
    const ticketUrl = async () => {
      const { json } = await post(standIn, openPath, { ...app, subscriptions })
      return `${String(json['endpoint'])}?ticket=${encodeURIComponent(String(json['ticket']))}`
    }
    const refused = async (url: string) => {
      const [error] = (await once(new WebSocket(url), 'error')) as [Error]
      return error.message
    }
    const url = await ticketUrl()
    await once(new WebSocket(url), 'open')
    expect(await refused(url)).toContain('401')
    const late = await ticketUrl()
    nowMs = 90_000
    expect(await refused(late)).toContain('401')
  })

  it('refuses a wrong secret, and answers in XML to whom does not ask for JSON', async () => {
    standIn = await stage()
    const wrong = await post(standIn, openPath, { ...app, clientSecret: 'x', subscriptions })
    expect(wrong.status).toBe(401)
    const response = await fetch(standIn.url + openPath, { method: 'POST', body: '{}' })
    expect(response.headers.get('content-type')).toBe('application/xml')
  })

  it('delivers what mentions the robot, once to one connection, as the protocol has it', async () => {
    standIn = await stage()
    const frames: Frame[] = []
    const reply = (frame: Frame) => {
      frames.push(frame)
      return { response: null }
    }
    await dial(standIn, reply)
    await dial(standIn, reply)
    standIn.people.writeInGroup('zhangsan', group, { text: '大家好', atBot: false })
    const { acknowledged } = standIn.people.writeInGroup('zhangsan', group, { text: '列表' })
    expect(await acknowledged).toBe(true)
    expect(frames).toHaveLength(1)
    expect(frames[0]).toMatchObject({
      type: 'CALLBACK',
      headers: { topic: '/v1.0/im/bot/messages/get', contentType: 'application/json' },
    })
    expect(JSON.parse(frames[0]?.data ?? '')).toMatchObject({
      conversationType: '2',
      conversationId: group,
      senderStaffId: 'zhangsan',
      senderNick: '张三',
      msgtype: 'text',
      text: { content: ' 列表 ' },
    })
  })

  it('sends an unanswered message again, with the same msgId', async () => {
    standIn = await stage({ redeliverMs: 20 })
    const seen: { msgId: unknown; messageId: unknown }[] = []
    await dial(standIn, (frame) => {
      const { msgId } = JSON.parse(frame.data) as { msgId: string }
      seen.push({ msgId, messageId: frame.headers['messageId'] })
      return seen.length === 1 ? undefined : { response: null }
    })
    const { acknowledged } = standIn.people.writeInGroup('zhangsan', group, { text: '在吗' })
    expect(await acknowledged).toBe(true)
    expect(seen).toHaveLength(2)
    expect(seen[1]?.msgId).toBe(seen[0]?.msgId)
    expect(seen[1]?.messageId).not.toBe(seen[0]?.messageId)
  })

  it('loses a message for which there is no connection', async () => {
    standIn = await stage({ redeliverMs: 20 })
    const { acknowledged } = standIn.people.writeInGroup('zhangsan', group, { text: '在吗' })
    expect(await acknowledged).toBe(false)
  })

  it('delivers nothing more to a connection that it told to go, and closes it later', async () => {
    standIn = await stage({ disconnectCloseMs: 30 })
    const topics: unknown[] = []
    const socket = await dial(standIn, (frame) => void topics.push(frame.headers['topic']))
    standIn.gateway.disconnect()
    standIn.people.writeInGroup('zhangsan', group, { text: '在吗' })
    await once(socket, 'close')
    expect(topics).toEqual(['disconnect'])
  })

  it('hears the echo of its ping', async () => {
    standIn = await stage()
    await dial(standIn, (frame) => JSON.parse(frame.data) as unknown)
    const [connection] = standIn.gateway.connections()
    expect(await standIn.gateway.ping(connection!.id)).toMatchObject({
      code: 200,
      data: { opaque: expect.any(String) as string },
    })
  })

  it('quotes a card by its carrierId and a line by its words', async () => {
    standIn = await stage()
    const seen: Record<string, unknown>[] = []
    await dial(standIn, (frame) => {
      seen.push(JSON.parse(frame.data) as Record<string, unknown>)
      return { response: null }
    })
    const line = standIn.people.writeInGroup('lisi', group, { text: '〔#AAAAAA·1〕你好' }).entry
    await standIn.people.writeInGroup('zhangsan', group, { text: '在的', quote: line.id })
      .acknowledged
    expect(seen.at(-1)).toMatchObject({
      text: { isReplyMsg: true, repliedMsg: { content: { text: '〔#AAAAAA·1〕你好' } } },
    })
  })

  it('can drop senderStaffId, drop the text, send twice and cut the line', async () => {
    standIn = await stage({ redeliverMs: 30, redeliveries: 1 })
    const seen: Record<string, unknown>[] = []
    const reply = (frame: Frame) => {
      seen.push(JSON.parse(frame.data) as Record<string, unknown>)
      return { response: null }
    }
    await dial(standIn, reply)
    const say = () => standIn.people.writeInGroup('zhangsan', group, { text: '在吗' }).acknowledged
    const strike = (code: string) =>
      standIn.faults.add({ call: 'stream/bot', fault: { kind: 'errcode', code }, times: 1 })
    strike('no-staff-id')
    await say()
    expect(seen[0]).not.toHaveProperty('senderStaffId')
    strike('20001')
    await say()
    expect(seen[1]).toMatchObject({ code: 20001 })
    expect(seen[1]).not.toHaveProperty('text')
    strike('twice')
    await say()
    await expect.poll(() => seen.length).toBe(4)
    standIn.faults.add({ call: 'stream/bot', fault: { kind: 'cut' }, times: 1 })
    await say()
    expect(standIn.gateway.connections()).toEqual([])
  })
})
