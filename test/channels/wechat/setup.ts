import { readFileSync } from 'node:fs'
import { wechatOa } from '#src/channels/wechat/index.ts'
import { wechatOaConfig } from '#src/channels/wechat/config.ts'
import { accountId, mediaHash } from '#src/domain/ids.ts'
import { createHttp } from '#src/platform/http.ts'
import { silentLog } from '#src/platform/log.ts'
import type { Channel, RawRequest } from '#src/ports/channel.ts'
import type { Clock } from '#src/ports/clock.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type { FreshToken, Tokens } from '#src/ports/tokens.ts'
import { createManualClock } from '#test/support/clock.ts'

export const SHOP = accountId('shop')
export const APP_ID = 'wx0000000000000001'
export const ENCODING_AES_KEY = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
export const OTHER_KEY = 'GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba'
/** When the fixtures were sent. */
export const SENT_AT = 1_700_000_000_000

/** The query that fits the fixtures, without `encrypt_type`. */
export const QUERY = {
  signature: '04dc82c257f936d1c50f039c7a505dbbbcfe2449',
  timestamp: '1700000000',
  nonce: 'nonce1',
  openid: 'oUser1',
}
/** … and the one that fits `safe.xml` and `compatible-forged.xml`. */
export const SAFE_QUERY = {
  ...QUERY,
  encrypt_type: 'aes',
  msg_signature: '98ecea06fde4565b66ac6bd9a67de73459920bfe',
}

export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/wechat/${name}`, import.meta.url))
}

export function post(body: Buffer | string, query: Record<string, string> = QUERY): RawRequest {
  return { method: 'POST', query, headers: {}, body: Buffer.from(body), receivedAt: SENT_AT + 200 }
}

/** Tokens in memory, without leases: what the adapter does with them is the point, not how they are kept. */
export function createTestTokens(): Tokens {
  const kept = new Map<string, string>()
  const fetchInto = async (name: string, fetch: () => Promise<FreshToken>): Promise<string> => {
    const { token } = await fetch()
    kept.set(name, token)
    return token
  }
  return {
    get: async (name, fetch) => kept.get(name) ?? fetchInto(name, fetch),
    replace: async (name, stale, fetch) => {
      const known = kept.get(name)
      return known !== undefined && known !== stale ? known : fetchInto(name, fetch)
    },
  }
}

export interface TestIo extends AdapterIo {
  files: Map<string, Buffer>
}

export function createTestIo(clock: Clock = createManualClock(SENT_AT)): TestIo {
  const files = new Map<string, Buffer>()
  return {
    http: createHttp({ timeoutMs: 500 }),
    clock,
    log: silentLog,
    tokens: createTestTokens(),
    leases: { acquire: () => Promise.reject(new Error('a 公众号 needs no lease')) },
    media: {
      open: () => {
        throw new Error('uploads read whole files')
      },
      read: async (hash) => {
        const file = files.get(hash)
        if (file === undefined) throw new Error('ENOENT')
        return file
      },
    },
    random: () => 0.5,
    files,
  }
}

export function createShop(settings: object = {}, io: AdapterIo = createTestIo()): Channel {
  const config = wechatOaConfig.parse({
    appId: APP_ID,
    appSecret: 'shop-secret',
    token: 'T0KEN',
    encodingAesKey: ENCODING_AES_KEY,
    ...settings,
  })
  return wechatOa(SHOP, config, io)
}

/** What Node throws when a connection fails. */
export function broken(code: string, message = code): Error {
  return Object.assign(new Error(message), { code })
}

/** Puts a file into the store and gives it as a message's content. */
export function keepFile(
  io: TestIo,
  kind: 'image' | 'voice' | 'video',
  type: string,
  bytes = Buffer.from('bytes'),
): {
  kind: typeof kind
  file: { hash: ReturnType<typeof mediaHash>; kind: typeof kind; type: string; bytes: number }
} {
  const hash = mediaHash(`${io.files.size}`.padStart(64, '0'))
  io.files.set(hash, bytes)
  return { kind, file: { hash, kind, type, bytes: bytes.length } }
}
