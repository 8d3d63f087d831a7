import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DingtalkStandIn } from '#src/playground/dingtalk/index.ts'
import { app, dial, group, login, post, stage } from './stage.ts'

const text = { msgKey: 'sampleText', msgParam: JSON.stringify({ content: '你好' }) }
const sendPath = '/v1.0/robot/groupMessages/send'

describe('the DingTalk stand-in’s robot', () => {
  let nowMs: number
  let standIn: DingtalkStandIn
  let token: string
  const call = (path: string, body: unknown) => post(standIn, path, body, { token })
  const toGroup = { robotCode: app.clientId, openConversationId: group }

  beforeEach(async () => {
    nowMs = Date.UTC(2026, 8, 1)
    standIn = await stage({ now: () => nowMs })
    token = await login(standIn)
  })
  afterEach(() => standIn.stop())

  it('gives the same token again while it is valid, and serves none that has expired', async () => {
    nowMs += 3_600_000
    expect(await login(standIn)).toBe(token)
    nowMs += 7_200_000
    expect(await call(sendPath, { ...toGroup, ...text })).toMatchObject({
      status: 401,
      json: { code: 'InvalidAuthentication' },
    })
    expect(await login(standIn)).not.toBe(token)
  })

  it('writes in a group and takes it back', async () => {
    const { json } = await call(sendPath, { ...toGroup, ...text })
    const [entry] = standIn.group(group).entries
    expect(entry).toMatchObject({ id: json['processQueryKey'], content: { text: '你好' } })
    const recall = { ...toGroup, processQueryKeys: [json['processQueryKey'], 'none'] }
    expect((await call('/v1.0/robot/groupMessages/recall', recall)).json).toEqual({
      successResult: [json['processQueryKey']],
      failedResult: { none: '消息不存在' },
    })
    expect(standIn.group(group).entries[0]?.recalled).toBe(true)
  })

  it.each([
    ['a group that it is not in', { openConversationId: 'cidX' }, 'invalid.openConversationId'],
    [
      'more than 15,000 bytes',
      { msgParam: JSON.stringify({ content: '好'.repeat(5000) }) },
      'invalidParameter.msgParam',
    ],
    ['parameters that are no JSON', { msgParam: 'x' }, 'invalidParameter.msgParam'],
    ['a robot that is not this app’s', { robotCode: 'x' }, 'invalidParameter.robotCode'],
  ])('refuses %s', async (_name, wrong, code) => {
    const { status, json } = await call(sendPath, { ...toGroup, ...text, ...wrong })
    expect({ status, code: json['code'] }).toEqual({ status: 400, code })
  })

  it('writes to people and names those who do not exist', async () => {
    const { json } = await call('/v1.0/robot/oToMessages/batchSend', {
      robotCode: app.clientId,
      userIds: ['lisi', 'nobody'],
      ...text,
    })
    expect(json).toMatchObject({ invalidStaffIdList: ['nobody'] })
    expect(standIn.chat('lisi').entries).toHaveLength(1)
  })

  it('answers by the session webhook, with a mention, until it expires', async () => {
    let webhook = ''
    await dial(standIn, (frame) => {
      webhook = (JSON.parse(frame.data) as { sessionWebhook: string }).sessionWebhook
      return { response: null }
    })
    await standIn.people.writeInGroup('zhangsan', group, { text: '在吗' }).acknowledged
    const body = { msgtype: 'text', text: { content: '在' }, at: { atUserIds: ['zhangsan'] } }
    const path = webhook.slice(standIn.url.length)
    expect((await call(path, body)).json).toEqual({ errcode: 0, errmsg: 'ok' })
    expect(standIn.group(group).entries.at(-1)?.mentions).toEqual(['zhangsan'])
    nowMs += 90 * 60_000
    expect((await call(path, body)).json['errmsg']).toBe('session.expired')
  })

  it('lets 20 calls of one API pass in a second', async () => {
    standIn.limits.settings.qps = 20
    for (let i = 0; i < 20; i++) {
      expect((await call(sendPath, { ...toGroup, ...text })).status).toBe(200)
    }
    const refused = await call(sendPath, { ...toGroup, ...text })
    expect(refused).toMatchObject({
      status: 403,
      json: { code: 'Forbidden.AccessDenied.QpsLimitForAppkeyAndApi' },
    })
    nowMs += 1000
    expect((await call(sendPath, { ...toGroup, ...text })).status).toBe(200)
  })

  it('stops at the month’s quota until the next month', async () => {
    standIn.limits.settings.monthlyCalls = 1
    await call(sendPath, { ...toGroup, ...text })
    const refused = await call(sendPath, { ...toGroup, ...text })
    expect(refused.json['code']).toBe('Forbidden.AccessDenied.ApiCountLimitForOrg')
    nowMs += 31 * 86_400_000
    token = await login(standIn)
    expect((await call(sendPath, { ...toGroup, ...text })).status).toBe(200)
  })

  it('takes an upload and shows it as a picture; hands out what people sent', async () => {
    const form = new FormData()
    form.set('type', 'image')
    form.set('media', new Blob([Buffer.from('PNG!')], { type: 'image/png' }), 'a.png')
    const upload = await fetch(`${standIn.url}/media/upload?access_token=${token}`, {
      method: 'POST',
      body: form,
    })
    const { media_id: mediaId } = (await upload.json()) as { media_id: string }
    expect(standIn.file(mediaId)?.bytes.toString()).toBe('PNG!')
    await call(sendPath, {
      ...toGroup,
      msgKey: 'sampleImageMsg',
      msgParam: JSON.stringify({ photoURL: mediaId }),
    })
    expect(standIn.group(group).entries.at(-1)?.content).toMatchObject({ fileId: mediaId })

    const { entry } = standIn.people.writeToBot('lisi', {
      pictures: [{ bytes: Buffer.from('JPG!'), type: 'image/jpeg' }],
    })
    const downloadCode = entry.content.type === 'picture' ? entry.content.fileId : ''
    const { json } = await call('/v1.0/robot/messageFiles/download', {
      downloadCode,
      robotCode: app.clientId,
    })
    const file = await fetch(String(json['downloadUrl']))
    expect(await file.text()).toBe('JPG!')
  })

  it('does the work and loses the answer, or does not do it, as the switch says', async () => {
    const send = () => call(sendPath, { ...toGroup, ...text })
    standIn.faults.add({ call: 'groupMessages/send', fault: { kind: 'lost-answer' }, times: 1 })
    await expect(send()).rejects.toThrow()
    standIn.faults.add({ call: 'groupMessages/send', fault: { kind: 'cut' }, times: 1 })
    await expect(send()).rejects.toThrow()
    expect(standIn.group(group).entries).toHaveLength(1)
  })
})
