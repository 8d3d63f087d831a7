import { workplaceId } from '#src/domain/ids.ts'
import { startWecom } from '#src/playground/wecom/index.ts'
import { wecom, wecomConfig } from '#src/workplaces/wecom/index.ts'
import { buttonKey, cardOf } from '#test/support/wecom-group.ts'
import { makePlaceIo, type WorkplacePlace } from './place.ts'

/** WeCom's adapter against its stand-in. */
export async function openWecom(): Promise<WorkplacePlace> {
  const standIn = await startWecom({ settings: { limits: false } })
  const members = ['zhangsan', 'lisi'] as const
  const people = members.map((userid) => ({ userid, name: userid }))
  const group = standIn.rooms.addGroup('一群', people)
  const io = makePlaceIo()
  const { botId, secret, botName, url } = standIn
  const id = workplaceId('wecom')
  const ours = () => group.lines.filter(({ author }) => author.kind === 'bot')
  const cards = (card: string) =>
    ours().filter(({ content }) => content.kind === 'card' && content.shown.taskId === card)
  const refuse = (call: string) => {
    const fault = { kind: 'errcode', code: 40058 } as const
    standIn.faults.add({ call, fault, times: 1 })
  }
  return {
    workplace: wecom(id, wecomConfig.parse({ botId, secret, botName, url }), io),
    io,
    group: { kind: 'group', workplace: id, id: group.id },
    members,
    texts: () =>
      ours().flatMap(({ content }) => (content.kind === 'markdown' ? [content.markdown] : [])),
    files: () =>
      ours().flatMap(({ content }) => (content.kind === 'media' ? [content.media.bytes] : [])),
    cards: (card) => cards(card).length,
    card: (card) => JSON.stringify(cards(card).map(cardOf)),
    says(member, words, quoting) {
      const quote = ours().findLast(({ content }) =>
        JSON.stringify(content).includes(quoting ?? '\0'),
      )
      standIn.members.mention(group.id, member, words, quote ? { quote } : {})
    },
    shows: (member, words, bytes) =>
      void standIn.members.mentionWithPictures(group.id, member, words, [
        { filename: 'a.jpg', bytes },
      ]),
    writes: (member, words) => void standIn.members.write(member, words),
    async press(member, card, label) {
      const line = cards(card).at(-1)
      const key = line && buttonKey(cardOf(line), label)
      if (!line || key === undefined) throw new Error(`${member} sees no ${label}`)
      await standIn.members.click(member, line, key)
    },
    submit: () => Promise.reject(new Error('a WeCom card has no box')),
    repeatNext() {
      standIn.repeatCallbacks = 1
      const end = standIn.rooms.onChange(() => {
        end()
        setImmediate(() => (standIn.repeatCallbacks = 0))
      })
    },
    refuseText: () => refuse('aibot_send_msg'),
    loseText() {
      standIn.faults.add({ call: 'aibot_send_msg', fault: { kind: 'lost-answer' }, times: 1 })
    },
    drop: () => standIn.drop(),
    connections: () => (standIn.isConnected ? 1 : 0),
    close: () => standIn.stop(),
  }
}
