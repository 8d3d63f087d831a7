import { readFileSync } from 'node:fs'
import { wechatOaConfig } from '#src/channels/wechat/config.ts'
import { wechatOa } from '#src/channels/wechat/index.ts'
import { accountId } from '#src/domain/ids.ts'
import { readAesKey } from '#src/platform/tencent-crypto.ts'
import {
  type CallbackRequest,
  sealCallback,
  type Sealing,
  type WireFields,
} from '#src/playground/wechat/callback.ts'
import { startWechat } from '#src/playground/wechat/index.ts'
import type { RawRequest } from '#src/ports/channel.ts'
import { makePlaceIo } from '../workplace/place.ts'
import type { ChannelPlace } from '../channel.ts'

const APP_ID = 'wx00000000contract'
const TOKEN = 'contracttoken'
const AES_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
const OTHER_KEY = 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba'
const MINUTE = 60_000

/** A 公众号 in safe mode against its stand-in. */
export async function openWechatOa(): Promise<ChannelPlace> {
  const secret = 'contract-secret'
  const accounts = [{ appid: APP_ID, secret, token: TOKEN, encodingAesKey: AES_KEY }]
  const wechat = await startWechat({ accounts })
  const account = wechat.account(APP_ID)
  const phone = account.addPhone({ openid: 'oContractCustomer' })
  const io = makePlaceIo()
  const config = wechatOaConfig.parse({
    appId: APP_ID,
    appSecret: secret,
    token: TOKEN,
    encodingAesKey: AES_KEY,
    apiBase: wechat.url,
    quotaUsedRetryMs: 0,
  })
  const by: Sealing = {
    appid: APP_ID,
    openid: phone.openid,
    token: TOKEN,
    key: readAesKey(AES_KEY),
    mode: 'safe',
    format: 'xml',
  }
  const common = (): WireFields => ({
    ToUserName: account.originalId,
    FromUserName: phone.openid,
    CreateTime: Math.floor(Date.now() / 1000),
    MsgId: BigInt(account.nextMsgId()),
  })
  const sealed = (fields: WireFields, over: Partial<Sealing> = {}, atMs = Date.now()): RawRequest =>
    rawOf(sealCallback(fields, { ...by, ...over }, atMs))
  const text = (words: string): WireFields => ({ ...common(), MsgType: 'text', Content: words })
  const send = (code: number): void => {
    const fault = { kind: 'errcode', code } as const
    wechat.faults.add({ call: 'custom/send', fault, times: 1 })
  }
  return {
    channel: wechatOa(accountId('shop'), config, io),
    files: io.files,
    customer: phone.openid,
    picture: {
      bytes: readFileSync(new URL('../../../src/playground/samples/picture.jpg', import.meta.url)),
      type: 'image/jpeg',
    },
    wrote(words) {
      // Nothing is posted, for the account has no address: it opens the window on the platform's side.
      void phone.text(words)
      return sealed(text(words))
    },
    pictured(bytes) {
      const { id } = account.media.keep(bytes, 'image', Date.now())
      return sealed({ ...common(), MsgType: 'image', PicUrl: `${wechat.url}/x`, MediaId: id })
    },
    underNewId(words) {
      const first = text(words)
      return [sealed(first), sealed({ ...first, MsgId: BigInt(account.nextMsgId()) })]
    },
    forged: (request) => [
      ['without a signature', { ...request, query: {} }],
      ['signed with another token', sealed(text('桃花源'), { token: 'othertoken' })],
      ['for another key', sealed(text('桃花源'), { key: readAesKey(OTHER_KEY) })],
      ['of another account', sealed(text('桃花源'), { appid: 'wx0000000000000009' })],
      ['in clear', sealed(text('桃花源'), { mode: 'plain' })],
      ['eleven minutes old', sealed(text('桃花源'), {}, Date.now() - 11 * MINUTE)],
      ['with another body', { ...request, body: sealed(text('别的')).body }],
      ['cut off', { ...request, body: request.body.subarray(0, 40) }],
      ['with an empty body', { ...request, body: Buffer.alloc(0) }],
    ],
    phone: () =>
      phone.answers().map(({ content }) => (content.kind === 'text' ? content.text : content.kind)),
    refuse(why) {
      if (why === 'not-following') phone.follows = false
      else send(why === 'window-closed' ? 45015 : 45047)
    },
    loseAnswer: () =>
      void wechat.faults.add({ call: 'custom/send', fault: { kind: 'lost-answer' }, times: 1 }),
    revokeTokens: () => account.tokens.killAll(Date.now()),
    calls: () => [...wechat.calls.values()].reduce((sum, count) => sum + count, 0),
    close: () => wechat.stop(),
  }
}

function rawOf({ query, body }: CallbackRequest): RawRequest {
  return {
    method: 'POST',
    query: Object.fromEntries(new URLSearchParams(query)),
    headers: {},
    body: Buffer.from(body),
    receivedAt: Date.now(),
  }
}
