import { accountId } from '#src/domain/ids.ts'
import { createVoice } from '#src/platform/voice.ts'
import { silentLog } from '#src/platform/log.ts'
import type { Channel, Incoming, RawRequest, Received } from '#src/ports/channel.ts'
import type { MediaReader } from '#src/ports/media.ts'
import { createApp, type AppOptions } from '#src/server/app.ts'
import { listen, type Listener } from '#src/server/listener.ts'
import { createMediaLinks } from '#src/server/media-links.ts'
import { createManualClock, type ManualClock } from '#test/support/clock.ts'

/** Only the half of a channel that the server uses. */
export function channelThat(receive: (request: RawRequest) => Promise<Received>): Channel {
  const half: Pick<Channel, 'account' | 'kind' | 'greet' | 'receive'> = {
    account: accountId('shop'),
    kind: 'test',
    greet: () => undefined,
    receive,
  }
  return half as Channel // the server calls nothing else
}

export const success: Received['answer'] = { status: 200, type: 'text/plain', body: 'success' }

export const noMedia: MediaReader = {
  open: () => {
    throw new Error('no media here')
  },
  read: () => Promise.reject(new Error('no media here')),
}

export interface TestServer {
  url: string
  listener: Listener
  clock: ManualClock
  accepted: { account: string; events: Incoming[] }[]
  refused: string[]
}

type TestOptions = Partial<Omit<AppOptions, 'hooks'>> & { hooks?: Partial<AppOptions['hooks']> }

/** The real app on a real socket; `options` replaces parts of it. */
export async function startServer(
  receive: (request: RawRequest) => Promise<Received>,
  options: TestOptions = {},
): Promise<TestServer> {
  const clock = createManualClock()
  const accepted: TestServer['accepted'] = []
  const refused: string[] = []
  const channel = channelThat(receive)
  const app = createApp({
    log: silentLog,
    readiness: { running: () => true, storeOpen: () => true, workplaces: () => [] },
    media: {
      links: createMediaLinks({ secret: Buffer.alloc(32, 1), clock, lifeMs: 1_000 }),
      media: noMedia,
      describe: () => Promise.resolve(undefined),
      voice: createVoice(),
      clock,
    },
    ...options,
    hooks: {
      channel: (account) => (account === 'shop' ? channel : undefined),
      accept: async (account, events) => void accepted.push({ account, events }),
      clock,
      log: silentLog,
      metrics: {
        accepted: () => undefined,
        refused: (account, code) => void refused.push(`${account} ${code}`),
      },
      bodyLimitBytes: 1_000,
      answerLimitMs: 4_800,
      ...options.hooks,
    },
  })
  const listener = await listen(app, {
    host: '127.0.0.1',
    port: 0,
    requestTimeoutMs: 10_000,
    keepAliveMs: 5_000,
  })
  return { url: listener.url, listener, clock, accepted, refused }
}
