import { WebSocket } from 'ws'
import type { Wecom } from '#src/playground/wecom/index.ts'

export interface BotFrame {
  cmd?: string
  headers: { req_id: string }
  errcode?: number
  errmsg?: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it expects
  body?: any
}

/** A bare bot for tests of the stand-in: speaks frames and nothing else. */
export class Bot {
  readonly inbox: BotFrame[] = []
  readonly socket: WebSocket
  readonly closed: Promise<number>
  #next = 1
  readonly #waiting = new Map<string, (frame: BotFrame) => void>()
  #onCallback: ((frame: BotFrame) => void) | undefined

  constructor(url: string) {
    this.socket = new WebSocket(url)
    this.socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => this.socket.on('close', resolve))
    this.socket.on('message', (data: Buffer) => this.#receive(JSON.parse(data.toString())))
  }

  /** Opened and logged in. */
  static async connect(standIn: Wecom): Promise<Bot> {
    const bot = await Bot.open(standIn.url)
    await bot.call('aibot_subscribe', { bot_id: standIn.botId, secret: standIn.secret })
    return bot
  }

  static async open(url: string): Promise<Bot> {
    const bot = new Bot(url)
    await new Promise((resolve) => bot.socket.once('open', resolve))
    return bot
  }

  async call(cmd: string, body?: object, reqId = `r${this.#next++}`): Promise<BotFrame> {
    return new Promise((resolve) => {
      this.#waiting.set(reqId, resolve)
      this.socket.send(JSON.stringify({ cmd, headers: { req_id: reqId }, body }))
    })
  }

  async markdown(chatid: string, content: string): Promise<BotFrame> {
    return this.call('aibot_send_msg', { chatid, msgtype: 'markdown', markdown: { content } })
  }

  /** The next callback that has not been read. */
  async next(): Promise<BotFrame> {
    const first = this.inbox.shift()
    if (first !== undefined) return first
    return new Promise((resolve) => {
      this.#onCallback = resolve
    })
  }

  #receive(frame: BotFrame): void {
    if (frame.cmd === undefined) {
      this.#waiting.get(frame.headers.req_id)?.(frame)
      this.#waiting.delete(frame.headers.req_id)
    } else if (this.#onCallback === undefined) this.inbox.push(frame)
    else {
      this.#onCallback(frame)
      this.#onCallback = undefined
    }
  }
}
