import {
  type CallbackRequest,
  sealCallback,
  type Sealing,
  type WireFields,
} from '#src/playground/wechat/callback.ts'
import { withQuery } from '#src/playground/wechat/postman.ts'
import type { Shop } from '#test/support/product.ts'

/** What the product answered. */
export interface Answered {
  status: number
  body: string
}

/** A text of the first customer as the platform writes it. */
export function textFields(shop: Shop, text: string, over: WireFields = {}): WireFields {
  const account = shop.world.wechat.account(shop.world.appid)
  return {
    ToUserName: account.originalId,
    FromUserName: shop.customer().openid,
    CreateTime: Math.floor(account.now() / 1000),
    MsgType: 'text',
    Content: text,
    MsgId: BigInt(account.nextMsgId()),
    ...over,
  }
}

/** Seals fields as the platform does, or as somebody does who does not know everything. */
export function seal(shop: Shop, fields: WireFields, over: Partial<Sealing> = {}, atMs?: number) {
  const account = shop.world.wechat.account(shop.world.appid)
  const { appid, token, key, mode, format } = account
  const openid = shop.customer().openid
  const by = { appid, openid, token, key, mode, format, ...over }
  return sealCallback(fields, by, atMs ?? account.now())
}

export async function post(shop: Shop, request: CallbackRequest): Promise<Answered> {
  const url = withQuery(`${shop.product.url}/hooks/shop`, request.query)
  const headers = { 'content-type': request.type }
  const answer = await fetch(url, { method: 'POST', body: request.body, headers })
  return { status: answer.status, body: await answer.text() }
}

/** The same bytes so many times at once. */
export function postAtOnce(shop: Shop, request: CallbackRequest, times: number) {
  return Promise.all(Array.from({ length: times }, () => post(shop, request)))
}
