import { createHash, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { actions, button, type Card, fields, text } from '#cards/elements.ts'
import { mediaHash, type CardId, workplaceId } from '#src/domain/ids.ts'
import type { MediaFile, MediaKind } from '#src/domain/content.ts'
import { createSystemClock } from '#src/platform/clock.ts'
import { createHttp } from '#src/platform/http.ts'
import { createLeases } from '#src/platform/leases.ts'
import { silentLog } from '#src/platform/log.ts'
import type { Clock } from '#src/ports/clock.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type {
  AgentInbox,
  AgentInput,
  CardClick,
  ClickAnswer,
  Workplace,
} from '#src/ports/workplace.ts'
import { startWecom, type Wecom, type Line as ShownLine } from '#src/playground/wecom/index.ts'
import { wecom as makeWecom, wecomConfig } from '#src/workplaces/wecom/index.ts'
import { createManualClock } from '../../support/clock.ts'
import { createLeaseRows } from '../../support/lease-rows.ts'

let wecom: Wecom
let group: string
let workplace: Workplace
let core: Core
const files = new Map<string, Buffer>()

/** The core's side: what came in, and what a click is answered. */
class Core implements AgentInbox {
  readonly messages: AgentInput[] = []
  readonly clicks: CardClick[] = []
  readonly reached: (string | undefined)[] = []
  failures = 0
  answer: () => Promise<ClickAnswer> = async () => ({ accepted: false })

  async message(input: AgentInput): Promise<void> {
    if (this.failures > 0) {
      this.failures -= 1
      throw new Error('the store is away')
    }
    this.messages.push(input)
  }
  async click(click: CardClick): Promise<ClickAnswer> {
    this.clicks.push(click)
    return this.answer()
  }
  reachable(chat?: { id: string }): void {
    this.reached.push(chat?.id)
  }
}

function makeIo(clock: Clock = createSystemClock()): AdapterIo {
  return {
    http: createHttp(),
    clock,
    log: silentLog,
    leases: createLeases({ store: createLeaseRows(), clock, log: silentLog, owner: 'one' }),
    tokens: { get: async () => '', replace: async () => '' },
    media: {
      open: (hash) => Readable.from(files.get(hash) ?? Buffer.alloc(0)),
      read: async (hash) => files.get(hash) ?? Buffer.alloc(0),
    },
    random: () => 0,
  }
}

const configure = (more: object = {}) =>
  wecomConfig.parse({
    botId: wecom.botId,
    secret: wecom.secret,
    botName: wecom.botName,
    url: wecom.url,
    ...more,
  })

async function begin(more: object = {}, io = makeIo()): Promise<void> {
  core = new Core()
  workplace = makeWecom(workplaceId('wecom'), configure(more), io)
  await workplace.start(core)
  await vi.waitFor(() => expect(workplace.available()).toBe(true))
}

beforeEach(async () => {
  wecom = await startWecom()
  group = wecom.rooms.addGroup('客服一组', [
    { userid: 'zhangsan', name: '张三' },
    { userid: 'lisi', name: '李四' },
  ]).id
  await begin()
})
afterEach(async () => {
  await workplace.stop()
  await wecom.stop()
})

const chat = () => ({ kind: 'group', workplace: workplaceId('wecom'), id: group }) as const
const marked = (number: number, words: string) => ({
  marker: `〔#7KQ8H2·${number}〕`,
  who: '客户-7F3A',
  from: 'customer' as const,
  text: words,
})
const pushLine = (words: string, number = 1) =>
  workplace.deliver({ do: 'lines', chat: chat(), lines: [marked(number, words)] })

const waiting = (id = 'card-1'): Card => ({
  id: id as CardId,
  lease: 0,
  summary: '客户-7F3A：在吗',
  title: '客户-7F3A 〔#7KQ8H2〕',
  source: '旗舰店 · 公众号',
  tone: 'alert',
  body: [fields(['状态', '等待认领']), actions(button('claim', '认领'))],
})
const held = (): Card => ({
  ...waiting(),
  lease: 1,
  tone: 'calm',
  body: [fields(['状态', '张三 接待中']), actions(button('close', '结束', 'danger'))],
})
const postCard = (card = waiting(), answers?: string) =>
  workplace.deliver({
    do: 'post-card',
    chat: chat(),
    card,
    mention: [],
    ...(answers !== undefined && { answers }),
  })

const lines = (): ShownLine[] => wecom.rooms.group(group).lines
const shown = (line: ShownLine | undefined): string =>
  line?.content.kind === 'markdown' ? line.content.markdown : (line?.content.kind ?? '')

/** Somebody has to write to the bot before it may push. */
async function activate(words = '列表'): Promise<AgentInput> {
  wecom.members.mention(group, 'lisi', words)
  await vi.waitFor(() => expect(core.messages).not.toHaveLength(0))
  return core.messages.at(-1)!
}

async function failure(call: Promise<unknown>): Promise<PlatformError> {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof PlatformError)) throw new Error('expected a PlatformError')
  return error
}

function makeFile(
  kind: MediaKind,
  type: string,
  bytes = randomBytes(2000),
  name?: string,
): MediaFile {
  const hash = mediaHash(createHash('sha256').update(bytes).digest('hex'))
  files.set(hash, bytes)
  return { hash, kind, type, bytes: bytes.length, ...(name !== undefined && { name }) }
}

describe('the WeCom workplace', () => {
  it('says who can be reached as soon as it is connected, and again when somebody writes', async () => {
    expect(core.reached).toEqual([undefined])
    await activate()
    expect(core.reached).toEqual([undefined, group])
  })

  it('relays a mention with its quote, and answers by what the message is called', async () => {
    await activate()
    await pushLine('在吗')
    wecom.members.mention(group, 'zhangsan', '在的', { quote: lines().at(-1)!, space: '\u2005' })
    await vi.waitFor(() => expect(core.messages).toHaveLength(2))
    const input = core.messages[1]!
    expect(input).toMatchObject({
      agent: { id: 'wecom/zhangsan' },
      text: '在的',
      quoted: { text: '〔#7KQ8H2·1〕**客户-7F3A**：在吗' },
    })
    const answers = input.messageId
    await workplace.deliver({
      do: 'note',
      chat: chat(),
      title: '',
      body: [text('→ 已发送')],
      answers,
    })
    expect(shown(lines().at(-1))).toBe('→ 已发送')
    expect(wecom.framesOf('aibot_respond_msg')).toMatchObject([{ reqId: answers }])
  })

  it('pushes a note whose question can no longer be answered', async () => {
    await activate()
    await workplace.deliver({ do: 'note', chat: chat(), title: '帮助', body: [], answers: 'gone' })
    expect(shown(lines().at(-1))).toBe('**帮助**')
  })

  it('hands on a message that comes twice under one key', async () => {
    wecom.repeatCallbacks = 1
    const { msgid } = wecom.members.mention(group, 'lisi', '列表')
    await vi.waitFor(() => expect(core.messages).toHaveLength(2))
    expect(core.messages.map(({ key }) => key)).toEqual([msgid, msgid])
  })

  it('asks a store that fails for a moment again, since the platform sends nothing twice', async () => {
    core.failures = 1
    await activate()
    expect(core.messages).toHaveLength(1)
  })

  it('tells who wrote when a message could not be kept', async () => {
    await workplace.stop()
    const clock = createManualClock()
    await begin({}, makeIo(clock))
    core.failures = 4
    wecom.members.mention(group, 'lisi', '您好')
    await vi.waitFor(() => expect(core.failures).toBe(3))
    await clock.advance(4200)
    await wecom.until(() => shown(lines().at(-1)).includes('没有收到'))
    expect(core.messages).toEqual([])
  })

  it('speaks with a person in the single chat', async () => {
    wecom.members.write('lisi', '#7KQ8H2 您好')
    await vi.waitFor(() => expect(core.messages).toHaveLength(1))
    const direct = core.messages[0]!.chat
    expect(direct).toEqual({ kind: 'direct', workplace: 'wecom', id: 'lisi' })
    await workplace.deliver({ do: 'note', chat: direct, title: '', body: [text('已发送')] })
    expect(shown(wecom.rooms.single('lisi').lines.at(-1))).toBe('已发送')
  })

  it('addresses a single chat by the userid as the bot reports it', async () => {
    wecom.rooms.addGroup('客服二组', [{ userid: 'WangWu', name: '王五' }])
    wecom.members.write('WangWu', '列表')
    await vi.waitFor(() => expect(core.messages).toHaveLength(1))
    const { chat: direct, agent } = core.messages[0]!
    expect([direct.id, agent?.id]).toEqual(['wangwu', 'wecom/wangwu'])
    await workplace.deliver({ do: 'note', chat: direct, title: '', body: [text('已发送')] })
    expect(wecom.framesOf('aibot_send_msg')).toMatchObject([{ body: { chatid: 'WangWu' } }])
    expect(shown(wecom.rooms.single('WangWu').lines.at(-1))).toBe('已发送')
  })

  it('is down once it has stopped', async () => {
    await activate()
    await workplace.stop()
    expect(workplace.available()).toBe(false)
    expect(await failure(pushLine('在吗'))).toMatchObject({
      code: 'wecom.not_connected',
      delivered: 'no',
      next: { do: 'retry' },
    })
  })
})

describe('a refusal of WeCom', () => {
  it.each([
    [93006, 'wecom.not_activated', { do: 'retry', afterMs: 60_000 }],
    [45009, 'wecom.rate_limited', { do: 'retry', afterMs: 20_000 }],
    [-1, 'wecom.busy', { do: 'retry', afterMs: 1000 }],
    [40058, 'wecom.message_refused', { do: 'give-up', reason: 'wecom.message_refused' }],
    [846699, 'wecom.message_refused', { do: 'give-up', reason: 'wecom.message_refused' }],
    [12345, 'wecom.refused', { do: 'retry', afterMs: 5000 }],
  ])('%i is %s', async (code, name, next) => {
    await activate()
    wecom.faults.add({ call: 'aibot_send_msg', fault: { kind: 'errcode', code }, times: 1 })
    const error = await failure(pushLine('在吗'))
    expect(error).toMatchObject({ code: name, delivered: 'no', next })
    expect(error.message).not.toContain('在吗')
  })

  it('comes for a group in which nobody has written to the bot', async () => {
    expect(await failure(pushLine('在吗'))).toMatchObject({ code: 'wecom.not_activated' })
    await activate()
    await pushLine('在吗')
  })
})

describe('a card in a WeCom group', () => {
  beforeEach(async () => void (await activate()))

  it('is clicked, redrawn with the present state within the window, and seen by all', async () => {
    await postCard()
    core.answer = async () => ({ card: held(), accepted: false })
    const outcome = await wecom.members.click('lisi', lines().at(-1)!, 'claim:0')
    expect(core.clicks).toMatchObject([
      { agent: { user: 'lisi' }, card: 'card-1', lease: 0, action: 'claim', chat: { id: group } },
    ])
    expect(outcome).toMatchObject({
      kind: 'updated',
      card: { task_id: 'card-1', button_list: [{ text: '结束', key: 'close:1' }] },
    })
  })

  it('keeps its task_id when a newer card of the conversation answers the click', async () => {
    await postCard()
    core.answer = async () => ({ card: { ...held(), id: 'card-2' as CardId }, accepted: false })
    const outcome = await wecom.members.click('lisi', lines().at(-1)!, 'claim:0')
    expect(outcome).toMatchObject({ kind: 'updated', card: { task_id: 'card-1' } })
  })

  it('is redrawn once when the click comes twice', async () => {
    await postCard()
    core.answer = async () => ({ card: held(), accepted: false })
    wecom.repeatCallbacks = 1
    await wecom.members.click('lisi', lines().at(-1)!, 'claim:0')
    await pushLine('在吗')
    expect(wecom.framesOf('aibot_respond_update_msg')).toHaveLength(1)
    expect(lines().map(({ content }) => content.kind)).toEqual(['text', 'card', 'markdown'])
  })

  it('stays as it is when the answer says so', async () => {
    wecom.settings.answerWindowMs = 100
    await postCard()
    expect(await wecom.members.click('lisi', lines().at(-1)!, 'claim:0')).toEqual({
      kind: 'unanswered',
    })
    expect(wecom.framesOf('aibot_respond_update_msg')).toEqual([])
  })

  it.each([
    ['claim:0', '找不到这张卡片对应的会话', '找不到这张卡片对应的会话'],
    ['show:0', undefined, '找不到对应的会话，发“列表”查看'],
  ])('says why it cannot be drawn after %s', async (key, hint, title) => {
    const both = actions(button('claim', '认领'), button('show', '查看最新', 'plain'))
    await postCard({ ...waiting(), body: [both] })
    core.answer = async () => ({ accepted: false, ...(hint !== undefined && { hint }) })
    expect(await wecom.members.click('lisi', lines().at(-1)!, key)).toMatchObject({
      kind: 'updated',
      card: { task_id: 'card-1', main_title: { title }, button_list: [{ key: 'show:0' }] },
    })
  })

  it('is followed by a line with the state when the platform takes the answer no more', async () => {
    await postCard()
    core.answer = async () => {
      wecom.settings.answerWindowMs = -1
      return { card: held(), accepted: false }
    }
    void wecom.members.click('lisi', lines().at(-1)!, 'claim:0')
    await wecom.until(() => shown(lines().at(-1)).includes('张三 接待中'))
    expect(shown(lines().at(-1))).toBe('**客户-7F3A 〔#7KQ8H2〕**\n状态：张三 接待中')
  })

  it('is followed by a line with the state when the connection drops during the click', async () => {
    await postCard()
    core.answer = async () => {
      await vi.waitFor(() => expect(workplace.available()).toBe(false))
      return { card: held(), accepted: false }
    }
    wecom.faults.add({ call: 'template_card_event', fault: { kind: 'lost-answer' }, times: 1 })
    void wecom.members.click('lisi', lines().at(-1)!, 'claim:0')
    await wecom.until(() => shown(lines().at(-1)).includes('张三 接待中'))
  })

  it('is posted once although the answer to the first try was lost', async () => {
    wecom.faults.add({ call: 'aibot_send_msg', fault: { kind: 'lost-answer' }, times: 1 })
    expect(await failure(postCard())).toMatchObject({ delivered: 'unknown' })
    await vi.waitFor(() => expect(workplace.available()).toBe(true), { timeout: 3000 })
    await postCard()
    expect(lines().filter(({ content }) => content.kind === 'card')).toHaveLength(1)
  })

  it('cannot be redrawn without a click', async () => {
    const update = workplace.deliver({ do: 'update-card', chat: chat(), card: held() })
    expect(await failure(update)).toMatchObject({ delivered: 'no', next: { do: 'give-up' } })
  })
})

describe('a card in a WeCom group that takes no pushed cards', () => {
  it('is given only as the answer to a message', async () => {
    await workplace.stop()
    await begin({ cardPushGroup: false })
    expect(workplace.capabilities.cardPushGroup).toBe(false)
    const { messageId } = await activate('#7KQ8H2')
    expect(await failure(postCard())).toMatchObject({ code: 'wecom.card_fixed' })
    await postCard(waiting(), messageId)
    expect(lines().at(-1)?.content.kind).toBe('card')
  })
})

describe('files for a WeCom group', () => {
  beforeEach(async () => void (await activate()))

  const send = (file: MediaFile, number = 1) =>
    workplace.deliver({ do: 'media', chat: chat(), file, caption: marked(number, '〔图片〕') })

  it('come before their marked line, byte for byte', async () => {
    const bytes = randomBytes(1_200_000)
    await send(makeFile('image', 'image/png', bytes, '截图.png'))
    const [, picture, caption] = lines()
    expect(picture?.content).toEqual({
      kind: 'media',
      media: { type: 'image', filename: '截图.png', bytes },
    })
    expect(shown(caption)).toBe('〔#7KQ8H2·1〕**客户-7F3A**：〔图片〕')
  })

  it('are uploaded once for several groups', async () => {
    const file = makeFile('image', 'image/png')
    await send(file, 1)
    await send(file, 2)
    expect(wecom.framesOf('aibot_upload_media_init')).toHaveLength(1)
    expect(lines()).toHaveLength(5)
  })

  it.each([
    ['image', 'image/webp', 2000, 'file'],
    ['image', 'image/jpeg', 3_000_000, 'file'],
    ['image', 'image/jpeg', 2_000_000, 'image'],
    ['voice', 'audio/amr', 2000, 'voice'],
    ['voice', 'audio/mpeg', 2000, 'file'],
    ['video', 'video/mp4', 2000, 'video'],
    ['file', 'application/pdf', 2000, 'file'],
  ] as const)('of kind %s and type %s with %i bytes go as %s', async (kind, type, size, as) => {
    await send(makeFile(kind, type, randomBytes(size)))
    const { content } = lines()[1]!
    expect(content.kind === 'media' && content.media.type).toBe(as)
  })

  it('that are too large are given up with a reason', async () => {
    const file = { ...makeFile('file', 'application/pdf'), bytes: 20 * 1024 * 1024 + 1 }
    expect(await failure(send(file))).toMatchObject({
      next: { do: 'give-up', reason: 'too-large' },
    })
  })

  it('are not shown twice when only the marked line failed', async () => {
    const file = makeFile('image', 'image/png')
    await send(file, 1)
    wecom.faults.add({ call: 'aibot_send_msg', fault: { kind: 'delay', ms: 0 }, times: 1 })
    wecom.faults.add({ call: 'aibot_send_msg', fault: { kind: 'errcode', code: -1 }, times: 1 })
    expect(await failure(send(file, 2))).toMatchObject({ delivered: 'no' })
    await send(file, 2)
    expect(lines().map(({ content }) => content.kind)).toEqual([
      'text',
      'media',
      'markdown',
      'media',
      'markdown',
    ])
  })

  it('whose upload is cut off are certainly not shown', async () => {
    wecom.faults.add({ call: 'upload', fault: { kind: 'cut' }, times: 1 })
    expect(await failure(send(makeFile('image', 'image/png')))).toMatchObject({
      code: 'wecom.upload_failed',
      delivered: 'no',
      next: { do: 'retry' },
    })
  })
})

describe('files from WeCom', () => {
  const picture = randomBytes(100_003)

  async function receive(): Promise<string> {
    const quote = wecom.members.post(group, 'lisi', {
      type: 'image',
      filename: '发票 1.png',
      bytes: picture,
    })
    wecom.members.mention(group, 'lisi', '#7KQ8H2 这是发票', { quote })
    await vi.waitFor(() => expect(core.messages).toHaveLength(1))
    return core.messages[0]!.quoted!.media!.ref
  }

  it('are decrypted on the way, with the name they had', async () => {
    const fetched = await workplace.fetchMedia(await receive())
    expect(fetched.name).toBe('发票 1.png')
    expect(await buffer(fetched.stream)).toEqual(picture)
  })

  it.each([0, 1, 31, 32, 33])('of %i bytes come through whole', async (size) => {
    const bytes = randomBytes(size)
    wecom.members.send('lisi', { type: 'file', filename: 'a.bin', bytes })
    await vi.waitFor(() => expect(core.messages).toHaveLength(1))
    const { stream } = await workplace.fetchMedia(core.messages[0]!.media[0]!.ref)
    expect(await buffer(stream)).toEqual(bytes)
  })

  it('are given up when the platform has them no more', async () => {
    const ref = await receive()
    wecom.faults.add({ call: 'media', fault: { kind: 'status', status: 404 }, times: 1 })
    expect(await failure(workplace.fetchMedia(ref))).toMatchObject({
      next: { do: 'give-up', reason: 'wecom.media_expired' },
    })
    const old = JSON.stringify({ ...JSON.parse(ref), at: Date.now() - 300_001 })
    expect(await failure(workplace.fetchMedia(old))).toMatchObject({ next: { do: 'give-up' } })
  })

  it('are tried again after a failure on the way', async () => {
    const ref = await receive()
    for (const fault of [{ kind: 'status', status: 503 }, { kind: 'cut' }] as const) {
      wecom.faults.add({ call: 'media', fault, times: 1 })
      expect(await failure(workplace.fetchMedia(ref))).toMatchObject({ next: { do: 'retry' } })
    }
  })

  it('under a wrong key fail the stream instead of giving rubbish', async () => {
    const ref = JSON.parse(await receive())
    const wrong = JSON.stringify({ ...ref, aesKey: randomBytes(32).toString('base64') })
    const { stream } = await workplace.fetchMedia(wrong)
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'wecom.download_failed' })
  })
})

describe("the doctor's look at WeCom", () => {
  it('finds a bot that is logged in', async () => {
    expect(await workplace.check()).toMatchObject([{ state: 'ok' }])
  })

  it('logs in for the look alone when the workplace is not running, and finds a wrong secret', async () => {
    await workplace.stop()
    const resting = makeWecom(workplaceId('wecom'), configure(), makeIo())
    expect(await resting.check()).toMatchObject([{ state: 'ok' }])
    await wecom.until(() => !wecom.isConnected)
    const wrong = makeWecom(workplaceId('wecom'), configure({ secret: 'wrong' }), makeIo())
    expect(await wrong.check()).toMatchObject([{ state: 'failed', fix: /核对 botId/ }])
  })
})
