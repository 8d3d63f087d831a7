import { workplaceId } from '#src/domain/ids.ts'
import { type EntryContent, startDingtalk } from '#src/playground/dingtalk/index.ts'
import { dingtalk, dingtalkConfig } from '#src/workplaces/dingtalk/index.ts'
import { conversationTemplate } from '#src/workplaces/dingtalk/template/template.ts'
import { makePlaceIo, type WorkplacePlace } from './place.ts'

const GROUP = 'cidContract=='
const TEMPLATE = 'contract.schema'

/** DingTalk's adapter against its stand-in, with our card template. */
export async function openDingtalk(): Promise<WorkplacePlace> {
  const standIn = await startDingtalk({ qps: false, redeliverMs: 200 })
  const app = standIn.addApp({ clientId: 'dingcontract', clientSecret: 'contract-secret' })
  const members = ['zhangsan', 'lisi'] as const
  standIn.addPerson({ userId: members[0], name: '张三' })
  standIn.addPerson({ userId: members[1], name: '李四' })
  standIn.addTemplate({ id: TEMPLATE, description: conversationTemplate })
  standIn.addGroup({ title: '一群', openConversationId: GROUP, members: [...members] })
  const io = makePlaceIo()
  const config = dingtalkConfig.parse({
    clientId: app.clientId,
    clientSecret: app.clientSecret,
    cardTemplateId: TEMPLATE,
    apiUrl: standIn.url,
    oapiUrl: standIn.url,
    stream: { backoffFirstMs: 20 },
  })
  const id = workplaceId('dingtalk')
  const entries = () => standIn.group(GROUP, undefined, 10_000).entries
  const contents = (): EntryContent[] =>
    entries().flatMap(({ from, content }) => (from.robot ? [content] : []))
  return {
    workplace: dingtalk(id, config, io),
    io,
    group: { kind: 'group', workplace: id, id: GROUP },
    members,
    texts: () =>
      contents().flatMap((content) =>
        content.type === 'text' || content.type === 'markdown' ? [content.text] : [],
      ),
    files: () =>
      contents().flatMap((content) =>
        content.type === 'picture' ? [standIn.file(content.fileId ?? '')?.bytes ?? []].flat() : [],
      ),
    cards: (card) =>
      contents().filter((content) => content.type === 'card' && content.outTrackId === card).length,
    card: (card, member) => JSON.stringify(standIn.card(card, member)?.parts ?? ''),
    says(member, words, quoting) {
      const quote = entries().findLast(
        ({ content }) => content.type === 'text' && content.text.includes(quoting ?? '\0'),
      )
      const more = quote ? { quote: quote.id } : {}
      standIn.people.writeInGroup(member, GROUP, { text: words, ...more })
    },
    shows(member, words, bytes) {
      const pictures = [{ bytes, type: 'image/jpeg' }]
      standIn.people.writeInGroup(member, GROUP, { text: words, pictures })
    },
    writes: (member, words) => void standIn.people.writeToBot(member, { text: words }),
    async press(member, card, label) {
      const button = standIn
        .card(card, member)
        ?.parts?.find((part) => part.kind === 'button' && part.text === label)
      if (button?.kind !== 'button') throw new Error(`${member} sees no ${label}`)
      await standIn.people.click(member, card, button.id)
    },
    submit: async (member, card, text) =>
      void (await standIn.people.submit(member, card, 'reply', { text })),
    repeatNext() {
      const fault = { kind: 'errcode', code: 'twice' } as const
      standIn.faults.add({ call: 'stream/bot', fault, times: 1 })
    },
    refuseText() {
      const fault = { kind: 'errcode', code: 'bot.stopped' } as const
      standIn.faults.add({ call: 'groupMessages/send', fault, times: 1 })
    },
    loseText() {
      const call = 'groupMessages/send'
      standIn.faults.add({ call, fault: { kind: 'lost-answer' }, times: 1 })
    },
    drop: () => standIn.gateway.drop(),
    connections: () => standIn.gateway.connections().length,
    close: () => standIn.stop(),
  }
}
