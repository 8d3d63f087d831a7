import { createHash } from 'node:crypto'
import { decryptFile } from '@wecom/aibot-node-sdk'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startWecom, type Wecom } from '#src/playground/wecom/index.ts'
import { Bot } from './bot.ts'

let wecom: Wecom
let nowMs: number
let bot: Bot
let group: string

beforeEach(async () => {
  nowMs = Date.UTC(2026, 8, 1)
  wecom = await startWecom({ now: () => nowMs, botName: '接力 助手' })
  group = wecom.rooms.addGroup('客服一组', [
    { userid: 'zhangsan', name: '张三' },
    { userid: 'lisi', name: '李四' },
  ]).id
  bot = await Bot.connect(wecom)
})
afterEach(() => wecom.stop())

const claimCard = (taskId: string, more: object = {}): object => ({
  card_type: 'button_interaction',
  task_id: taskId,
  main_title: { title: '#7KQ8H2 王女士' },
  button_list: [{ text: '认领', style: 1, key: 'claim' }],
  ...more,
})

const pushCard = (card: object) =>
  bot.call('aibot_send_msg', {
    chatid: group,
    msgtype: 'template_card',
    template_card: card,
  })

const lines = () => wecom.rooms.group(group).lines
const lastLine = () => lines().at(-1)!

describe('the WeCom stand-in at log-in', () => {
  it('refuses a wrong secret with 853000 and leaves the socket open', async () => {
    const other = await Bot.open(wecom.url)
    const answer = await other.call('aibot_subscribe', { bot_id: wecom.botId, secret: 'no' })
    expect(answer.errcode).toBe(853000)
    expect((await other.call('ping')).errcode).toBe(0)
    expect((await other.markdown(group, 'hi')).errcode).toBe(846601)
  })

  it('sends the old connection disconnected_event before it closes it for a new one', async () => {
    const newer = await Bot.connect(wecom)
    expect((await bot.next()).body.event.eventtype).toBe('disconnected_event')
    await bot.closed
    wecom.members.mention(group, 'zhangsan', '在吗')
    expect((await newer.next()).body.text.content).toBe('@接力 助手 在吗')
  })

  it('limits how often a bot may log in', async () => {
    const login = { bot_id: wecom.botId, secret: wecom.secret }
    for (let i = 0; i < 19; i += 1) await bot.call('aibot_subscribe', login)
    expect((await bot.call('aibot_subscribe', login)).errcode).toBe(45009)
    nowMs += 60_000
    expect((await bot.call('aibot_subscribe', login)).errcode).toBe(0)
  })

  it('closes a connection that pings on the websocket level', async () => {
    bot.socket.ping()
    expect(await bot.closed).toBe(1002)
  })
})

describe('the WeCom stand-in in a group', () => {
  it('tells the bot of a mention with its quote, and of plain talk nothing', async () => {
    wecom.members.say(group, 'lisi', '午饭吃什么')
    wecom.members.mention(group, 'zhangsan', '列表')
    await bot.next()
    await bot.markdown(group, '〔#7KQ8H2·1〕 **王女士** 在吗')
    wecom.members.mention(group, 'zhangsan', '在的', { quote: lastLine(), space: '\u2005' })
    const { cmd, body } = await bot.next()
    expect(cmd).toBe('aibot_msg_callback')
    expect(body).toMatchObject({
      aibotid: wecom.botId,
      chatid: group,
      chattype: 'group',
      from: { userid: 'zhangsan' },
      msgtype: 'text',
      text: { content: '@接力 助手\u2005在的' },
      quote: { msgtype: 'text', text: { content: '〔#7KQ8H2·1〕 **王女士** 在吗' } },
    })
    expect(bot.inbox).toEqual([])
  })

  it('gives a quoted card as an empty quote', async () => {
    wecom.members.mention(group, 'lisi', '绑定')
    await bot.next()
    await pushCard(claimCard('kf_1'))
    wecom.members.mention(group, 'lisi', '看看', { quote: lastLine() })
    expect((await bot.next()).body.quote).toEqual({ msgtype: 'text', text: { content: '' } })
  })

  it('refuses a push until somebody has written to the bot there, and by any other spelling of the id', async () => {
    expect((await bot.markdown(group, 'hi')).errcode).toBe(93006)
    wecom.members.mention(group, 'lisi', '绑定')
    expect((await bot.markdown(group, 'hi')).errcode).toBe(0)
    expect((await bot.markdown(`group:${group}`, 'hi')).errcode).toBe(93006)
    wecom.fallAsleep(group)
    expect((await bot.markdown(group, 'hi')).errcode).toBe(93006)
  })

  it('refuses text pushes, blank and over-long Markdown', async () => {
    wecom.members.mention(group, 'lisi', '绑定')
    const body = { chatid: group, msgtype: 'text', text: { content: 'hi' } }
    expect((await bot.call('aibot_send_msg', body)).errcode).toBe(40008)
    expect((await bot.markdown(group, '')).errcode).toBe(40058)
    expect((await bot.markdown(group, '字'.repeat(6827))).errcode).toBe(45002)
    expect((await bot.markdown(group, '字'.repeat(6826))).errcode).toBe(0)
  })

  it('takes 30 messages a minute and 1000 an hour, replies and pushes together', async () => {
    wecom.members.mention(group, 'lisi', '绑定')
    const { headers } = await bot.next()
    const reply = { msgtype: 'markdown', markdown: { content: '好' } }
    expect((await bot.call('aibot_respond_msg', reply, headers.req_id)).errcode).toBe(0)
    for (let i = 0; i < 29; i += 1) expect((await bot.markdown(group, `${i}`)).errcode).toBe(0)
    expect((await bot.markdown(group, 'one too many')).errcode).toBe(45009)
    for (let minute = 1; minute < 34; minute += 1) {
      nowMs += 60_000
      for (let i = 0; i < 30; i += 1) await bot.markdown(group, `${i}`)
    }
    expect(lines().length - 1).toBe(1000)
    wecom.settings.limits = false
    expect((await bot.markdown(group, 'limits are off')).errcode).toBe(0)
  })

  it('streams an answer under one id until it is finished', async () => {
    wecom.members.mention(group, 'lisi', '列表')
    const { req_id: reqId } = (await bot.next()).headers
    const stream = (content: string, finish: boolean) =>
      bot.call(
        'aibot_respond_msg',
        { msgtype: 'stream', stream: { id: 's', finish, content } },
        reqId,
      )
    await stream('一', false)
    await stream('一二', true)
    expect(lastLine().content).toEqual({ kind: 'markdown', markdown: '一二', finished: true })
    expect((await stream('一二三', true)).errcode).toBe(846608)
  })
})

describe('a card of the WeCom stand-in', () => {
  beforeEach(async () => {
    wecom.members.mention(group, 'lisi', '绑定')
    await bot.next()
  })

  const answerNextClick = async (card: object, more: object = {}) => {
    const { headers } = await bot.next()
    const body = { response_type: 'update_template_card', template_card: card, ...more }
    return bot.call('aibot_respond_update_msg', body, headers.req_id)
  }

  it('changes for everybody when the click is answered', async () => {
    await pushCard(claimCard('kf_1'))
    const clicked = wecom.members.click('lisi', lastLine(), 'claim')
    const held = claimCard('kf_1', { button_list: [{ text: '关闭', key: 'close' }] })
    expect((await answerNextClick(held)).errcode).toBe(0)
    expect(await clicked).toEqual({ kind: 'updated', card: held })
    await expect(wecom.members.click('zhangsan', lastLine(), 'claim')).rejects.toThrow(
      'no such button',
    )
  })

  it('changes only for those whom the update names', async () => {
    await pushCard(claimCard('kf_1'))
    void wecom.members.click('lisi', lastLine(), 'claim')
    const held = claimCard('kf_1', { button_list: [{ text: '关闭', key: 'close' }] })
    await answerNextClick(held, { userids: ['lisi'] })
    await expect(wecom.members.click('lisi', lastLine(), 'claim')).rejects.toThrow('no such button')
    void wecom.members.click('zhangsan', lastLine(), 'claim')
    expect((await bot.next()).body.event.template_card_event).toEqual({
      card_type: 'button_interaction',
      event_key: 'claim',
      task_id: 'kf_1',
    })
  })

  it('refuses an update under another task_id, a late one, a second one, and one for a message', async () => {
    await pushCard(claimCard('kf_1'))
    void wecom.members.click('lisi', lastLine(), 'claim')
    expect((await answerNextClick(claimCard('kf_2'))).errcode).toBe(846605)

    void wecom.members.click('lisi', lastLine(), 'claim')
    const late = await bot.next()
    nowMs += 5001
    const body = { response_type: 'update_template_card', template_card: claimCard('kf_1') }
    const respond = (reqId: string) => bot.call('aibot_respond_update_msg', body, reqId)
    expect((await respond(late.headers.req_id)).errcode).toBe(846605)

    void wecom.members.click('lisi', lastLine(), 'claim')
    const twice = await bot.next()
    await respond(twice.headers.req_id)
    expect((await respond(twice.headers.req_id)).errcode).toBe(846605)

    wecom.members.mention(group, 'lisi', '列表')
    const message = await bot.next()
    expect((await respond(message.headers.req_id)).errcode).toBe(846605)
  })

  it('refuses a click answered as a message', async () => {
    await pushCard(claimCard('kf_1'))
    void wecom.members.click('lisi', lastLine(), 'claim')
    const reply = { msgtype: 'markdown', markdown: { content: '好' } }
    const { headers } = await bot.next()
    expect((await bot.call('aibot_respond_msg', reply, headers.req_id)).errcode).toBe(846605)
  })

  it('lets the clicker wait in vain when nobody answers or nobody is there', async () => {
    wecom.settings.answerWindowMs = 30
    await pushCard(claimCard('kf_1'))
    const line = lastLine()
    expect(await wecom.members.click('lisi', line, 'claim')).toEqual({ kind: 'unanswered' })
    wecom.drop()
    expect(await wecom.members.click('lisi', line, 'claim')).toEqual({ kind: 'lost' })
  })

  it('is shown, hidden or refused in a group as the switch says', async () => {
    wecom.settings.cardPushGroup = 'hidden'
    const before = lines().length
    expect((await pushCard(claimCard('kf_1'))).errcode).toBe(0)
    expect(lines().length).toBe(before)
    wecom.settings.cardPushGroup = 'refused'
    expect((await pushCard(claimCard('kf_2'))).errcode).toBe(40008)
  })

  it('is refused with a used task_id, a bad one, equal keys, or seven buttons', async () => {
    await pushCard(claimCard('kf_1'))
    expect((await pushCard(claimCard('kf_1'))).errcode).toBe(42014)
    expect((await pushCard(claimCard('kf 2'))).errcode).toBe(40058)
    const button = { text: '认领', key: 'claim' }
    expect((await pushCard(claimCard('kf_3', { button_list: [button, button] }))).errcode).toBe(
      40058,
    )
    const seven = [1, 2, 3, 4, 5, 6, 7].map((n) => ({ text: '认领', key: `claim${n}` }))
    expect((await pushCard(claimCard('kf_4', { button_list: seven }))).errcode).toBe(40058)
  })

  it('tells what a client would cut or drop', async () => {
    const label = '一二三四五六七八九十一'
    await pushCard(claimCard('kf_1', { button_list: [{ text: label, key: 'k' }], jump_list: [] }))
    const { content } = lastLine()
    expect(content.kind === 'card' && content.shown.flaws).toEqual([
      'jump_list is ignored',
      'button_list.text is longer than 10',
    ])
  })
})

describe('media of the WeCom stand-in', () => {
  const picture = Buffer.from('a picture, more or less')

  it('reaches the bot sealed with a key of its own, for five minutes', async () => {
    const quote = wecom.members.post(group, 'lisi', {
      type: 'image',
      filename: '图.png',
      bytes: picture,
    })
    wecom.members.mention(group, 'lisi', '发给客户', { quote })
    const { quote: seen } = (await bot.next()).body
    expect(seen.msgtype).toBe('image')
    const answer = await fetch(seen.image.url)
    expect(answer.headers.get('content-disposition')).toContain(encodeURIComponent('图.png'))
    const sealed = Buffer.from(await answer.arrayBuffer())
    expect(decryptFile(sealed, seen.image.aeskey)).toEqual(picture)
    nowMs += 5 * 60_000 + 1
    expect((await fetch(seen.image.url)).status).toBe(403)
  })

  it('arrives with the words of a mixed mention, and alone in a single chat', async () => {
    wecom.members.mentionWithPictures(group, 'lisi', '看', [{ filename: 'a.png', bytes: picture }])
    const [words, image] = (await bot.next()).body.mixed.msg_item
    expect(words.text.content).toBe('@接力 助手 看')
    expect(image.msgtype).toBe('image')
    wecom.members.send('lisi', { type: 'file', filename: 'a.pdf', bytes: picture })
    const { body } = await bot.next()
    expect(body).toMatchObject({ chattype: 'single', msgtype: 'file' })
    expect(body.chatid).toBeUndefined()
  })

  it('is uploaded in chunks of any order, checked, and sent by its id', async () => {
    wecom.members.mention(group, 'lisi', '绑定')
    const bytes = Buffer.alloc(600_000, 7)
    const md5 = createHash('md5').update(bytes).digest('hex')
    const init = await bot.call('aibot_upload_media_init', {
      type: 'image',
      filename: 'a.png',
      total_size: bytes.length,
      total_chunks: 2,
      md5,
    })
    const { upload_id: uploadId } = init.body
    const chunk = (index: number, data: Buffer) =>
      bot.call('aibot_upload_media_chunk', {
        upload_id: uploadId,
        chunk_index: index,
        base64_data: data.toString('base64'),
      })
    await chunk(1, bytes.subarray(524_288))
    const finish = () => bot.call('aibot_upload_media_finish', { upload_id: uploadId })
    expect((await finish()).errcode).toBe(40058)
    await chunk(0, bytes.subarray(0, 524_288))
    const { body } = await finish()
    const send = (msgtype: string) =>
      bot.call('aibot_send_msg', { chatid: group, msgtype, [msgtype]: { media_id: body.media_id } })
    expect((await send('file')).errcode).toBe(40007)
    expect((await send('image')).errcode).toBe(0)
    const { content } = lastLine()
    expect(content.kind === 'media' && content.media.bytes).toEqual(bytes)
    nowMs += 3 * 24 * 60 * 60_000 + 1
    expect((await send('image')).errcode).toBe(40007)
  })

  it('is refused when it is too large', async () => {
    const init = {
      type: 'voice',
      filename: 'a.amr',
      total_size: 2 * 1024 * 1024 + 1,
      total_chunks: 5,
    }
    expect((await bot.call('aibot_upload_media_init', init)).errcode).toBe(45001)
  })
})

describe('faults of the WeCom stand-in', () => {
  beforeEach(async () => {
    wecom.members.mention(group, 'lisi', '绑定')
    await bot.next()
  })

  it('answer with a code and do nothing', async () => {
    wecom.faults.add({ call: 'aibot_send_msg', fault: { kind: 'errcode', code: -1 }, times: 1 })
    expect((await bot.markdown(group, 'one')).errcode).toBe(-1)
    expect(lines()).toHaveLength(1)
  })

  it('do the work and lose the answer with the connection', async () => {
    wecom.faults.add({ call: 'aibot_send_msg', fault: { kind: 'lost-answer' }, times: 1 })
    void bot.markdown(group, 'one')
    await bot.closed
    expect(lastLine().content).toMatchObject({ markdown: 'one' })
  })

  it('do the work and never answer, with the connection left open', async () => {
    wecom.swallowAnswers(1)
    void bot.markdown(group, 'one')
    await wecom.until(() => lines().length === 2)
    expect((await bot.markdown(group, 'two')).errcode).toBe(0)
  })

  it('drop the connection after a click has been sent', async () => {
    await pushCard(claimCard('kf_1'))
    wecom.settings.answerWindowMs = 50
    const fault = { kind: 'lost-answer' } as const
    wecom.faults.add({ call: 'template_card_event', fault, times: 1 })
    const clicked = wecom.members.click('lisi', lastLine(), 'claim')
    expect((await bot.next()).body.event.eventtype).toBe('template_card_event')
    await bot.closed
    expect(await clicked).toEqual({ kind: 'unanswered' })
  })

  it('repeat a callback with the same msgid', async () => {
    wecom.repeatCallbacks = 1
    const { msgid } = wecom.members.mention(group, 'lisi', '列表')
    expect([(await bot.next()).body.msgid, (await bot.next()).body.msgid]).toEqual([msgid, msgid])
  })
})

describe('a welcome of the WeCom stand-in', () => {
  it('may be given within five seconds, once, and opens the chat to no push', async () => {
    wecom.members.enter('lisi')
    const { headers, body } = await bot.next()
    expect(body.event.eventtype).toBe('enter_chat')
    const welcome = () =>
      bot.call(
        'aibot_respond_welcome_msg',
        { msgtype: 'text', text: { content: '您好' } },
        headers.req_id,
      )
    expect((await welcome()).errcode).toBe(0)
    expect((await welcome()).errcode).toBe(846605)
    expect((await bot.markdown('lisi', 'hi')).errcode).toBe(93006)
  })
})
