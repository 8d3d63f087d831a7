import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Card, text } from '#cards/elements.ts'
import { makeAgentId } from '#src/domain/ids.ts'
import type { Line } from '#src/domain/line.ts'
import { PlatformError } from '#src/ports/errors.ts'
import type { Delivery } from '#src/ports/workplace.ts'
import { until } from '#test/support/until.ts'
import { RecordingInbox, type WorkplacePlace } from './workplace/place.ts'
import { CARD, held, heldBy, keep, line, waiting } from './workplace/samples.ts'

const PICTURE = readFileSync(new URL('../../src/playground/samples/picture.jpg', import.meta.url))

/**
 * What every workplace keeps (src/ports/workplace.ts), asked of it over its platform's own wire. What a card can do is
 * asked of its capabilities, as the core does.
 * @param open a new place; its workplace is not started yet
 */
export function describeWorkplace(name: string, open: () => Promise<WorkplacePlace>): void {
  describe(`the workplace contract, kept by ${name}`, () => {
    let place: WorkplacePlace
    let inbox: RecordingInbox

    beforeEach(async () => {
      place = await open()
      inbox = new RecordingInbox()
      await place.workplace.start(inbox)
      await until('it is available', () => place.workplace.available() && place.connections() > 0)
      place.says(place.members[0], '早')
      await until('it hears', () => inbox.messages.length === 1)
      inbox.messages.length = 0
    })
    afterEach(async () => {
      await place.workplace.stop()
      await place.close()
    })

    const deliver = (delivery: Delivery) => place.workplace.deliver(delivery)
    const say = (...said: Line[]) => deliver({ do: 'lines', chat: place.group, lines: said })
    const post = (card: Card) => deliver({ do: 'post-card', chat: place.group, card, mention: [] })
    const failure = async (work: Promise<unknown>): Promise<PlatformError> => {
      const error: unknown = await work.catch((reason: unknown) => reason)
      if (!(error instanceof PlatformError)) throw new Error('it did not fail with a PlatformError')
      return error
    }

    describe('lines', () => {
      it('leave as one message, each beginning with its marker, in order', async () => {
        await say(line(1, '在吗'), line(2, '有人吗'))
        expect(place.texts()).toHaveLength(1)
        const rows = place
          .texts()[0]!
          .split('\n')
          .filter((row) => row !== '')
        expect(rows.map((row) => row.slice(0, 11))).toEqual(['〔#7KQ8H2·1〕', '〔#7KQ8H2·2〕'])
        expect(rows[0]).toContain('客户-7F3A')
        expect(rows[1]).toContain('有人吗')
      })

      it('carry a stranger’s words as words: no mention, no link, no row that looks like ours', async () => {
        await say(line(1, '<@all> [点我](http://a.b)\n第二行'))
        const [shown] = place.texts()
        expect(shown).not.toMatch(/<@|\]\(http/)
        expect(shown).toContain('第二行')
        expect(shown!.split('\n').filter((row) => row.startsWith('〔#'))).toHaveLength(1)
      })

      it('that are too long for one message are cut, and keep their markers', async () => {
        const long = '很长的话'.repeat(5000)
        await say(line(1, long), line(2, long))
        const rows = place.texts().join('\n')
        expect(rows).toContain('〔#7KQ8H2·1〕')
        expect(rows).toContain('〔#7KQ8H2·2〕')
      })

      it('that were refused say that nothing arrived', async () => {
        place.refuseText()
        expect((await failure(say(line(1, '被拒')))).delivered).toBe('no')
        expect(place.texts()).toEqual([])
      })

      it('whose answer is lost say that they may have arrived', async () => {
        place.loseText()
        const error = await failure(say(line(1, '没回音')))
        expect(error).toMatchObject({ delivered: 'unknown', next: { do: 'retry' } })
        expect(place.texts()).toHaveLength(1)
      })

      it('tell in no failure what was said, and nothing secret', async () => {
        place.refuseText()
        const { message, code } = await failure(say(line(1, '桃花源')))
        expect(`${message} ${code}`).not.toMatch(/桃花源|7F3A/)
        expect(code).toMatch(/^[a-z]+(\.[a-z_]+)+$/)
      })
    })

    describe('files', () => {
      it('stand in the group with their marked line behind them', async () => {
        const file = keep(place, PICTURE)
        await deliver({ do: 'media', chat: place.group, file, caption: line(3, '〔图片〕') })
        expect(place.files()).toEqual([PICTURE])
        expect(place.texts()).toHaveLength(1)
        expect(place.texts()[0]).toContain('〔#7KQ8H2·3〕')
      })

      it('whose line is refused are not posted twice when they are sent again', async () => {
        const file = keep(place, PICTURE)
        const work = () =>
          deliver({ do: 'media', chat: place.group, file, caption: line(3, '〔图片〕') })
        place.refuseText()
        const refused = await work().catch((reason: unknown) => reason)
        if (refused instanceof PlatformError) await work()
        expect(place.files()).toHaveLength(1)
        expect(place.texts()).toHaveLength(1)
      })
    })

    describe('notes', () => {
      it('answer a message in its chat', async () => {
        place.says(place.members[0], '帮助')
        const asked = await until('it hears', () => inbox.messages.at(-1))
        await deliver({
          do: 'note',
          chat: asked.chat,
          title: '帮助',
          body: [text('发“列表”查看')],
          answers: asked.messageId,
        })
        expect(place.texts()).toHaveLength(1)
        expect(place.texts()[0]).toContain('发“列表”查看')
      })
    })

    describe('cards', () => {
      it('show their texts and buttons, and stand there once however often they are posted', async () => {
        if (!place.workplace.capabilities.cardPushGroup) return
        await post(waiting())
        if (place.workplace.capabilities.cardIdempotent) await post(waiting())
        expect(place.cards(CARD)).toBe(1)
        const shown = place.card(CARD, place.members[1])
        for (const words of ['客户-7F3A', '〔#7KQ8H2〕', '等待认领', '认领'])
          expect(shown).toContain(words)
      })

      it('are redrawn at will exactly where the capabilities say so', async () => {
        await post(waiting())
        const update = deliver({ do: 'update-card', chat: place.group, card: held() })
        if (place.workplace.capabilities.cardUpdateLater) {
          await update
          expect(place.card(CARD, place.members[1])).toContain('张三 接待中')
        } else {
          const error = await failure(update)
          expect(error).toMatchObject({ delivered: 'no', next: { do: 'give-up' } })
        }
      })

      it('tell who clicked what, and show the clicker what the core answers', async () => {
        await post(waiting())
        inbox.answer = { card: held(), hint: '已认领', accepted: true }
        await place.press(place.members[1], CARD, '认领')
        expect(inbox.clicks).toHaveLength(1)
        const { workplace, members, group } = place
        expect(inbox.clicks[0]).toMatchObject({
          action: 'claim',
          lease: 4,
          card: CARD,
          chat: { kind: 'group', id: group.id, workplace: workplace.id },
          agent: { id: makeAgentId(workplace.id, members[1]), user: members[1] },
        })
        await until('the clicker sees it', () =>
          place.card(CARD, members[1]).includes('张三 接待中'),
        )
      })

      it('have clicks with keys of their own', async () => {
        await post(waiting())
        inbox.answer = { card: waiting(), accepted: false }
        await place.press(place.members[1], CARD, '认领')
        await place.press(place.members[0], CARD, '认领')
        expect(new Set(inbox.clicks.map(({ key }) => key)).size).toBe(2)
      })

      it('give what is typed into their box, where they have one', async () => {
        const { capabilities, id } = place.workplace
        if (!capabilities.cardReply) return
        await post(heldBy(makeAgentId(id, place.members[0])))
        inbox.answer = { card: heldBy(makeAgentId(id, place.members[0])), accepted: true }
        await place.submit(place.members[0], CARD, '您好，请稍等')
        expect(inbox.clicks[0]).toMatchObject({ action: 'reply', text: '您好，请稍等', lease: 5 })
      })
    })

    describe('what members write', () => {
      it('comes without the mention, with who, where and a key of its own', async () => {
        place.says(place.members[1], '列表')
        place.says(place.members[1], '列表')
        const said = await until('both came', () => inbox.messages.length === 2 && inbox.messages)
        const { workplace, members, group } = place
        for (const input of said)
          expect(input).toMatchObject({
            text: '列表',
            media: [],
            chat: { kind: 'group', id: group.id },
            agent: { id: makeAgentId(workplace.id, members[1]), workplace: workplace.id },
          })
        expect(new Set(said.map(({ key }) => key)).size).toBe(2)
      })

      it('twice delivered has one key', async () => {
        place.repeatNext()
        place.says(place.members[0], '只说一次')
        const said = await until('both came', () => inbox.messages.length > 1 && inbox.messages)
        expect(new Set(said.map(({ key }) => key)).size).toBe(1)
      })

      it('to the bot alone comes from a chat of their own', async () => {
        place.writes(place.members[1], '您好')
        const said = await until('it came', () => inbox.messages[0])
        expect(said).toMatchObject({ text: '您好', chat: { kind: 'direct' } })
      })

      it('under a line of ours names it, by id or by its words', async () => {
        const posted = await say(line(7, '请问多少钱'))
        place.says(place.members[0], '九十九', '〔#7KQ8H2·7〕')
        const { quoted, text: words } = await until('it came', () => inbox.messages[0])
        expect(words).toBe('九十九')
        const isById = quoted?.platformId !== undefined && quoted.platformId === posted.platformId
        expect(isById || (quoted?.text ?? '').includes('〔#7KQ8H2·7〕')).toBe(true)
      })

      it('with a picture has it, to be fetched', async () => {
        place.shows(place.members[0], '给顾客看', PICTURE)
        const said = await until('it came', () => inbox.messages[0])
        expect(said.text).toBe('给顾客看')
        expect(said.media.map(({ kind }) => kind)).toEqual(['image'])
        const { stream } = await place.workplace.fetchMedia(said.media[0]!.ref)
        expect(await buffer(stream)).toEqual(PICTURE)
      })

      it('tells the core that the chat can be reached', async () => {
        inbox.reached.length = 0
        place.says(place.members[0], '在')
        await until('it is told', () => inbox.reached.some((chat) => chat?.id === place.group.id))
      })
    })

    describe('the connection', () => {
      it('comes back by itself when it was dropped, and the core is told', async () => {
        place.drop()
        await until('it is gone', () => place.connections() === 0)
        inbox.reached.length = 0
        await until('it is back', () => place.connections() > 0 && place.workplace.available())
        await until('the core is told', () => inbox.reached.length > 0)
        place.says(place.members[0], '又连上了')
        await until('it hears', () => inbox.messages.length === 1)
      })

      it('is healthy, and the doctor finds nothing', async () => {
        expect(place.workplace.health().state).toBe('ok')
        const checks = await place.workplace.check()
        expect(checks.length).toBeGreaterThan(0)
        expect(checks.filter(({ state }) => state === 'failed')).toEqual([])
      })

      it('ends with stop: nothing is connected, no timer is left, and stopping again is harmless', async () => {
        await say(line(1, '最后一句'))
        await place.workplace.stop()
        await until('the connections are gone', () => place.connections() === 0)
        expect(place.io.timers()).toBe(0)
        await place.workplace.stop()
      })
    })
  })
}
