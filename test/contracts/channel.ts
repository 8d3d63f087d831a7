import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Content, MediaFile } from '#src/domain/content.ts'
import { type MediaHash, contactLane, mediaHash } from '#src/domain/ids.ts'
import type { Channel, Outgoing, RawRequest } from '#src/ports/channel.ts'
import { PlatformError, Refusal } from '#src/ports/errors.ts'

/** One account of a channel against its platform, with one customer. */
export interface ChannelPlace {
  channel: Channel
  /** Files by hash, for the adapter to read. */
  files: Map<MediaHash, Buffer>
  /** The platform's id of the customer. */
  customer: string
  /** A picture that the platform takes. */
  picture: { bytes: Buffer; type: string }
  /** A callback as the platform sends it, when the customer has written these words. */
  wrote(words: string): RawRequest
  /** … when the customer has sent a picture. */
  pictured(bytes: Buffer): RawRequest
  /** The same message, as a retry of the platform brings it under a new id. */
  underNewId(words: string): [first: RawRequest, again: RawRequest]
  /** The request as somebody makes it who does not know our secrets, or who has changed it. */
  forged(request: RawRequest): readonly [how: string, request: RawRequest][]
  /** What the customer's phone shows of us: words, or the name of a kind. */
  phone(): string[]
  /** The next send is refused: too late, too many; by a customer who has left. */
  refuse(why: 'window-closed' | 'quota-used' | 'not-following'): void
  /** The next send arrives, and we never hear of it. */
  loseAnswer(): void
  /** The platform forgets every token it has given out. */
  revokeTokens(): void
  /** How many calls the platform has had. */
  calls(): number
  close(): Promise<void>
}

/**
 * What every channel keeps (src/ports/channel.ts), asked of it over its platform's own wire.
 * @param open a new place; its channel is not started yet
 */
export function describeChannel(name: string, open: () => Promise<ChannelPlace>): void {
  describe(`the channel contract, kept by ${name}`, () => {
    let place: ChannelPlace
    let sends = 0

    beforeEach(async () => {
      place = await open()
      await place.channel.start()
    })
    afterEach(async () => {
      await place.channel.stop()
      await place.close()
    })

    const receive = (request: RawRequest) => place.channel.receive(request)
    const to = (content: Content): Outgoing => ({
      to: place.customer,
      content,
      refs: {},
      idempotencyKey: `effect-${(sends += 1)}`,
    })
    const say = (text: string) => place.channel.send(to({ kind: 'text', text }))
    const failure = async (work: Promise<unknown>): Promise<PlatformError> => {
      const error: unknown = await work.catch((reason: unknown) => reason)
      if (!(error instanceof PlatformError)) throw new Error('it did not fail with a PlatformError')
      return error
    }

    describe('a callback', () => {
      it('becomes an event in its customer’s lane, and is answered 200', async () => {
        const { events, answer } = await receive(place.wrote('你好'))
        const { account, capabilities } = place.channel
        expect(answer.status).toBe(200)
        expect(events).toHaveLength(1)
        const [event] = events
        expect(event).toMatchObject({
          name: 'customer:text',
          text: '你好',
          account,
          externalId: place.customer,
          lane: contactLane(account, place.customer),
        })
        if (event && 'opens' in event && event.opens !== undefined)
          expect(Object.keys(capabilities.quota)).toContain(event.opens)
      })

      it('delivered twice has one key; another message has another', async () => {
        const request = place.wrote('一')
        const keys = [request, request, place.wrote('一')].map(
          async (one) => (await receive(one)).events[0]!.key,
        )
        const [first, again, other] = await Promise.all(keys)
        expect(again).toBe(first)
        expect(other).not.toBe(first)
      })

      it('that is a retry under a new id has the first one’s fingerprint, where such retries happen', async () => {
        if (!place.channel.capabilities.retryWindowMs) return
        const [first, again] = await Promise.all(place.underNewId('二').map(receive))
        expect(first!.events[0]!.fingerprint).toBeDefined()
        expect(again!.events[0]!.fingerprint).toBe(first!.events[0]!.fingerprint)
        expect(again!.events[0]!.key).not.toBe(first!.events[0]!.key)
      })

      it('that is not the platform’s is refused plainly, and nothing is called because of it', async () => {
        const before = place.calls()
        for (const [how, request] of place.forged(place.wrote('桃花源'))) {
          const error: unknown = await receive(request).catch((reason: unknown) => reason)
          if (!(error instanceof Refusal)) throw new Error(`taken: ${how}`)
          expect([400, 401, 403]).toContain(error.status)
          expect(error.message).not.toContain('桃花源')
        }
        expect(place.calls()).toBe(before)
      })

      it('with a picture points to a file that can be fetched', async () => {
        const { bytes } = place.picture
        const { events } = await receive(place.pictured(bytes))
        const [event] = events
        if (event?.name !== 'customer:image') throw new Error('no picture')
        const { stream } = await place.channel.fetchMedia(event.media.ref)
        expect(await buffer(stream)).toEqual(bytes)
      })
    })

    describe('an answer', () => {
      beforeEach(async () => {
        await receive(place.wrote('请问'))
      })

      it('in words arrives once', async () => {
        await say('在的')
        expect(place.phone()).toEqual(['在的'])
      })

      it('with a picture arrives', async () => {
        await place.channel.send(to({ kind: 'image', file: keep(place) }))
        expect(place.phone()).toEqual(['image'])
      })

      it('of a kind that the channel does not carry is given up, with a reason', async () => {
        const { send } = place.channel.capabilities
        if (send.location) return
        const content = { kind: 'location', latitude: 1, longitude: 1, label: '这里' } as const
        const error = await failure(place.channel.send(to(content)))
        expect(error).toMatchObject({ delivered: 'no', next: { do: 'give-up' } })
      })

      it.each(['window-closed', 'quota-used', 'not-following'] as const)(
        'that is refused (%s) says so, and that nothing arrived',
        async (why) => {
          place.refuse(why)
          const error = await failure(say('太晚'))
          expect(error).toMatchObject({ delivered: 'no', next: { do: 'give-up', reason: why } })
          expect(place.phone()).toEqual([])
        },
      )

      it('whose answer is lost may have arrived; sent again it is there twice only where nobody can help it', async () => {
        place.loseAnswer()
        const message = to({ kind: 'text', text: '到了吗' })
        expect((await failure(place.channel.send(message))).delivered).toBe('unknown')
        expect(place.phone()).toEqual(['到了吗'])
        if (!place.channel.capabilities.idempotent) return
        await place.channel.send(message)
        expect(place.phone()).toEqual(['到了吗'])
      })

      it('with a token that the platform has revoked is sent once, with a new one', async () => {
        await say('一')
        place.revokeTokens()
        await say('二')
        expect(place.phone()).toEqual(['一', '二'])
      })

      it('that fails tells neither what was said nor to whom', async () => {
        place.refuse('window-closed')
        const { message, code } = await failure(say('桃花源'))
        expect(`${message} ${code}`).not.toContain('桃花源')
        expect(`${message} ${code}`).not.toContain(place.customer)
        expect(code).toMatch(/^[a-z]+(\.[a-z_]+)+$/)
      })
    })

    it('is healthy, and the doctor finds nothing wrong', async () => {
      await receive(place.wrote('请问'))
      await say('在的')
      expect(place.channel.health().state).toBe('ok')
      const checks = await place.channel.check()
      expect(checks.length).toBeGreaterThan(0)
      expect(checks.filter(({ state }) => state === 'failed')).toEqual([])
    })

    it('waits at its stop for what is under way', async () => {
      await receive(place.wrote('请问'))
      const sending = say('最后一句')
      await place.channel.stop()
      expect(place.phone()).toEqual(['最后一句'])
      await sending
    })
  })
}

function keep({ files, picture }: ChannelPlace): MediaFile {
  const hash = mediaHash(createHash('sha256').update(picture.bytes).digest('hex'))
  files.set(hash, picture.bytes)
  return { hash, kind: 'image', type: picture.type, bytes: picture.bytes.length }
}
