import FormData from 'form-data'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { describeHttpFailure } from '#src/platform/http.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { Client } from './client.ts'
import { refusedBecause, retryLater } from './errors.ts'
import { makeGroupSpace, makeRobotSpace } from './ids.ts'
import type { CardValues, DrawnCard } from './template/template.ts'
import {
  deliverAnswer,
  downloadAnswer,
  type RobotMessage,
  sendAnswer,
  uploadAnswer,
  userAnswer,
} from './wire.ts'

export interface NewCard extends DrawnCard {
  outTrackId: string
  cardTemplateId: string
  /** One line for the list of chats and for notifications. */
  summary: string
  /** userId → name. */
  mention: Record<string, string>
  to: { group: string } | { user: string }
}

/** The calls that we make, each one page of the vendor's. */
export class Api {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /**
   * Posts a card; returns its carrierId, by which a quote of it is recognised.
   * 创建并投放卡片, read 2026-08. HTTP 200 and `success` can hide that it was not delivered: each result is looked at.
   */
  async createCard(card: NewCard): Promise<string | undefined> {
    const { outTrackId, cardTemplateId, publicData, privateData } = card
    return this.#deliver('createAndDeliver', {
      outTrackId,
      cardTemplateId,
      callbackType: 'STREAM',
      userIdType: 1,
      cardData: { cardParamMap: publicData },
      privateData: paramMaps(privateData),
      ...this.#space(card),
    })
  }

  /** Delivers a card that was made before and did not arrive (投放卡片, read 2026-08). */
  deliverCard(card: NewCard): Promise<string | undefined> {
    return this.#deliver('deliver', {
      outTrackId: card.outTrackId,
      userIdType: 1,
      ...this.#space(card),
    })
  }

  /** Changes variables of a card, and no others (更新卡片, read 2026-08; the default would wipe those left out). */
  async updateCard(outTrackId: string, { publicData, privateData }: DrawnCard): Promise<void> {
    await this.#client.call({
      api: 'card/update',
      method: 'PUT',
      path: '/v1.0/card/instances',
      body: () => ({
        outTrackId,
        userIdType: 1,
        cardData: { cardParamMap: publicData },
        privateData: paramMaps(privateData),
        cardUpdateOptions: { updateCardDataByKey: true, updatePrivateDataByKey: true },
      }),
      answer: z.unknown(),
    })
  }

  /** Returns the processQueryKey (机器人发送群聊消息, read 2026-08). */
  async sendToGroup(
    openConversationId: string,
    message: RobotMessage,
  ): Promise<string | undefined> {
    const { robotCode } = this.#client
    const { processQueryKey } = await this.#client.call({
      api: 'groupMessages/send',
      path: '/v1.0/robot/groupMessages/send',
      body: () => ({ robotCode, openConversationId, ...message }),
      answer: sendAnswer,
    })
    return processQueryKey ?? undefined
  }

  /** The same to one person (批量发送人与机器人会话中机器人消息, read 2026-08). */
  async sendToPerson(userId: string, message: RobotMessage): Promise<string | undefined> {
    const { robotCode } = this.#client
    const api = 'oToMessages/batchSend'
    const sent = await this.#client.call({
      api,
      path: '/v1.0/robot/oToMessages/batchSend',
      body: () => ({ robotCode, userIds: [userId], ...message }),
      answer: sendAnswer,
    })
    if (sent.invalidStaffIdList?.includes(userId)) {
      throw refusedBecause(api, 'no such person', 'dingtalk.person_unknown')
    }
    if (sent.flowControlledStaffIdList?.includes(userId)) {
      throw retryLater(api, 'dingtalk.rate_limited', 5000)
    }
    return sent.processQueryKey ?? undefined
  }

  /** Returns the media_id (上传媒体文件, read 2026-08). */
  async upload(
    type: string,
    file: { bytes: Uint8Array; name: string; mime: string },
  ): Promise<string> {
    const uploaded = await this.#client.call({
      api: 'media/upload',
      host: 'oapi',
      path: '/media/upload',
      body: () => {
        const form = new FormData()
        form.append('type', type)
        form.append('media', Buffer.from(file.bytes), {
          filename: file.name,
          contentType: file.mime,
        })
        return form
      },
      answer: uploadAnswer,
    })
    return uploaded.media_id
  }

  /** Opens a file that somebody sent to the robot (下载机器人接收消息的文件内容, read 2026-08). */
  async download(downloadCode: string): Promise<Readable> {
    const { robotCode } = this.#client
    const { downloadUrl } = await this.#client.call({
      api: 'messageFiles/download',
      path: '/v1.0/robot/messageFiles/download',
      body: () => ({ downloadCode, robotCode }),
      answer: downloadAnswer,
    })
    const answer = await this.#client.http
      .get<unknown>(downloadUrl, { responseType: 'stream' })
      .catch((error: unknown) => {
        throw fileFailed(describeHttpFailure(error))
      })
    const { data, status } = answer
    if (!(data instanceof Readable)) throw fileFailed('no stream')
    if (status === 200) return data
    data.destroy()
    throw status < 500
      ? refusedBecause('the file’s address', `HTTP ${status}`, 'media.expired')
      : fileFailed(`HTTP ${status}`)
  }

  /** A colleague's name (查询用户详情, read 2026-08); needs qyapi_get_member. */
  async userName(userid: string): Promise<string> {
    const { result } = await this.#client.call({
      api: 'user/get',
      host: 'oapi',
      path: '/topapi/v2/user/get',
      body: () => ({ userid, language: 'zh_CN' }),
      answer: userAnswer,
      metered: false,
    })
    return result.name
  }

  /** Answers where somebody wrote, mentioning them (webhook of the received message, read 2026-08); costs no API call. */
  answerAt(
    webhook: string,
    note: { title: string; text: string },
    staffId: string | undefined,
  ): Promise<void> {
    return this.#client.post('sessionWebhook', webhook, {
      msgtype: 'markdown',
      markdown: note,
      at: { atUserIds: staffId === undefined ? [] : [staffId], isAtAll: false },
    })
  }

  async #deliver(call: 'createAndDeliver' | 'deliver', body: object): Promise<string | undefined> {
    const api = `card/${call}`
    const { success, result } = await this.#client.call({
      api,
      path: `/v1.0/card/instances/${call}`,
      body: () => body,
      answer: deliverAnswer,
    })
    const deliveries = result?.deliverResults ?? []
    if (success === false || deliveries.some((delivery) => !delivery.success)) {
      throw refusedBecause(api, 'not delivered', 'dingtalk.not_in_group')
    }
    return deliveries[0]?.carrierId ?? undefined
  }

  #space({ to, summary, mention }: NewCard): object {
    const { robotCode } = this.#client
    const space = { supportForward: false, lastMessageI18n: { ZH_CN: summary } }
    const notification = { alertContent: summary, notificationOff: false }
    if ('user' in to) {
      return {
        openSpaceId: makeRobotSpace(to.user),
        imRobotOpenSpaceModel: { ...space, notification },
        imRobotOpenDeliverModel: { spaceType: 'IM_ROBOT', robotCode },
      }
    }
    const mentioned = Object.keys(mention).length > 0 ? { atUserIds: mention } : {}
    return {
      openSpaceId: makeGroupSpace(to.group),
      imGroupOpenSpaceModel: { ...space, notification },
      imGroupOpenDeliverModel: { robotCode, ...mentioned },
    }
  }
}

function paramMaps(
  privateData: Readonly<Record<string, CardValues>>,
): Record<string, { cardParamMap: CardValues }> {
  return Object.fromEntries(
    Object.entries(privateData).map(([user, cardParamMap]) => [user, { cardParamMap }]),
  )
}

const fileFailed = (what: string): PlatformError =>
  new PlatformError('dingtalk.file_failed', `DingTalk gave no file: ${what}`, {
    delivered: 'no',
    next: { do: 'retry', afterMs: 1000 },
  })
