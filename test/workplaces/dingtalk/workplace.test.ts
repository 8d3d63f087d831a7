import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { actions, button, text } from '#cards/elements.ts'
import type { CardId } from '#src/domain/ids.ts'
import type { Line } from '#src/domain/line.ts'
import type { Fault } from '#src/playground/faults.ts'
import type { ClickAnswer } from '#src/ports/workplace.ts'
import { app, group } from '#test/playground/dingtalk/stage.ts'
import { createManualClock } from '#test/support/clock.ts'
import { agent, card, heldCard, input, waitingCard } from './cards-of-tests.ts'
import { hash, inGroup, type Office, office, type OfficeOptions, withLisi } from './office.ts'

const line = (text: string): Line => ({
  marker: '〔#7KQ8H2·1〕',
  who: '客户-7F3A',
  from: 'customer',
  text,
})

describe('the DingTalk workplace', () => {
  let desk: Office
  const open = async (options?: OfficeOptions): Promise<Office> => (desk = await office(options))
  afterEach(async () => {
    await desk.close()
  })
  const post = (body = waitingCard('你好')) =>
    desk.workplace.deliver({ do: 'post-card', chat: inGroup, card: body, mention: [] })
  const update = (body = heldCard()) =>
    desk.workplace.deliver({ do: 'update-card', chat: inGroup, card: body })
  const note = (answers?: string) =>
    desk.workplace.deliver({
      do: 'note',
      chat: inGroup,
      title: '帮助',
      body: [text('发“列表”查看')],
      ...(answers !== undefined && { answers }),
    })
  const seen = (user?: string) => desk.standIn.card('card-1', user)?.values ?? {}
  const entries = () => desk.standIn.group(group).entries
  const answerWith = (answer: ClickAnswer) => {
    desk.core.click = () => Promise.resolve(answer)
  }
  const strike = (call: string, fault: Fault, times = 1) =>
    desk.standIn.faults.add({ call, fault, times })
  const code = (code: string): Fault => ({ kind: 'errcode', code })

  describe('cards', () => {
    it('are posted with everything the template has, and named by their carrierId', async () => {
      await open()
      desk.standIn.people.writeInGroup('lisi', group, { text: '绑定' })
      await expect.poll(() => desk.inputs.length).toBe(1)
      const posted = await desk.workplace.deliver({
        do: 'post-card',
        chat: inGroup,
        card: waitingCard('你好'),
        mention: [agent('lisi')],
      })
      const entry = entries().at(-1)
      expect(posted.platformId).toBe(entry?.id)
      expect(entry?.mentions).toEqual(['lisi'])
      const parts = desk.standIn.card('card-1', 'lisi')?.parts
      expect(parts?.map((part) => ('text' in part ? part.text : part.kind))).toEqual([
        '客户-7F3A 〔#7KQ8H2〕',
        '旗舰店 · 公众号',
        '● 待处理',
        '状态：等待认领',
        'divider',
        '14:00 客户-7F3A：你好',
        '认领',
      ])
      expect(desk.standIn.problems).toEqual([])
    })

    it('are changed by key, and show the reply box to the holder alone', async () => {
      await open()
      await post()
      await update(heldCard({}, '你好', '在吗'))
      const kinds = (user: string) =>
        desk.standIn.card('card-1', user)?.parts?.map((part) => part.kind)
      expect(kinds('zhangsan')).toContain('form')
      expect(kinds('lisi')).not.toContain('form')
      await update(heldCard({ visibleTo: [agent('lisi')], hiddenFrom: [agent('zhangsan')] }))
      expect(kinds('zhangsan')).not.toContain('form')
      expect(kinds('lisi')).toContain('form')
      expect(desk.standIn.problems).toEqual([])
    })

    it('leave a reply box alone that a member has, until its draft changes', async () => {
      await open()
      await post()
      await update()
      const box = seen('zhangsan')['reply_form']
      await update(heldCard({}, '又来一句'))
      expect(seen('zhangsan')['reply_form']).toBe(box)
      await update(heldCard({ draft: '没发出去的话' }))
      expect(seen('zhangsan')['reply_form']).toContain('没发出去的话')
    })

    it('hide the reply box again from who gave the customer back', async () => {
      await open()
      await post()
      await update()
      await update(waitingCard('你好'))
      const parts = desk.standIn.card('card-1', 'zhangsan')?.parts
      expect(parts?.map((part) => part.kind)).not.toContain('form')
    })

    it('posted again after a lost answer are there once', async () => {
      await open()
      strike('card/createAndDeliver', { kind: 'lost-answer' })
      await expect(post()).rejects.toMatchObject({ delivered: 'unknown', next: { do: 'retry' } })
      expect(await post()).toEqual({})
      expect(entries()).toHaveLength(1)
    })

    it('that were not delivered say so, and are delivered when the bot is back', async () => {
      await open()
      strike('card/deliverResults', code('机器人不在群内'))
      await expect(post()).rejects.toMatchObject({
        code: 'dingtalk.not_in_group',
        delivered: 'no',
        next: { do: 'give-up', reason: 'dingtalk.not_in_group' },
      })
      expect(entries()).toHaveLength(0)
      expect(await post()).toEqual({ platformId: entries()[0]?.id })
    })

    it('refused by the content review go out once more with the customer’s words masked', async () => {
      await open({ standIn: { unsafeWords: ['坏话'] } })
      await post(waitingCard('坏话'))
      expect(seen()['line_1']).toMatch(/［内容未通过钉钉审核/)
      await update(heldCard({}, '坏话'))
      expect(seen()['line_1']).toMatch(/［内容未通过钉钉审核/)
      await expect(update(card([text('坏话')]))).rejects.toMatchObject({
        next: { do: 'give-up', reason: 'dingtalk.content_unsafe' },
      })
    })

    it('of people who have left are changed for the others', async () => {
      await open()
      await post()
      await update(heldCard({ hiddenFrom: [agent('gone')] }))
      expect(seen()['tone']).toBe('calm')
    })

    it('have no place without a template', async () => {
      await open({ config: { cardTemplateId: undefined } })
      expect(desk.workplace.capabilities).toMatchObject({
        cards: false,
        cardReply: false,
        transcript: 'lines',
      })
      await expect(post()).rejects.toMatchObject({ next: { do: 'give-up' } })
    })

    it('that DingTalk does not know are given up', async () => {
      await open()
      await expect(update()).rejects.toMatchObject({
        next: { do: 'give-up', reason: 'dingtalk.card_gone' },
      })
    })
  })

  describe('clicks', () => {
    it('bring the clicker’s name, and show the answer to the clicker alone', async () => {
      await open()
      await post()
      answerWith({ accepted: true, hint: '已认领', card: heldCard({}, '你好') })
      const outcome = await desk.standIn.people.click('zhangsan', 'card-1', 'claim')
      expect(outcome).toMatchObject({ code: 200, late: false })
      expect(desk.clicks[0]).toMatchObject({
        action: 'claim',
        lease: 0,
        card: 'card-1',
        chat: inGroup,
        agent: { id: 'dingtalk/zhangsan', name: '张三' },
      })
      expect(seen('zhangsan')).toMatchObject({ can_reply: 'true', hint: '已认领', tone: 'calm' })
      expect(seen('lisi')).toMatchObject({ can_reply: '', hint: '', tone: 'alert' })
    })

    it('take the hint away with the next update', async () => {
      await open()
      await post()
      answerWith({ accepted: false, hint: '已被李四认领' })
      await desk.standIn.people.click('zhangsan', 'card-1', 'claim')
      expect(seen('zhangsan')['hint']).toBe('已被李四认领')
      await update(heldCard({ visibleTo: [agent('lisi')] }))
      expect(seen('zhangsan')['hint']).toBe('')
    })

    it('submit the reply box; accepted words leave an empty one, refused words stay in it', async () => {
      await open()
      await post()
      await update()
      const submit = (words: string) =>
        desk.standIn.people.submit('zhangsan', 'card-1', 'reply', { text: words })
      answerWith({ accepted: true, hint: '发送中', card: heldCard() })
      await submit('您好')
      expect(desk.clicks[0]).toMatchObject({ action: 'reply', text: '您好', lease: 1 })
      expect(seen('zhangsan')['reply_form']).not.toContain('您好')
      await submit('您好')
      expect(desk.clicks[1]?.key).not.toBe(desk.clicks[0]?.key)
      answerWith({ accepted: false, hint: '额度已用完', card: heldCard() })
      await submit('再见')
      expect(seen('zhangsan')['reply_form']).toContain('再见')
      await submit('再见')
      expect(desk.clicks[3]?.key).not.toBe(desk.clicks[2]?.key)
    })

    it('submitted again because the answer was lost have the same key', async () => {
      await open({ standIn: { cardDeadlineMs: 100 } })
      await post()
      await update()
      answerWith({ accepted: true, card: heldCard() })
      strike('stream/card', { kind: 'lost-answer' })
      const submit = () =>
        desk.standIn.people.submit('zhangsan', 'card-1', 'reply', { text: '您好' })
      expect(await submit()).toMatchObject({ toast: '操作失败，请稍后重试' })
      answerWith({ accepted: false, hint: '已处理过' })
      await submit()
      expect(desk.clicks[1]?.key).toBe(desk.clicks[0]?.key)
    })

    it('choose a colleague from a list that only the clicker sees', async () => {
      await open()
      await post()
      await update()
      const options = [{ value: agent('lisi'), label: '李四' }]
      const choice = {
        type: 'choice' as const,
        action: 'transfer' as const,
        label: '转给谁？',
        options,
      }
      const back = actions(button('show', '返回', 'plain'))
      answerWith({ accepted: true, card: card([choice, back], { lease: 1 }) })
      await desk.standIn.people.click('zhangsan', 'card-1', 'colleagues')
      expect(seen('lisi')['show_transfer']).toBe('')
      await desk.standIn.people.submit('zhangsan', 'card-1', 'transfer', { to: agent('lisi') })
      expect(desk.clicks[1]).toMatchObject({ action: 'transfer', value: 'dingtalk/lisi', lease: 1 })
      await update()
      expect(seen('zhangsan')['show_transfer']).toBe('')
    })

    it('are answered before the card is changed for everybody', async () => {
      await open()
      await post()
      const decided = Promise.withResolvers<ClickAnswer>()
      const asked = Promise.withResolvers<void>()
      desk.core.click = () => {
        asked.resolve()
        return decided.promise
      }
      const outcome = desk.standIn.people.click('zhangsan', 'card-1', 'claim')
      await asked.promise
      const updated = update()
      decided.resolve({ accepted: true, card: heldCard() })
      await Promise.all([outcome, updated])
      expect(desk.standIn.problems).toEqual([])
    })

    it('that the core cannot take are answered as failed at once', async () => {
      await open()
      await post()
      desk.core.click = () => Promise.reject(new Error('disk'))
      const outcome = await desk.standIn.people.click('zhangsan', 'card-1', 'claim')
      expect(outcome).toMatchObject({ code: 500, late: false, toast: '操作失败，请稍后重试' })
    })

    it('whose socket is dropped can be done again', async () => {
      await open({ config: { stream: { backoffFirstMs: 10 } } })
      await post()
      strike('stream/card', { kind: 'cut' })
      const outcome = await desk.standIn.people.click('zhangsan', 'card-1', 'claim')
      expect(outcome.toast).toBe('操作失败，请稍后重试')
      answerWith({ accepted: true, card: heldCard() })
      await expect.poll(() => desk.standIn.gateway.connections().length).toBe(2)
      expect(await desk.standIn.people.click('zhangsan', 'card-1', 'claim')).toMatchObject({
        code: 200,
      })
    })

    it('that nobody understands show the card and say so', async () => {
      await open()
      await post()
      answerWith({ accepted: false, card: heldCard() })
      const data = { outTrackId: 'card-1', userId: 'zhangsan', content: '', value: '{}' }
      const topic = '/v1.0/card/instances/callback'
      const { answer } = desk.standIn.gateway.push(app.clientId, 'CALLBACK', topic, data)
      const hint = { cardParamMap: { hint: '没有看懂这次点击，请再试' } }
      expect(await answer).toMatchObject({
        code: 200,
        data: { response: { userPrivateData: hint } },
      })
      expect(desk.clicks[0]?.action).toBe('')
    })

    it('are not kept waiting for a name', async () => {
      await open()
      await post()
      strike('user/get', { kind: 'delay', ms: 800 })
      const outcome = await desk.standIn.people.click('zhangsan', 'card-1', 'claim')
      expect(outcome.tookMs).toBeLessThan(700)
      expect(desk.clicks[0]?.agent).not.toHaveProperty('name')
    })
  })

  describe('words of agents', () => {
    it('come from groups and single chats, with what they quote', async () => {
      await open()
      const { platformId } = await post()
      const { people } = desk.standIn
      await people.writeInGroup('zhangsan', group, { text: '在的', quote: platformId! })
        .acknowledged
      expect(desk.inputs[0]).toMatchObject({
        agent: { user: 'zhangsan', name: '张三' },
        chat: inGroup,
        text: '在的',
        quoted: { platformId },
      })
      await people.writeToBot('lisi', { text: '您好' }).acknowledged
      expect(desk.inputs[1]).toMatchObject({ chat: withLisi, text: '您好' })
      expect(desk.reached).toContainEqual(withLisi)
    })

    it('quoting a line of ours bring its words and its id', async () => {
      await open()
      const { platformId } = await desk.workplace.deliver({
        do: 'lines',
        chat: inGroup,
        lines: [line('什么时候发货')],
      })
      const quote = platformId!
      await desk.standIn.people.writeInGroup('lisi', group, { text: '明天', quote }).acknowledged
      expect(desk.inputs[0]?.quoted).toEqual({
        platformId,
        text: '〔#7KQ8H2·1〕客户-7F3A：什么时候发货',
      })
    })

    it('bring their pictures', async () => {
      await open()
      const pictures = [{ bytes: Buffer.from('JPG!'), type: 'image/jpeg' }]
      const { people } = desk.standIn
      await people.writeInGroup('lisi', group, { text: '#7KQ8H2', pictures }).acknowledged
      const [picture] = desk.inputs[0]!.media
      const { stream } = await desk.workplace.fetchMedia(picture!.ref)
      expect((await buffer(stream)).toString()).toBe('JPG!')
    })

    it('that could not be kept come again', async () => {
      await open({ standIn: { redeliverMs: 20 } })
      let tries = 0
      desk.core.message = () =>
        ++tries === 1 ? Promise.reject(new Error('disk')) : Promise.resolve()
      const { acknowledged } = desk.standIn.people.writeToBot('lisi', { text: '您好' })
      expect(await acknowledged).toBe(true)
      expect(desk.inputs).toHaveLength(1)
    })

    it('without senderStaffId have no agent, and are answered all the same', async () => {
      await open()
      strike('stream/bot', code('no-staff-id'))
      await desk.standIn.people.writeToBot('lisi', { text: '您好' }).acknowledged
      const [said] = desk.inputs
      expect(said?.agent).toBeUndefined()
      await desk.workplace.deliver({
        do: 'note',
        chat: said!.chat,
        title: '无法识别',
        body: [text('请联系管理员')],
        answers: said!.messageId,
      })
      expect(desk.standIn.chat('lisi').entries.at(-1)?.content).toMatchObject({
        type: 'markdown',
      })
    })

    it('withheld by the platform are an alarm and nothing else', async () => {
      await open()
      strike('stream/bot', code('20001'))
      expect(await desk.standIn.people.writeToBot('lisi', { text: '您好' }).acknowledged).toBe(true)
      expect(desk.inputs).toEqual([])
      expect(desk.workplace.health()).toMatchObject({ state: 'degraded' })
    })
  })

  describe('notes, lines and files', () => {
    it('answer where somebody wrote, mentioning them, at no call of the quota', async () => {
      await open()
      await desk.standIn.people.writeInGroup('lisi', group, { text: '帮助' }).acknowledged
      await note(desk.inputs[0]?.messageId)
      expect(entries().at(-1)).toMatchObject({
        mentions: ['lisi'],
        content: { type: 'markdown', title: '帮助' },
      })
      expect(desk.standIn.limits.calls).toBe(0)
    })

    it('fall back to the API when the webhook is refused', async () => {
      await open()
      await desk.standIn.people.writeInGroup('lisi', group, { text: '帮助' }).acknowledged
      strike('sessionWebhook', { kind: 'errcode', code: 300001 })
      expect(await note(desk.inputs[0]?.messageId)).toEqual({ platformId: entries().at(-1)?.id })
    })

    it('reach one person', async () => {
      await open()
      await desk.workplace.deliver({
        do: 'note',
        chat: withLisi,
        title: '提醒',
        body: [text('请看')],
      })
      expect(desk.standIn.chat('lisi').entries.at(-1)?.content).toMatchObject({
        text: '**提醒**  \n  请看',
      })
      const nobody = { ...withLisi, id: 'nobody' }
      await expect(
        desk.workplace.deliver({ do: 'note', chat: nobody, title: 'x', body: [] }),
      ).rejects.toMatchObject({ next: { do: 'give-up', reason: 'dingtalk.person_unknown' } })
    })

    it('mask lines that the content review refuses', async () => {
      await open({ standIn: { unsafeWords: ['坏话'] } })
      await desk.workplace.deliver({ do: 'lines', chat: inGroup, lines: [line('坏话')] })
      expect(entries().at(-1)?.content).toMatchObject({
        text: expect.stringMatching(/^〔#7KQ8H2·1〕客户-7F3A：［内容未通过/) as string,
      })
    })

    it.each([
      ['image', 'image/png', 'picture'],
      ['voice', 'audio/amr', 'audio'],
      ['video', 'video/mp4', 'video'],
      ['file', 'application/pdf', 'file'],
    ] as const)('show a %s by upload, with its marked line', async (kind, type, shown) => {
      await open()
      desk.files.set(hash('a'), Buffer.from('#!AMR\n\x3c'))
      const file = { hash: hash('a'), kind, type, bytes: 7, name: '发票.bin' }
      const caption = line('')
      const posted = await desk.workplace.deliver({ do: 'media', chat: inGroup, file, caption })
      const [media, words] = entries()
      expect(media).toMatchObject({ id: posted.platformId, content: { type: shown } })
      expect(words?.content).toMatchObject({ text: '〔#7KQ8H2·1〕客户-7F3A：' })
      if (kind === 'file') expect(media?.content).toMatchObject({ fileName: '发票.pdf' })
    })

    it('refuse for good a file that DingTalk shows in no chat, so that a link can take its place', async () => {
      await open()
      const file = { hash: hash('b'), kind: 'file', type: 'text/plain', bytes: 7 } as const
      const caption = line('〔文件〕')
      await expect(
        desk.workplace.deliver({ do: 'media', chat: inGroup, file, caption }),
      ).rejects.toMatchObject({
        delivered: 'no',
        next: { do: 'give-up', reason: 'type-unsupported' },
      })
      expect(entries()).toHaveLength(0)
    })

    it('post a file once although its line had to be tried twice', async () => {
      await open()
      desk.files.set(hash('a'), Buffer.from('PNG'))
      const file = { hash: hash('a'), kind: 'image', type: 'image/png', bytes: 3 } as const
      const deliver = () =>
        desk.workplace.deliver({ do: 'media', chat: inGroup, file, caption: line('') })
      // The first of the two calls passes, the second one is refused.
      desk.standIn.faults.add({
        call: 'groupMessages/send',
        fault: { kind: 'delay', ms: 0 },
        times: 1,
      })
      strike('groupMessages/send', code('send.too.fast'))
      await expect(deliver()).rejects.toMatchObject({ delivered: 'no' })
      await deliver()
      expect(entries().map((entry) => entry.content.type)).toEqual(['picture', 'text'])
    })
  })

  describe('failures', () => {
    const send = () => desk.workplace.deliver({ do: 'lines', chat: inGroup, lines: [line('x')] })

    it('of the token are healed by a new one', async () => {
      await open()
      await send()
      desk.standIn.revokeTokens()
      await send()
      expect(entries()).toHaveLength(2)
    })

    it.each([
      ['Forbidden.AccessDenied.QpsLimitForAppkeyAndApi', 'no', { do: 'retry', afterMs: 1100 }],
      [
        'Forbidden.AccessDenied.ApiCountLimitForOrg',
        'no',
        { do: 'give-up', reason: 'dingtalk.quota_used' },
      ],
      ['group.disbanded', 'no', { do: 'give-up', reason: 'dingtalk.group_gone' }],
      ['bot.stopped', 'no', { do: 'give-up', reason: 'dingtalk.bot_stopped' }],
      ['system.error', 'unknown', { do: 'retry', afterMs: 2000 }],
      ['never.heard.of', 'no', { do: 'give-up', reason: 'dingtalk.refused' }],
    ] as const)('%s are told apart', async (errcode, delivered, next) => {
      await open()
      strike('groupMessages/send', code(errcode))
      await expect(send()).rejects.toMatchObject({ delivered, next })
    })

    it.each([
      ['504', { kind: 'status', status: 504, body: '' }, 'unknown'],
      ['an answer that is lost', { kind: 'lost-answer' }, 'unknown'],
      ['a line that is cut', { kind: 'cut' }, 'unknown'],
      ['an answer that is empty', { kind: 'status', status: 200, body: '[]' }, 'unknown'],
    ] as const)('by %s may have been sent', async (_name, fault, delivered) => {
      await open()
      strike('groupMessages/send', fault)
      await expect(send()).rejects.toMatchObject({ code: 'dingtalk.no_answer', delivered })
    })

    it('name no secret, no token and none of the words', async () => {
      await open()
      strike('groupMessages/send', code('x'.repeat(100)))
      const error = await send().then(
        () => undefined,
        (failure: Error) => failure,
      )
      expect(error?.message).toBe('DingTalk refused groupMessages/send: HTTP 400')
    })

    it('by HTML stop all calls for five minutes, and say when it goes on', async () => {
      const clock = createManualClock()
      await open({ clock })
      strike('groupMessages/send', { kind: 'status', status: 200, body: '<html>denied</html>' })
      await expect(send()).rejects.toMatchObject({
        code: 'dingtalk.ip_blocked',
        delivered: 'no',
        next: { do: 'retry', afterMs: 300_000 },
      })
      expect(desk.workplace.available()).toBe(false)
      expect(desk.workplace.health().state).toBe('down')
      await expect(send()).rejects.toMatchObject({ code: 'dingtalk.ip_blocked' })
      const before = desk.reached.length
      await clock.advance(300_000)
      expect(desk.workplace.available()).toBe(true)
      expect(desk.reached.length).toBe(before + 1)
    })

    it('show in health when the quota is used up, and when it comes near', async () => {
      await open({ config: { monthlyCalls: 10 } })
      await expect.poll(() => desk.workplace.health()).toMatchObject({ state: 'ok', detail: '' })
      for (let i = 0; i < 7; i++) await send()
      expect(desk.workplace.health()).toMatchObject({
        state: 'degraded',
        detail: expect.stringContaining('7 of 10') as string,
      })
      desk.standIn.limits.settings.monthlyCalls = 1
      await expect(send()).rejects.toThrow()
      expect(desk.workplace.health().detail).toContain('used up')
    })
  })

  it('paces its calls under the platform’s limit', async () => {
    await open({ standIn: { qps: 20 }, config: { callsPerSecond: 15 } })
    const sends = Array.from({ length: 22 }, () =>
      desk.workplace.deliver({ do: 'lines', chat: inGroup, lines: [line('x')] }),
    )
    await Promise.all(sends)
    expect(entries()).toHaveLength(22)
    expect(desk.standIn.calls.filter((call) => call.status === 403)).toEqual([])
  })

  it('asks for patience rather than hold a call for long', async () => {
    await open({ config: { callsPerSecond: 1 } })
    const sends = Array.from({ length: 5 }, () =>
      desk.workplace.deliver({ do: 'lines', chat: inGroup, lines: [line('x')] }),
    )
    const results = await Promise.allSettled(sends)
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(2)
    expect(results.find((result) => result.status === 'rejected')).toMatchObject({
      reason: { code: 'dingtalk.rate_limited', delivered: 'no' },
    })
  })

  it('tells the doctor what it finds', async () => {
    await open({ start: false })
    expect((await desk.workplace.check()).map((check) => check.state)).toEqual([
      'ok',
      'ok',
      'ok',
      'ok',
    ])
    desk.standIn.addApp({ clientId: 'dingapp', clientSecret: 'another' })
    const checks = await desk.workplace.check()
    expect(checks.map((check) => check.state)).toEqual(['failed', 'failed', 'ok', 'ok'])
    expect(checks[0]?.fix).toContain('clientSecret')
  })

  it('leaves agents of another workplace alone', async () => {
    await open()
    await post()
    const other = 'wecom/wangwu' as ReturnType<typeof agent>
    await update(card([input({ visibleTo: [other], hiddenFrom: [other] })]))
    expect(desk.standIn.calls.at(-1)?.body).toMatchObject({ privateData: {} })
  })

  it('posts cards into single chats', async () => {
    await open()
    const own = { ...waitingCard('你好'), id: 'card-2' as CardId }
    await desk.workplace.deliver({ do: 'post-card', chat: withLisi, card: own, mention: [] })
    expect(desk.standIn.chat('lisi').entries[0]?.card?.outTrackId).toBe('card-2')
    answerWith({ accepted: true })
    await desk.standIn.people.click('lisi', 'card-2', 'claim')
    expect(desk.clicks[0]).toMatchObject({ agent: { user: 'lisi' }, chat: withLisi })
  })
})
