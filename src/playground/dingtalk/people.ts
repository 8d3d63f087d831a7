import type { Faults } from '../faults.ts'
import { viewCard } from './views.ts'
import type { CardPart, FormField } from './card-view.ts'
import { botMessage } from './bot-message.ts'
import { type ClickOutcome, CardClicks } from './clicks.ts'
import type { Gateway } from './gateway.ts'
import type { Limits } from './limits.ts'
import type { Timers } from './timers.ts'
import type { Webhooks } from './webhooks.ts'
import type { App, Entry, EntryContent, Person, Place, World } from './world.ts'

export interface FileInput {
  bytes: Buffer
  /** MIME type. */
  type: string
  name?: string
}

export interface Written {
  text?: string
  /** In a group text and pictures make one rich text; in a single chat a lone picture is a picture. */
  pictures?: FileInput[]
  file?: FileInput
  audio?: FileInput & { durationMs?: number; recognition?: string }
  video?: FileInput & { durationMs?: number }
  /** Id of the entry that is quoted. */
  quote?: string
  /** In a group only what mentions the robot reaches it. */
  atBot?: boolean
  mentions?: string[]
}

export interface WrittenOutcome {
  entry: Entry
  /** Whether a robot hears it at all. */
  heard: boolean
  /** Whether the robot's side has acknowledged it in the end. */
  acknowledged: Promise<boolean>
}

export interface PeopleSettings {
  /** Until a message to the robot that was not acknowledged is sent again. */
  redeliverMs: number
  /** How often it is sent again. */
  redeliveries: number
  /** Whether it keeps its messageId then; unverified. */
  redeliverKeepsMessageId: boolean
  /** A message for which there is no connection: `lost`, or sent again like one that was not acknowledged. */
  withoutConnection: 'lost' | 'redelivered'
  /** Milliseconds after which the clicker sees that it failed. */
  cardDeadlineMs: number
  sessionWebhookMs: number
}

export interface PeopleParts {
  world: World
  gateway: Gateway
  faults: Faults
  limits: Limits
  webhooks: Webhooks
  timers: Timers
  settings: PeopleSettings
  /** This stand-in's own address. */
  url: string
}

const TOPIC = '/v1.0/im/bot/messages/get'

/** What people do in their clients. */
export class People {
  readonly #parts: PeopleParts
  readonly #clicks: CardClicks

  constructor(parts: PeopleParts) {
    this.#parts = parts
    this.#clicks = new CardClicks(parts)
  }

  /** A member writes in a group. */
  writeInGroup(userId: string, openConversationId: string, written: Written): WrittenOutcome {
    const { world } = this.#parts
    const person = world.person(userId)
    const group = world.group(openConversationId)
    if (!group?.members.has(userId)) throw new Error(`${userId} is not in that group`)
    const atBot = written.atBot ?? true
    const entry = this.#post(group, person, written, atBot)
    const app = [...group.robots].map((code) => world.appOfRobot(code)).find((one) => one)
    // A robot in a group gets text and rich text only.
    const hears = entry.content.type === 'text' || entry.content.type === 'richText'
    if (!app || !atBot || !hears || group.disbanded) return unheard(entry)
    return this.#heard(app, group, person, entry)
  }

  /** A person writes to the robot in the single chat with it. */
  writeToBot(userId: string, written: Written, robotCode?: string): WrittenOutcome {
    const { world } = this.#parts
    const person = world.person(userId)
    const app = robotCode === undefined ? [...world.apps.values()][0] : world.appOfRobot(robotCode)
    if (!app) throw new Error('there is no such robot')
    const chat = world.chat(userId, app.robotCode)
    return this.#heard(app, chat, person, this.#post(chat, person, written, false))
  }

  /**
   * Presses a button of a card.
   * @param options.force presses it although this user does not see it (any more)
   * @throws {Error} when the user sees no such button
   */
  click(
    userId: string,
    outTrackId: string,
    buttonId: string,
    options: { force?: boolean; params?: Record<string, unknown> } = {},
  ): Promise<ClickOutcome> {
    const seen = this.#part(userId, outTrackId, buttonId, 'button')
    if (!seen && options.force !== true) throw new Error(`${userId} sees no button ${buttonId}`)
    const params = { ...(seen?.kind === 'button' ? seen.params : {}), ...options.params }
    return this.#clicks.send(userId, outTrackId, buttonId, params)
  }

  /**
   * Fills in a form of a card and submits it. Hidden fields and defaults go along; SELECT values become `{index, value}`.
   * @throws {Error} when the user sees no such form
   */
  submit(
    userId: string,
    outTrackId: string,
    formId: string,
    filled: Record<string, string>,
  ): Promise<ClickOutcome> {
    const form = this.#part(userId, outTrackId, formId, 'form')
    if (form?.kind !== 'form') throw new Error(`${userId} sees no form ${formId}`)
    const missing = form.fields.find((field) => field.required && !filled[field.name]?.trim())
    if (missing) {
      const toast = missing.requiredMsg ?? `请填写${missing.label}`
      return Promise.resolve({ sent: false, late: false, tookMs: 0, toast })
    }
    const values = Object.fromEntries(
      form.fields.map((field) => [field.name, valueOf(field, filled[field.name])]),
    )
    return this.#clicks.send(userId, outTrackId, formId, { ...form.params, form: values })
  }

  #part(userId: string, outTrackId: string, id: string, kind: string): CardPart | undefined {
    return viewCard(this.#parts.world, outTrackId, userId)?.parts?.find(
      (part) => part.kind === kind && 'id' in part && part.id === id,
    )
  }

  #post(place: Place, person: Person, written: Written, atBot: boolean): Entry {
    return this.#parts.world.post(place, {
      id: this.#parts.world.newId('msg'),
      author: { kind: 'person', userId: person.userId },
      content: this.#contentOf(written, place),
      mentions: written.mentions ?? [],
      atBot,
      quotes: written.quote,
    })
  }

  #contentOf(written: Written, place: Place): EntryContent {
    const keep = (file: FileInput): string =>
      this.#parts.world.keepFile(file.bytes, file.type, file.name ?? 'file').id
    const { file, audio, video, pictures = [], text = '' } = written
    if (file) return { type: 'file', fileId: keep(file), fileName: file.name ?? '文件' }
    if (video) return { type: 'video', fileId: keep(video), durationMs: video.durationMs ?? 1000 }
    if (audio) {
      const { durationMs = 1000, recognition = '' } = audio
      return { type: 'audio', fileId: keep(audio), durationMs, recognition }
    }
    const [first] = pictures
    if (!first) return { type: 'text', text }
    if (place.kind === 'chat' && pictures.length === 1 && text === '') {
      return { type: 'picture', fileId: keep(first), url: undefined }
    }
    const shown = pictures.map((picture) => ({ fileId: keep(picture) }))
    return { type: 'richText', parts: text === '' ? shown : [{ text: ` ${text}` }, ...shown] }
  }

  #heard(app: App, place: Place, person: Person, entry: Entry): WrittenOutcome {
    return { entry, heard: true, acknowledged: this.#deliver(app, place, person, entry) }
  }

  async #deliver(app: App, place: Place, person: Person, entry: Entry): Promise<boolean> {
    const { settings, timers } = this.#parts
    const data = this.#payload(app, place, person, entry)
    let messageId = this.#parts.world.newId('')
    for (let round = 0; round <= settings.redeliveries && !timers.stopped; round++) {
      const again = timers.wait(settings.redeliverMs)
      const outcome = await this.#deliverOnce(app, data, messageId)
      if (outcome !== 'unanswered') return outcome === 'acknowledged'
      await again
      if (!settings.redeliverKeepsMessageId) messageId = this.#parts.world.newId('')
    }
    return false
  }

  async #deliverOnce(
    app: App,
    original: Record<string, unknown>,
    messageId: string,
  ): Promise<'acknowledged' | 'unanswered' | 'lost'> {
    const { gateway, faults, timers, settings } = this.#parts
    const fault = faults.strikeNamed('stream/bot')
    const code = fault?.kind === 'errcode' ? String(fault.code) : ''
    const data = spoil(original, code)
    if (fault?.kind === 'delay') await timers.wait(fault.ms)
    const pushed = gateway.push(app.clientId, 'CALLBACK', TOPIC, data, messageId)
    if (pushed.connectionId === undefined) {
      return settings.withoutConnection === 'lost' ? 'lost' : 'unanswered'
    }
    if (code === 'twice') gateway.push(app.clientId, 'CALLBACK', TOPIC, data)
    if (fault?.kind === 'cut') gateway.drop(pushed.connectionId)
    const answer = await timers.within(settings.redeliverMs, pushed.answer)
    gateway.forget(messageId)
    return answer?.code === 200 && fault?.kind !== 'lost-answer' ? 'acknowledged' : 'unanswered'
  }

  #payload(app: App, place: Place, person: Person, entry: Entry): Record<string, unknown> {
    const { world, webhooks, settings, limits, url } = this.#parts
    const session = world.newId('')
    const expiresAt = world.now() + settings.sessionWebhookMs
    webhooks.openSession(session, { place, robotCode: app.robotCode, expiresAt })
    const payload = botMessage(world, {
      app,
      place,
      person,
      entry,
      sessionWebhook: `${url}/robot/sendBySession?session=${session}`,
      sessionWebhookExpiredTime: expiresAt,
    })
    return limits.countMessage() ? payload : spoil(payload, '20001')
  }
}

export type { ClickOutcome }

function unheard(entry: Entry): WrittenOutcome {
  return { entry, heard: false, acknowledged: Promise.resolve(false) }
}

/** The payload as it comes when the month's quota is used up, or without the sender's id. */
function spoil(data: Record<string, unknown>, code: string): Record<string, unknown> {
  if (code === '20001') {
    const { text: _text, content: _content, ...rest } = data
    return { ...rest, code: 20001, errorMessage: '本月 Webhook 与 Stream 额度已用完' }
  }
  if (code !== 'no-staff-id') return data
  const { senderStaffId: _staffId, ...rest } = data
  return rest
}

function valueOf(field: FormField, filled: string | undefined): unknown {
  const value = filled ?? field.defaultValue
  if (field.type !== 'SELECT') return value ?? ''
  const index = field.options.findIndex((option) => option.value === value)
  return index < 0 ? '' : { index, value }
}
