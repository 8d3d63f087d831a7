import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { decryptMessage, readAesKey } from '#src/platform/tencent-crypto.ts'
import { parseXml, type XmlNode } from '#src/platform/xml.ts'
import {
  startWechat,
  type WechatOptions,
  type WechatStandIn,
} from '#src/playground/wechat/index.ts'
import type { AccountOptions } from '#src/playground/wechat/model.ts'

export const ENCODING_AES_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'

export const SHOP: AccountOptions = {
  appid: 'wx0000000000000001',
  secret: 'shop-secret',
  token: 'T0KEN',
  encodingAesKey: ENCODING_AES_KEY,
  originalId: 'gh_shop',
  mode: 'plain',
}

export interface Callback {
  method: string
  query: URLSearchParams
  type: string | undefined
  body: string
}

/** A server in the product's place: keeps what it gets, answers what it is told to. */
export interface Product {
  url: string
  callbacks: Callback[]
  /** What it does with the nth callback, from 1; default: answer `success`. */
  answer: (response: ServerResponse, callback: Callback, count: number) => void
  stop(): Promise<void>
}

export async function startProduct(): Promise<Product> {
  const product: Product = {
    url: '',
    callbacks: [],
    answer: (response) => response.end('success'),
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const callback = {
      method: request.method ?? '',
      query: new URL(request.url ?? '', 'http://x').searchParams,
      type: request.headers['content-type'],
      body: await text(request),
    }
    product.callbacks.push(callback)
    product.answer(response, callback, product.callbacks.length)
  }
  const server = createServer((request, response) => void take(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  product.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/shop`
  return product
}

/** A stand-in with the shop's account and the product's address in it, and times that a test can wait for. */
export function startShop(
  product: Product,
  options: Partial<WechatOptions> & { account?: Partial<AccountOptions> } = {},
): Promise<WechatStandIn> {
  const { account, ...rest } = options
  return startWechat({
    accounts: [{ ...SHOP, callbackUrl: product.url, ...account }],
    answerLimitMs: 200,
    retryGapMs: 10,
    ...rest,
  })
}

/** The clear fields of an encrypted XML callback. */
export function openCallback({ body }: Callback, encodingAesKey = ENCODING_AES_KEY): XmlNode {
  const encrypted = parseXml(body)['Encrypt']
  if (typeof encrypted !== 'string') throw new Error('the callback is not encrypted')
  const opened = decryptMessage(encrypted, [readAesKey(encodingAesKey)], SHOP.appid)
  if (!opened.ok) throw new Error(opened.reason)
  return parseXml(opened.message)
}
