import { faultPresets } from './dingtalk/index.ts'
import type { FaultRule, Faults } from './faults.ts'
import type { InboundFault } from './wechat/inbound-faults.ts'
import type { World } from './world.ts'

export type Platform = 'wechat' | 'dingtalk' | 'wecom'

/** Something that a person can let go wrong. */
export interface FaultSwitch {
  id: string
  platform: Platform
  label: string
  /** What it does, in words for a merchant. */
  about: string
  /**
   * `switch`: stays until it is switched off again, by calling what it returns.
   * `stroke`: happens at once and is over.
   */
  does: { switch: () => () => void } | { stroke: () => void }
}

/** Every fault that the page offers, in the order in which it shows them. */
export function faultSwitches(world: World): FaultSwitch[] {
  return [...wechatFaults(world), ...dingtalkFaults(world), ...wecomFaults(world)]
}

function wechatFaults({ wechat }: World): FaultSwitch[] {
  const inbound = (id: string, label: string, about: string, fault: InboundFault): FaultSwitch => ({
    id: `wechat-${id}`,
    platform: 'wechat',
    label,
    about,
    does: {
      switch: () => {
        const end = wechat.inbound.add({ fault })
        return () => {
          end()
          for (const account of wechat.accounts) account.releaseOvertaken()
        }
      },
    },
  })
  const call = outbound('wechat', wechat.faults)
  const send = 'custom/send'
  const code = (errcode: number): FaultRule[] => [
    { call: send, fault: { kind: 'errcode', code: errcode } },
  ]
  return [
    inbound('repeat', '回调重复 4 次', '同一条消息同时到达四次', { kind: 'repeat', times: 3 }),
    inbound('new-id', '换号重发', '同一条消息 5 秒后换一个编号再来一次', {
      kind: 'new-id',
      afterMs: 5000,
    }),
    inbound('late', '回调迟到 3 秒', '消息晚三秒才送到', { kind: 'late', ms: 3000 }),
    inbound('overtaken', '回调乱序', '每条消息等后一条先走', { kind: 'overtaken', by: 1 }),
    call('lost', '发送超时未知', '顾客其实收到了，但平台没有回应', [
      { call: send, fault: { kind: 'lost-answer' } },
    ]),
    call('502', '平台 5xx', '发送接口返回 502', [
      { call: send, fault: { kind: 'status', status: 502, body: '' } },
    ]),
    call('cut', '连接被断开', '发送接口直接断线', [{ call: send, fault: { kind: 'cut' } }]),
    call('45015', '45015 超过时限', '平台说：超过 48 小时，不能再回复', code(45015)),
    call('45047', '45047 条数用完', '平台说：回复条数已用完', code(45047)),
    call('45009', '45009 调用超限', '平台说：今日调用次数已达上限', code(45009)),
    call('media', '图片取不到', '顾客发的图片和语音取回时失败', [
      { call: 'media/get', fault: { kind: 'status', status: 500, body: '' } },
      { call: 'media/picture', fault: { kind: 'status', status: 500, body: '' } },
    ]),
    stroke('wechat', 'token', '令牌失效', '现有的 access_token 立即作废（40001）', () => {
      for (const account of wechat.accounts) account.tokens.killAll(account.now())
    }),
  ]
}

function dingtalkFaults({ dingtalk }: World): FaultSwitch[] {
  const call = outbound('dingtalk', dingtalk.faults)
  const { gateway } = dingtalk
  return [
    stroke('dingtalk', 'drop', '断开钉钉连接', '所有 Stream 长连接突然断开', () => gateway.drop()),
    stroke('dingtalk', 'disconnect', '平台要求换连接', '发来 disconnect，十秒后断开', () =>
      gateway.disconnect(),
    ),
    stroke('dingtalk', 'deafen', '连接假死', '连接看似正常，推送却石沉大海', () =>
      gateway.deafen(),
    ),
    stroke('dingtalk', 'token', '令牌失效', '现有的 accessToken 立即作废', () =>
      dingtalk.revokeTokens(),
    ),
    ...faultPresets.map(({ id, label, rules }) => call(id, label, label, rules)),
  ]
}

function wecomFaults({ wecom }: World): FaultSwitch[] {
  const call = outbound('wecom', wecom.faults)
  const send = 'aibot_send_msg'
  // Of several ways in which a group's cards fail, the last one switched on holds.
  const cardFailures = new Set<'hidden' | 'refused'>()
  const cardPush = (how: 'hidden' | 'refused') => (on: boolean) => {
    if (on) cardFailures.add(how)
    else cardFailures.delete(how)
    wecom.settings.cardPushGroup = [...cardFailures].at(-1) ?? 'shown'
  }
  const setting = (
    id: string,
    label: string,
    about: string,
    set: (on: boolean) => void,
  ): FaultSwitch => ({
    id: `wecom-${id}`,
    platform: 'wecom',
    label,
    about,
    does: {
      switch: () => {
        set(true)
        return () => set(false)
      },
    },
  })
  return [
    stroke('wecom', 'drop', '企微断线', '机器人的长连接突然断开', () => wecom.drop()),
    stroke('wecom', 'kick', '被别处登录挤下线', '同一个机器人在别处登录', () => wecom.kick()),
    stroke('wecom', 'swallow', '丢失 1 次应答', '消息发出去了，应答没有回来', () =>
      wecom.swallowAnswers(1),
    ),
    stroke('wecom', 'repeat-last', '重复上一条推送', '把最后一条消息或点击再推送一次', () =>
      wecom.repeatLastCallback(),
    ),
    stroke('wecom', 'sleep', '群休眠', '有人 @ 机器人之前，不能向群里推送', () => {
      for (const { id, kind } of wecom.rooms.chats.values())
        if (kind === 'group') wecom.fallAsleep(id)
    }),
    call('lost', '发送后断线', '消息发到了群里，应答前连接断开', [
      { call: send, fault: { kind: 'lost-answer' } },
    ]),
    call('45009', '45009 发得太快', '平台说：超过每分钟条数', [
      { call: send, fault: { kind: 'errcode', code: 45009, message: 'api freq out of limit' } },
    ]),
    call('busy', '-1 系统繁忙', '平台说：系统繁忙', [
      { call: send, fault: { kind: 'errcode', code: -1, message: 'system error' } },
    ]),
    call('click', '点击时断线', '点击送到后连接断开', [
      { call: 'template_card_event', fault: { kind: 'lost-answer' } },
    ]),
    call('login', '登录被拒', '重连时平台拒绝登录', [
      { call: 'aibot_subscribe', fault: { kind: 'errcode', code: 853000, message: 'invalid' } },
    ]),
    setting('hidden', '群里看不到卡片', '推送卡片返回成功，群里却不显示', cardPush('hidden')),
    setting('refused', '群卡片被拒', '平台不接受推送到群的卡片', cardPush('refused')),
    setting('twice', '推送两次', '每条消息和点击都推送两次', (on) => {
      wecom.repeatCallbacks = on ? 1 : 0
    }),
  ]
}

/** Makes switches that strike calls of the product to one platform. */
const outbound =
  (platform: Platform, faults: Faults) =>
  (id: string, label: string, about: string, rules: readonly FaultRule[]): FaultSwitch => ({
    id: `${platform}-${id}`,
    platform,
    label,
    about,
    does: {
      switch: () => {
        const ends = rules.map((rule) => faults.add(rule))
        return () => {
          for (const end of ends) end()
        }
      },
    },
  })

const stroke = (
  platform: Platform,
  id: string,
  label: string,
  about: string,
  strike: () => void,
): FaultSwitch => ({ id: `${platform}-${id}`, platform, label, about, does: { stroke: strike } })

/** The switches with their positions. */
export class FaultPanel {
  readonly all: readonly FaultSwitch[]
  readonly #on = new Map<string, () => void>()

  constructor(world: World) {
    this.all = faultSwitches(world)
  }

  isOn(id: string): boolean {
    return this.#on.has(id)
  }

  active(): FaultSwitch[] {
    return this.all.filter(({ id }) => this.#on.has(id))
  }

  /**
   * Presses a switch: turns it, or strikes once.
   * @throws {Error} when there is none with this id
   */
  press(id: string): FaultSwitch {
    const found = this.all.find((one) => one.id === id)
    if (!found) throw new Error('没有这个故障开关')
    if ('stroke' in found.does) found.does.stroke()
    else this.#turn(id, found.does.switch)
    return found
  }

  clear(): void {
    for (const end of this.#on.values()) end()
    this.#on.clear()
  }

  #turn(id: string, on: () => () => void): void {
    const off = this.#on.get(id)
    if (off) {
      off()
      this.#on.delete(id)
    } else this.#on.set(id, on())
  }
}
