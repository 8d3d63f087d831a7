import type { DingtalkStandIn, PlaceView } from './dingtalk/index.ts'
import type { OfficialAccount } from './wechat/account.ts'
import type { WechatStandIn } from './wechat/index.ts'
import type { Phone } from './wechat/phone.ts'
import type { Chat, Wecom } from './wecom/index.ts'

/** The platforms on this machine, with everybody in them. */
export interface World {
  wechat: WechatStandIn
  dingtalk: DingtalkStandIn
  wecom: Wecom
}

/** The place name of a person's single chat with the bot; all other names are ids of groups. */
export const BOT_CHAT = 'bot'

/** Whose eyes somebody at the page looks through: one customer, and one agent in each workplace. */
export interface View {
  /** openid; empty while there is no customer. */
  customer: string
  dingtalk: Seat
  wecom: Seat
}

export interface Seat {
  /** userId of the agent. */
  actor: string
  /** Id of a group, or BOT_CHAT. */
  place: string
}

export interface Person {
  id: string
  name: string
}

/** Reads the page's query; what is missing or unknown becomes the first that there is. */
export function readView(world: World, query: URLSearchParams): View {
  return {
    customer: choose(
      query.get('customer'),
      phonesOf(world).map(({ openid }) => openid),
    ),
    dingtalk: {
      actor: choose(
        query.get('ding'),
        dingtalkPeople(world).map(({ id }) => id),
      ),
      place: choose(query.get('dingAt'), [...dingtalkGroups(world).map(({ id }) => id), BOT_CHAT]),
    },
    wecom: {
      actor: choose(
        query.get('wecom'),
        wecomPeople(world).map(({ id }) => id),
      ),
      place: choose(query.get('wecomAt'), [...wecomGroups(world).map(({ id }) => id), BOT_CHAT]),
    },
  }
}

/** The query by which `readView` finds this view again. */
export function viewQuery({ customer, dingtalk, wecom }: View): string {
  const names = {
    customer,
    ding: dingtalk.actor,
    dingAt: dingtalk.place,
    wecom: wecom.actor,
    wecomAt: wecom.place,
  }
  return `?${new URLSearchParams(names).toString()}`
}

function choose(wanted: string | null, known: readonly string[]): string {
  return wanted !== null && known.includes(wanted) ? wanted : (known[0] ?? '')
}

export function phonesOf({ wechat }: World): Phone[] {
  return wechat.accounts.flatMap((account) => [...account.phones.values()])
}

/** @throws {Error} when nobody has this openid */
export function findPhone(
  { wechat }: World,
  openid: string,
): { account: OfficialAccount; phone: Phone } {
  for (const account of wechat.accounts) {
    const phone = account.phones.get(openid)
    if (phone) return { account, phone }
  }
  throw new Error('没有这位顾客')
}

export function dingtalkGroups({ dingtalk }: World): Person[] {
  return dingtalk.groups().map(({ openConversationId, title }) => ({
    id: openConversationId,
    name: title,
  }))
}

/** Everybody who sits in a group, each once. */
export function dingtalkPeople(world: World): Person[] {
  return unique(
    dingtalkGroups(world)
      .flatMap(({ id }) => world.dingtalk.group(id, undefined, 1).members)
      .map(({ userId, name }) => ({ id: userId, name })),
  )
}

/** A group or the chat with the bot, as the actor's client shows it. */
export function dingtalkPlace(
  { dingtalk }: World,
  { actor, place }: Seat,
  last: number,
): PlaceView {
  return place === BOT_CHAT ? dingtalk.chat(actor, last) : dingtalk.group(place, actor, last)
}

/** What the robot is called, as everybody sees it. */
export const dingtalkRobot = (world: World): string =>
  world.dingtalk.chat(dingtalkPeople(world)[0]?.id ?? '', 1).title

export function wecomGroups({ wecom }: World): Chat[] {
  return [...wecom.rooms.chats.values()].filter(({ kind }) => kind === 'group')
}

export function wecomPeople(world: World): Person[] {
  return unique(
    wecomGroups(world)
      .flatMap(({ members }) => members)
      .map(({ userid, name }) => ({ id: userid, name })),
  )
}

/** undefined: this person's chat with the bot has not begun. */
export function wecomChat({ wecom }: World, { actor, place }: Seat): Chat | undefined {
  return wecom.rooms.chats.get(place === BOT_CHAT ? actor : place)
}

function unique(people: readonly Person[]): Person[] {
  return [...new Map(people.map((person) => [person.id, person])).values()]
}

/** Calls `changed` whenever something that a person could see has changed; the returned function ends that. */
export function watch({ wechat, dingtalk, wecom }: World, changed: () => void): () => void {
  const ends = [wechat.onChange(changed), dingtalk.onChange(changed), wecom.rooms.onChange(changed)]
  return () => {
    for (const end of ends) end()
  }
}
