import type { Agent } from '../domain/desk.ts'
import { isDeskCommand, parseCommand } from '../domain/commands.ts'
import { type DeskId, type LaneKey, deskLane, makeGroupId } from '../domain/ids.ts'
import { firstMarker, leadingMarker } from '../domain/marker.ts'
import type { AgentInput, CardClick } from '../ports/workplace.ts'
import type { Reads } from '../ports/store.ts'
import type { AgentRef, ChatRef } from '../domain/refs.ts'
import type { World } from './world.ts'

/** Where an agent's words belong, and what is left of them without the address. */
export interface Located {
  lane: LaneKey
  text: string
  /** They name a conversation that does not exist. */
  unknownMarker?: string
  /** They quote something that belongs to no conversation we know: never a reason to guess one. */
  unknownQuote?: true
}

/**
 * Finds the lane of what an agent typed: by a marker in front of the text, by the quoted card or line, by the marker in
 * the quoted text, in a single chat by whom it speaks to now, else by the only conversation the agent holds in this
 * group. What belongs to no conversation is the desk's.
 */
export async function locate(
  world: World,
  input: AgentInput & { agent: AgentRef },
): Promise<Located> {
  const { read } = world.store
  const text = input.text.trim()
  const command = parseCommand(text)
  if (command?.name === '绑定')
    return {
      lane: deskLane((await read.bindCode(command.code))?.desk ?? deskOfChat(world, input)),
      text,
    }
  const typed = leadingMarker(text)
  // What is typed is the plainest word, also under a quote of another conversation or of a list.
  if (typed && !isOrderNumber(typed)) return byMarker(world, input, typed)
  const quoted = await laneOfQuote(read, input)
  if (quoted) return { lane: quoted, text }
  if (typed) return byMarker(world, input, typed)
  const desk = deskLane(deskOfChat(world, input))
  if (command && isDeskCommand(command)) return { lane: desk, text }
  if (input.quoted && !asksToSendQuoted({ text, quoted: input.quoted }))
    return { lane: desk, text, unknownQuote: true }
  return { lane: (await laneOfTalk(read, input)) ?? desk, text }
}

/** 发送, typed under a quoted file: send that file to the customer. */
const SEND_QUOTED = /^[/／]?发送$/

export const asksToSendQuoted = ({
  text,
  quoted,
}: {
  text: string
  quoted: AgentInput['quoted']
}): boolean => quoted?.media !== undefined && SEND_QUOTED.test(text.trim())

/** Under a quote, #123456 is no address with a typing error but something that the customer asked about. */
const isOrderNumber = ({ marker, valid }: { marker: string; valid: boolean }): boolean =>
  !valid && /^\d+$/.test(marker)

/** The lane of a clicked card, the desk's when nobody knows the card. */
export async function locateCard(world: World, click: CardClick): Promise<LaneKey> {
  const known = await world.store.read.laneOfCard(click.card)
  return known ?? deskLane(deskOfChat(world, click))
}

async function laneOfQuote(
  read: Reads,
  { chat, quoted }: AgentInput,
): Promise<LaneKey | undefined> {
  if (!quoted) return undefined
  const post = quoted.platformId
  const found = post === undefined ? undefined : await read.laneOfPost(chat.workplace, post)
  if (found) return found
  const marker = quoted.text === undefined ? undefined : firstMarker(quoted.text)
  return marker === undefined ? undefined : read.laneOfMarker(marker)
}

async function byMarker(
  world: World,
  input: AgentInput,
  { marker, rest, valid }: { marker: string; rest: string; valid: boolean },
): Promise<Located> {
  const lane = valid ? await world.store.read.laneOfMarker(marker) : undefined
  if (lane) return { lane, text: rest }
  return { lane: deskLane(deskOfChat(world, input)), text: rest, unknownMarker: marker }
}

async function laneOfTalk(
  read: Reads,
  input: AgentInput & { agent: AgentRef },
): Promise<LaneKey | undefined> {
  if (input.chat.kind === 'direct') return read.agent(input.agent.id)?.current
  const group = makeGroupId(input.chat.workplace, input.chat.id)
  const held = await read.heldBy(input.agent.id)
  const here = held.filter(({ conversation }) => conversation.holder?.group === group)
  return here.length === 1 ? here[0]?.lane : undefined
}

/** The desk a chat belongs to: of its group, else of a group its writer was seen in, else the first one. */
export function deskOfChat(
  { store, settings }: World,
  { chat, agent }: { chat: ChatRef; agent: AgentRef | undefined },
): DeskId {
  const own = makeGroupId(chat.workplace, chat.id)
  const groups = [own, ...((agent && store.read.agent(agent.id)?.groups) ?? [])]
  for (const group of groups) {
    const desk = store.read.group(group)?.desk
    // One that has left the configuration has nobody to answer.
    if (desk && settings.desks.has(desk)) return desk
  }
  const [first] = settings.desks.keys()
  if (!first) throw new Error('the configuration has no desk')
  return first
}

/** An agent as of now, to be kept with the event: name and the group they act in. */
export function sighting(
  { store }: World,
  { id, workplace, user, name }: AgentRef,
  chat: ChatRef,
  now: number,
): Agent | undefined {
  const known = store.read.agent(id)
  const group = chat.kind === 'group' ? makeGroupId(chat.workplace, chat.id) : undefined
  const isNewHere = group !== undefined && !known?.groups.includes(group)
  const isRenamed = name !== undefined && name !== known?.name
  if (known && !isNewHere && !isRenamed && now - known.seenAt < SIGHTING_MS) return undefined
  const groups = known?.groups ?? []
  return {
    ...known,
    id,
    workplace,
    user,
    name: name ?? known?.name ?? user,
    groups: group !== undefined && isNewHere ? [...groups, group] : groups,
    seenAt: now,
  }
}

/** How fresh `seenAt` is kept; the list of colleagues is ordered by it. */
const SIGHTING_MS = 5 * 60_000
