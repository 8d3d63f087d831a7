import type { WorkplaceId } from '#src/domain/ids.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type { AgentInbox, Workplace } from '#src/ports/workplace.ts'
import { Api } from './api.ts'
import { capabilities } from './capabilities.ts'
import { CardDesk } from './card-desk.ts'
import { Client } from './client.ts'
import type { DingtalkConfig } from './config.ts'
import { Deliveries } from './deliver.ts'
import { checkGateway, checkQuota, checkTemplate, checkToken } from './doctor.ts'
import { parseMediaRef } from './ids.ts'
import { makeInbound } from './inbound.ts'
import { MediaMessages } from './media.ts'
import { Names } from './names.ts'
import { createStream, type Stream } from './stream/supervisor.ts'
import { Vitals } from './vitals.ts'

export { type DingtalkConfig, dingtalkConfig } from './config.ts'

/** DingTalk groups and single chats through the robot of one app in Stream mode. */
export function dingtalk(id: WorkplaceId, config: DingtalkConfig, io: AdapterIo): Workplace {
  const { clock, log } = io
  let inbox: AgentInbox | undefined
  let stream: Stream | undefined
  let cancelUnblock = (): void => undefined

  const client = new Client(id, config, io, (untilMs) => {
    log.error({ code: 'dingtalk.ip_blocked' }, 'DingTalk has locked our IP address out')
    cancelUnblock()
    cancelUnblock = clock.at(untilMs, () => inbox?.reachable())
  })
  const vitals = new Vitals(client, clock)
  const onMasked = (): void =>
    log.warn({ code: 'dingtalk.content_unsafe' }, 'the content review refused words: masked')
  const api = new Api(client)
  const names = new Names((user) => api.userName(user), clock)
  const { cardTemplateId: templateId, formMaxBytes } = config
  const cardParts = { workplace: id, templateId, formMaxBytes, api, names, clock, onMasked }
  const cards = new CardDesk(cardParts)
  const media = new MediaMessages(api, io.media)
  const deliveries = new Deliveries({ api, cards, media, clock, onMasked })

  const gateway = {
    http: io.http,
    clock,
    settings: config.stream,
    apiUrl: config.apiUrl,
    clientId: config.clientId,
    clientSecret: config.clientSecret,
    onOddity: (what: string) => log.warn({ what }, 'DingTalk Stream'),
  }

  return {
    id,
    kind: 'dingtalk',
    label: '钉钉',
    capabilities: capabilities(config),
    async start(core) {
      inbox = core
      const onWithheld = (): void => client.meter.withhold(clock.now())
      const inboundParts = { workplace: id, inbox: core, cards, deliveries, names, clock, log }
      stream = createStream({
        ...gateway,
        random: () => io.random(),
        handlers: makeInbound({ ...inboundParts, onWithheld }),
        onUp: () => core.reachable(),
      })
      stream.start()
    },
    async stop() {
      await stream?.stop()
      cancelUnblock()
      await client.stop()
    },
    available: () => client.isAllowed,
    deliver: (delivery) => deliveries.deliver(delivery),
    fetchMedia: async (ref) => ({ stream: await api.download(parseMediaRef(ref).downloadCode) }),
    health: () => vitals.health(stream?.health()),
    async check() {
      const nothing = (): void => undefined
      const probe = { ...gateway, onFrame: nothing, onFarewell: nothing, onClose: nothing }
      return [
        await checkToken(client),
        await checkGateway(probe),
        checkTemplate(config),
        checkQuota(client, clock.now()),
      ]
    },
  }
}
