import { WebSocket } from 'ws'
import { z } from 'zod'
import { type ConversationView, conversationCard } from '#cards/conversation.ts'
import type { CardId } from '#src/domain/ids.ts'
import type { SeededWorld } from '#src/playground/seed.ts'
import { drawCard, drawReplyForm, replyBox } from '#src/workplaces/dingtalk/card.ts'
import { drawCard as drawWecomCard } from '#src/workplaces/wecom/card.ts'
import { Bot } from './wecom/bot.ts'

const frame = z.object({
  type: z.string(),
  headers: z.looseObject({ messageId: z.string(), topic: z.string() }),
  data: z.string(),
})

/** What a button or form of a DingTalk card sent. */
export interface DingClick {
  action: string
  text: string | undefined
}

const click = z.object({
  cardPrivateData: z.object({
    params: z.looseObject({
      action: z.string(),
      form: z.looseObject({ text: z.string() }).optional(),
    }),
  }),
})

/**
 * The product's side of the wire, in a few lines: it draws our cards and answers clicks as it is told, so that the page
 * can be tested by itself.
 */
export class PageProduct {
  readonly #world: SeededWorld
  readonly #wecom: Bot
  readonly #ding: WebSocket
  readonly #token: string
  readonly clicks: DingClick[] = []
  /** What `userPrivateData` the next click on a DingTalk card is answered with. */
  dingAnswer: Record<string, string> = {}
  /** Whether clicks on DingTalk cards are answered at all. */
  answersDing = true

  private constructor(world: SeededWorld, ding: WebSocket, token: string, wecom: Bot) {
    this.#world = world
    this.#ding = ding
    this.#token = token
    this.#wecom = wecom
    ding.on('message', (bytes: Buffer) => this.#receive(bytes))
  }

  static async start(world: SeededWorld): Promise<PageProduct> {
    const { dingtalk } = world.config.workplaces
    if (dingtalk?.kind !== 'dingtalk') throw new Error('the seed has no DingTalk')
    const { clientId, clientSecret } = dingtalk
    const post = async (path: string, body: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', accept: 'application/json' }
      const answer = await fetch(`${world.dingtalk.url}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
      return answer.json()
    }
    const subscriptions = [
      { type: 'CALLBACK', topic: '/v1.0/im/bot/messages/get' },
      { type: 'CALLBACK', topic: '/v1.0/card/instances/callback' },
    ]
    const opened = z
      .object({ endpoint: z.string(), ticket: z.string() })
      .parse(
        await post('/v1.0/gateway/connections/open', { clientId, clientSecret, subscriptions }),
      )
    const ding = new WebSocket(`${opened.endpoint}?ticket=${encodeURIComponent(opened.ticket)}`)
    await new Promise((resolve) => ding.once('open', resolve))
    const { accessToken } = z
      .object({ accessToken: z.string() })
      .parse(await post('/v1.0/oauth2/accessToken', { appKey: clientId, appSecret: clientSecret }))
    return new PageProduct(world, ding, accessToken, await Bot.connect(world.wecom))
  }

  stop(): void {
    this.#ding.terminate()
    this.#wecom.socket.terminate()
  }

  /** Posts this conversation's card into the DingTalk group, with the reply box for `holder` when there is one. */
  async postDingCard(view: ConversationView, holder?: string): Promise<void> {
    const card = conversationCard(view)
    const space = this.#world.groups.dingtalk
    const cardData = { cardParamMap: drawCard(card, { space, formMaxBytes: 8192 }) }
    await this.#call('POST', '/v1.0/card/instances/createAndDeliver', {
      outTrackId: view.id,
      cardTemplateId: 'jieli-conversation.schema',
      callbackType: 'STREAM',
      cardData,
      ...(holder !== undefined && { privateData: this.#replyBox(view, holder) }),
      openSpaceId: `dtv1.card//IM_GROUP.${space}`,
      imGroupOpenSpaceModel: { supportForward: false },
      imGroupOpenDeliverModel: { robotCode: 'dingjieliplayground' },
    })
  }

  /** Changes single variables of a posted card. */
  async updateDingCard(id: string, values: Record<string, string>): Promise<void> {
    await this.#call('PUT', '/v1.0/card/instances', {
      outTrackId: id,
      cardData: { cardParamMap: values },
      cardUpdateOptions: { updateCardDataByKey: true },
    })
  }

  async sayInDing(title: string, text: string): Promise<void> {
    await this.#call('POST', '/v1.0/robot/groupMessages/send', {
      robotCode: 'dingjieliplayground',
      openConversationId: this.#world.groups.dingtalk,
      msgKey: 'sampleMarkdown',
      msgParam: JSON.stringify({ title, text }),
    })
  }

  async sayInWecom(content: string): Promise<void> {
    await this.#wecom.markdown(this.#world.groups.wecom, content)
  }

  async postWecomCard(view: ConversationView): Promise<void> {
    await this.#wecom.call('aibot_send_msg', {
      chatid: this.#world.groups.wecom,
      msgtype: 'template_card',
      template_card: drawWecomCard(conversationCard(view)),
    })
  }

  /** Answers the next click on a WeCom card with this conversation's card. */
  async answerWecomClick(view: ConversationView): Promise<void> {
    const { headers } = await this.#wecom.next()
    await this.#wecom.call(
      'aibot_respond_update_msg',
      {
        response_type: 'update_template_card',
        template_card: drawWecomCard(conversationCard(view)),
      },
      headers.req_id,
    )
  }

  #replyBox(view: ConversationView, holder: string): object {
    const box = replyBox(conversationCard({ ...view, replyBox: true }))
    if (!box) throw new Error('nobody can reply')
    const form = drawReplyForm(box, { nonce: 'n1', maxBytes: 8192 })
    return { [holder]: { cardParamMap: { can_reply: 'true', reply_form: form } } }
  }

  async #call(method: string, path: string, body: object): Promise<void> {
    const answer = await fetch(`${this.#world.dingtalk.url}${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-acs-dingtalk-access-token': this.#token,
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`)
  }

  #receive(bytes: Buffer): void {
    const { type, headers, data } = frame.parse(JSON.parse(bytes.toString()))
    if (type !== 'CALLBACK') return
    const isClick = headers.topic.includes('card')
    if (isClick) this.#remember(data)
    if (isClick && !this.answersDing) return
    const response = {
      userPrivateData: { cardParamMap: this.dingAnswer },
      cardUpdateOptions: { updatePrivateDataByKey: true },
    }
    this.#ding.send(
      JSON.stringify({
        code: 200,
        message: 'OK',
        headers: { messageId: headers.messageId, contentType: 'application/json' },
        data: JSON.stringify(isClick ? { response } : {}),
      }),
    )
  }

  #remember(data: string): void {
    const { content } = z.object({ content: z.string() }).parse(JSON.parse(data))
    const { params } = click.parse(JSON.parse(content)).cardPrivateData
    this.clicks.push({ action: params.action, text: params.form?.text })
  }
}

/** A conversation as the cards want it. */
export function someConversation(changes: Partial<ConversationView> = {}): ConversationView {
  return {
    // A card id is a string with a name of its own.
    id: '01JD8Q5W3K-test-r1' as CardId,
    lease: 0,
    marker: '〔#7KQ8H2〕',
    customer: '小林',
    source: '旗舰店 · 公众号',
    status: 'waiting',
    owedSince: '14:03',
    formerHolders: [],
    transcript: [
      { at: '14:03', who: '小林', from: 'customer', text: '你好，杯子裂了怎么办？' },
      { at: '14:03', who: '小林', from: 'customer', text: '〔图片〕' },
    ],
    quota: '还可回复 5 条，至 11-24 14:03',
    replyBox: false,
    colleagues: [],
    ...changes,
  }
}
