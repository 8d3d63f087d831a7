import type { AccountId } from '#src/domain/ids.ts'
import { readAesKey } from '#src/platform/tencent-crypto.ts'
import type { Channel, Outgoing, RawRequest, Received } from '#src/ports/channel.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import { capabilities } from './capabilities.ts'
import { createClient } from './client.ts'
import { hasKeyForMode, type WechatOaConfig } from './config.ts'
import { decode } from './decode.ts'
import { type Callbacks, examine } from './doctor.ts'
import { download } from './download.ts'
import { HealthRecord } from './health.ts'
import { Sender } from './sender.ts'
import { TypingTimes } from './typing.ts'
import { createUploads } from './uploads.ts'
import { checkQuery, type Credentials, open } from './verify.ts'
import { Work } from './work.ts'

/**
 * A 公众号 as a customer side.
 * @throws {TypeError} when a mode that encrypts has no key
 */
export function wechatOa(account: AccountId, config: WechatOaConfig, io: AdapterIo): Channel {
  const credentials = credentialsOf(config)
  const client = createClient(config, io, `wechat-oa/${account}`)
  const health = new HealthRecord(io.clock)
  const typing = new TypingTimes()
  const work = new Work()
  const sender = new Sender(config, client, createUploads(client, io))
  const callbacks: Callbacks = {}

  function receive(request: RawRequest): Received {
    const trusted = open(request, credentials)
    callbacks.lastAt = request.receivedAt
    callbacks.aheadMs = Number(request.query['timestamp']) * 1000 - request.receivedAt
    if (trusted.kind === 'check') return { events: [], answer: plain(trusted.echo) }
    const events = decode(trusted.fields, account, request.receivedAt)
    for (const event of events) {
      if ('externalId' in event) typing.acted(event.externalId, request.receivedAt)
    }
    return { events, answer: plain('success') }
  }

  async function send(message: Outgoing): Promise<Record<string, never>> {
    await health.watch(() => sender.send(message))
    typing.ended(message.to)
    return {}
  }

  async function showTyping(to: string): Promise<void> {
    if (!config.typing || !typing.show(to, io.clock.now())) return
    try {
      await sender.typing(to)
    } catch (error) {
      if (!(error instanceof PlatformError)) throw error
      io.log.debug({ account, code: error.code }, 'typing could not be shown')
    }
  }

  return {
    account,
    kind: 'wechat-oa',
    capabilities: capabilities(config),
    start: async () => undefined,
    stop: () => work.ended(),
    greet: (query, receivedAt) => checkQuery({ query, receivedAt }, credentials),
    receive: async (request) => receive(request),
    send: (message) => work.run(send(message)),
    typing: (to) => work.run(showTyping(to)),
    fetchMedia: (ref) =>
      work.run(health.watch(() => download(ref, client, io.http, config.apiBase))),
    health: () => health.get(),
    check: () => work.run(examine(config, client, callbacks, io.clock.now())),
  }
}

function credentialsOf(config: WechatOaConfig): Credentials {
  if (!hasKeyForMode(config)) throw new TypeError('this mode needs an EncodingAESKey')
  const { appId, token, mode, timestampToleranceMs } = config
  const keys = [config.encodingAesKey, config.previousEncodingAesKey]
    .filter((key) => key !== undefined)
    .map(readAesKey)
  return { appId, token, mode, timestampToleranceMs, keys }
}

function plain(body: string): Received['answer'] {
  return { status: 200, type: 'text/plain', body }
}
