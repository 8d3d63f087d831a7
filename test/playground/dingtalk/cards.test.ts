import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DingtalkStandIn } from '#src/playground/dingtalk/index.ts'
import { cardPath, createPath, dial, form, group, login, newCard, post, stage } from './stage.ts'

describe('the DingTalk stand-in’s cards', () => {
  let standIn: DingtalkStandIn
  let token: string
  const call = (path: string, body: unknown, method = 'POST') =>
    post(standIn, path, body, { method, token })
  const titled = (title: string) => ({ title, form })

  beforeEach(async () => {
    standIn = await stage()
    token = await login(standIn)
  })
  afterEach(() => standIn.stop())

  it('are posted into the group, with a carrierId that is the entry’s id', async () => {
    const { json } = await call(createPath, newCard('c1', titled('张三 · 公众号')))
    const [entry] = standIn.group(group, 'lisi').entries
    expect(json).toMatchObject({
      success: true,
      result: { outTrackId: 'c1', deliverResults: [{ success: true, carrierId: entry?.id }] },
    })
    expect(entry?.mentions).toEqual(['lisi'])
    expect(entry?.card?.parts?.[0]).toEqual({
      kind: 'text',
      text: '张三 · 公众号',
      look: 'title',
    })
    expect(standIn.problems).toEqual([])
  })

  it('are refused under an outTrackId that exists, or answered as before when so set', async () => {
    const first = await call(createPath, newCard('c1', titled('一')))
    expect((await call(createPath, newCard('c1', titled('二')))).json).toMatchObject({
      code: 'param.cardAlreadyExist',
    })
    standIn.options.existingCard = 'accept'
    expect(await call(createPath, newCard('c1', titled('三')))).toEqual(first)
    expect(standIn.group(group).entries).toHaveLength(1)
  })

  it.each([
    ['a number as value', { title: 1 }, 'param.invalid'],
    ['an object as value', { title: {} }, 'param.invalid'],
  ])('refuse %s', async (_name, values, code) => {
    expect(await call(createPath, newCard('c1', values))).toMatchObject({
      status: 400,
      json: { code },
    })
  })

  it('refuse an unknown template and an unpublished one', async () => {
    standIn.addTemplate({ id: 'draft.schema', published: false })
    const card = newCard('c1', titled('一'))
    const templateNotExist = await call(createPath, { ...card, cardTemplateId: 'b.schema' })
    const unpublished = await call(createPath, { ...card, cardTemplateId: 'draft.schema' })
    expect(templateNotExist.json['code']).toBe('param.templateNotExist')
    expect(unpublished.json['code']).toBe('param.templateUnpublished')
  })

  it('say success although the robot is not in the group; only deliverResults tells', async () => {
    standIn.removeRobot(group)
    const { status, json } = await call(createPath, newCard('c1', titled('一')))
    expect(status).toBe(200)
    expect(json).toMatchObject({
      success: true,
      result: { deliverResults: [{ success: false, errorMsg: '机器人不在群内' }] },
    })
    expect(standIn.group(group).entries).toEqual([])
  })

  it('lose all other variables in an update that is not by key', async () => {
    await call(createPath, newCard('c1', titled('一')))
    const cardData = { cardParamMap: { title: '二' } }
    const cardUpdateOptions = { updateCardDataByKey: true, updatePrivateDataByKey: true }
    await call(cardPath, { outTrackId: 'c1', cardData, cardUpdateOptions }, 'PUT')
    expect(standIn.card('c1')?.values).toEqual({ title: '二', form })
    await call(cardPath, { outTrackId: 'c1', cardData }, 'PUT')
    expect(standIn.card('c1')?.values).toEqual({ title: '二' })
  })

  it('show a private value to its user only, and ignore one of a public variable', async () => {
    await call(createPath, newCard('c1', titled('一')))
    const cardParamMap = { can_reply: 'true', title: '只给张三' }
    await call(cardPath, { outTrackId: 'c1', privateData: { zhangsan: { cardParamMap } } }, 'PUT')
    const kinds = (viewer: string) => standIn.card('c1', viewer)?.parts?.map((part) => part.kind)
    expect(kinds('zhangsan')).toEqual(['text', 'button', 'form'])
    expect(kinds('lisi')).toEqual(['text', 'button'])
    expect(standIn.card('c1', 'zhangsan')?.values['title']).toBe('一')
    expect(standIn.problems).toEqual(['card c1: variable title is not private in the template'])
  })

  it('send a click with the button’s parameters and show the answer to the clicker only', async () => {
    await call(createPath, newCard('c1', titled('一')))
    let content = ''
    await dial(standIn, (frame) => {
      content = (JSON.parse(frame.data) as { content: string }).content
      return {
        response: {
          cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
          cardData: { cardParamMap: { title: '已认领' } },
          userPrivateData: { cardParamMap: { can_reply: 'true' } },
        },
      }
    })
    const outcome = await standIn.people.click('zhangsan', 'c1', 'claim')
    expect(outcome).toMatchObject({ late: false, code: 200 })
    expect(JSON.parse(content)).toEqual({
      cardPrivateData: { actionIds: ['claim'], params: { on: '一' } },
    })
    expect(standIn.card('c1', 'zhangsan')?.values).toMatchObject({
      title: '已认领',
      can_reply: 'true',
    })
    expect(standIn.card('c1', 'lisi')?.values['title']).toBe('一')

    const outcomeOfForm = standIn.people.submit('zhangsan', 'c1', 'form', {
      text: '您好',
      to: 'lisi',
    })
    await outcomeOfForm
    expect(JSON.parse(content)).toMatchObject({
      cardPrivateData: { params: { form: { text: '您好', to: { index: 0, value: 'lisi' } } } },
    })
  })

  it('drop what an answer showed when an update for all comes', async () => {
    await call(createPath, newCard('c1', titled('一')))
    await dial(standIn, () => ({ response: { cardData: { cardParamMap: { title: '只给你' } } } }))
    await standIn.people.click('zhangsan', 'c1', 'claim')
    const cardData = { cardParamMap: { title: '给大家' } }
    await call(cardPath, { outTrackId: 'c1', cardData }, 'PUT')
    expect(standIn.card('c1', 'zhangsan')?.values['title']).toBe('给大家')
  })

  it('show a failure to the clicker when no answer comes in time', async () => {
    standIn.options.cardDeadlineMs = 30
    await call(createPath, newCard('c1', titled('一')))
    await dial(standIn, () => undefined)
    const outcome = await standIn.people.click('lisi', 'c1', 'claim')
    expect(outcome).toMatchObject({ late: true, toast: '操作失败，请稍后重试' })
    expect(standIn.toasts('lisi')).toHaveLength(1)
    expect(standIn.problems).toEqual(['a click on card c1 was not answered in time'])
  })

  it('have no button for whom the template hides it', async () => {
    await call(createPath, newCard('c1', titled('一')))
    expect(() => standIn.people.submit('lisi', 'c1', 'form', { text: 'x' })).toThrow(/sees no form/)
  })
})
