import { z } from 'zod'
import type { Answer, Call } from './call.ts'
import { complaints, mergeInto, readParamMap, unset, updatePublic, valuesOf } from './card-data.ts'
import { parseRequest } from './parse.ts'
import { ApiRefusal } from './refusal.ts'
import type { Card, Place, Template } from './world.ts'

const cardData = z.object({ cardParamMap: z.record(z.string(), z.unknown()) })
const deliverRequest = z.looseObject({
  outTrackId: z.string().default(''),
  openSpaceId: z.string().default(''),
  imGroupOpenDeliverModel: z
    .object({ robotCode: z.string(), atUserIds: z.record(z.string(), z.string()).optional() })
    .optional(),
  imGroupOpenSpaceModel: z.looseObject({}).optional(),
  imRobotOpenDeliverModel: z
    .object({ spaceType: z.string(), robotCode: z.string().optional() })
    .optional(),
  imRobotOpenSpaceModel: z.looseObject({}).optional(),
})
const createRequest = deliverRequest.extend({
  cardTemplateId: z.string().default(''),
  callbackType: z.string().default(''),
  userIdType: z.number().optional(),
  cardData: cardData.optional(),
  privateData: z.record(z.string(), cardData).optional(),
})
const updateRequest = z.object({
  outTrackId: z.string().default(''),
  cardData: cardData.optional(),
  privateData: z.record(z.string(), cardData).optional(),
  cardUpdateOptions: z
    .object({ updateCardDataByKey: z.boolean(), updatePrivateDataByKey: z.boolean() })
    .partial()
    .optional(),
  userIdType: z.number().optional(),
})

type CreateRequest = z.infer<typeof createRequest>
type DeliverRequest = z.infer<typeof deliverRequest>
interface DeliverResult {
  spaceType: string
  spaceId: string
  success: boolean
  carrierId?: string
  errorMsg?: string
}

/** `POST /v1.0/card/instances/createAndDeliver` */
export function createAndDeliver(call: Call): Answer {
  const request = parseRequest(createRequest, call)
  const spaces = readSpaces(request)
  const template = findTemplate(call, request.cardTemplateId)
  const known = call.world.cards.get(request.outTrackId)
  if (known) return answerKnown(call, known)
  const card = makeCard(call, request, template)
  call.world.cards.set(card.outTrackId, card)
  return delivered(card, deliverTo(call, card, request, spaces))
}

/** `POST /v1.0/card/instances/deliver`: an existing card into further spaces. */
export function deliver(call: Call): Answer {
  const request = parseRequest(deliverRequest, call)
  const card = findCard(call, request.outTrackId)
  return delivered(card, deliverTo(call, card, request, readSpaces(request)))
}

/** `PUT /v1.0/card/instances` */
export function update(call: Call): Answer {
  const request = parseRequest(updateRequest, call)
  const card = findCard(call, request.outTrackId)
  if (!request.cardData && !request.privateData) {
    throw new ApiRefusal('param.cardDataAndPrivateDataBothEmpty')
  }
  if (card.openClicks > 0) {
    call.world.problem(`card ${card.outTrackId} was updated before its click was answered`)
  }
  const data = readData(call, request, findTemplate(call, card.templateId))
  const byKey = request.cardUpdateOptions ?? {}
  if (data.publicData) updatePublic(card, data.publicData, byKey.updateCardDataByKey === true)
  for (const [userId, values] of data.privateData) {
    mergeInto(valuesOf(card.privateData, userId), values, byKey.updatePrivateDataByKey === true)
  }
  card.updates++
  card.updatedAt = call.world.now()
  for (const { place } of card.places) {
    call.world.changed({ what: 'card', openConversationId: place.openConversationId })
  }
  return { json: { success: true, result: true } }
}

function answerKnown(call: Call, card: Card): Answer {
  if (call.options.existingCard === 'refuse') throw new ApiRefusal('param.cardAlreadyExist')
  const results = card.places.map(({ place, carrierId }) => ({
    ...spaceOf(place),
    success: true,
    carrierId,
  }))
  return delivered(card, results)
}

function delivered(card: Card, deliverResults: DeliverResult[]): Answer {
  return { json: { success: true, result: { outTrackId: card.outTrackId, deliverResults } } }
}

function makeCard(call: Call, request: CreateRequest, template: Template): Card {
  if (!request.cardData && !request.privateData) {
    throw new ApiRefusal('param.cardDataAndPrivateDataBothEmpty')
  }
  const data = readData(call, request, template)
  const card: Card = {
    outTrackId: request.outTrackId,
    clientId: call.app!.clientId,
    templateId: template.id,
    callbackType: request.callbackType,
    publicData: data.publicData ?? new Map(),
    privateData: data.privateData,
    shownTo: new Map(),
    places: [],
    updates: 0,
    updatedAt: call.world.now(),
    openClicks: 0,
  }
  for (const words of unset(template, card)) call.world.problem(`card ${card.outTrackId}: ${words}`)
  return card
}

function readData(
  call: Call,
  request: Pick<CreateRequest, 'cardData' | 'privateData' | 'outTrackId'>,
  template: Template,
): { publicData: Map<string, string> | undefined; privateData: Map<string, Map<string, string>> } {
  const privateData = new Map<string, Map<string, string>>()
  const users = Object.entries(request.privateData ?? {})
  if (users.length > 20) throw new ApiRefusal('param.invalid', '单次最多更新 20 个用户的私有数据')
  for (const [userId, data] of users) {
    if (!call.world.people.has(userId)) throw new ApiRefusal('param.userIdNotExist')
    privateData.set(userId, checked(call, request.outTrackId, template, 'private', data))
  }
  if (!request.cardData) return { publicData: undefined, privateData }
  const publicData = checked(call, request.outTrackId, template, 'public', request.cardData)
  return { publicData, privateData }
}

function checked(
  call: Call,
  outTrackId: string,
  template: Template,
  scope: 'public' | 'private',
  data: z.infer<typeof cardData>,
): Map<string, string> {
  const values = readParamMap(data.cardParamMap, call.options)
  for (const word of call.options.unsafeWords) {
    for (const value of values.values()) {
      if (value.includes(word)) throw new ApiRefusal('param.contentUnsafe', '内容不合规')
    }
  }
  for (const words of complaints(template, values, scope)) {
    call.world.problem(`card ${outTrackId}: ${words}`)
  }
  return values
}

function findTemplate(call: Call, id: string): Template {
  const template = call.world.templates.get(id)
  if (!template) throw new ApiRefusal('param.templateNotExist')
  if (!template.published) throw new ApiRefusal('param.templateUnpublished')
  return template
}

function findCard(call: Call, outTrackId: string): Card {
  if (outTrackId === '') throw new ApiRefusal('param.outTrackIdEmpty')
  const card = call.world.cards.get(outTrackId)
  if (!card || card.clientId !== call.app?.clientId) throw new ApiRefusal('param.cardNotExist')
  return card
}

interface Space {
  type: 'IM_GROUP' | 'IM_ROBOT'
  id: string
}

function readSpaces(request: DeliverRequest): Space[] {
  if (request.outTrackId === '') throw new ApiRefusal('param.outTrackIdEmpty')
  if (request.outTrackId.length > 100) throw new ApiRefusal('param.invalid', 'outTrackId 超长')
  const prefix = 'dtv1.card//'
  const { openSpaceId } = request
  if (!openSpaceId.startsWith(prefix) || openSpaceId.length > 1000) {
    throw new ApiRefusal('param.openSpaceIdInvalid')
  }
  return openSpaceId
    .slice(prefix.length)
    .split(';')
    .map((space) => readSpace(space, request))
}

function readSpace(space: string, request: DeliverRequest): Space {
  const dot = space.indexOf('.')
  const type = space.slice(0, dot)
  const id = space.slice(dot + 1)
  if (dot < 1 || id === '') throw new ApiRefusal('param.openSpaceIdInvalid')
  if (type === 'IM_GROUP') {
    if (!request.imGroupOpenSpaceModel) throw new ApiRefusal('param.openSpaceModelInvalid')
    if (!request.imGroupOpenDeliverModel) throw new ApiRefusal('param.openDeliverModelEmpty')
    return { type, id }
  }
  if (type === 'IM_ROBOT') {
    if (!request.imRobotOpenSpaceModel) throw new ApiRefusal('param.openSpaceModelInvalid')
    if (!request.imRobotOpenDeliverModel) throw new ApiRefusal('param.openDeliverModelEmpty')
    return { type, id }
  }
  throw new ApiRefusal('param.openSpaceIdInvalid')
}

function deliverTo(
  call: Call,
  card: Card,
  request: DeliverRequest,
  spaces: Space[],
): DeliverResult[] {
  return spaces.map((space) => {
    const failed = { spaceType: space.type, spaceId: space.id, success: false }
    const fault = call.faults.strikeNamed('card/deliverResults')
    if (fault) {
      const message = fault.kind === 'errcode' ? (fault.message ?? String(fault.code)) : '投放失败'
      return { ...failed, errorMsg: message }
    }
    const robotCode = request.imGroupOpenDeliverModel?.robotCode ?? call.app!.robotCode
    const place = findPlace(call, space, robotCode)
    if (typeof place === 'string') return { ...failed, errorMsg: place }
    return { ...failed, success: true, carrierId: postCard(call, card, place, request) }
  })
}

function findPlace(call: Call, space: Space, robotCode: string): Place | string {
  if (space.type === 'IM_ROBOT') {
    return call.world.people.has(space.id)
      ? call.world.chat(space.id, call.app!.robotCode)
      : '用户不存在'
  }
  const group = call.world.group(space.id)
  if (!group) return '群不存在'
  if (group.disbanded) return '群已解散'
  return group.robots.has(robotCode) ? group : '机器人不在群内'
}

function postCard(call: Call, card: Card, place: Place, request: DeliverRequest): string {
  const entry = call.world.post(place, {
    id: call.world.newId('carrier'),
    author: { kind: 'robot', robotCode: call.app!.robotCode },
    content: { type: 'card', outTrackId: card.outTrackId },
    mentions: Object.keys(request.imGroupOpenDeliverModel?.atUserIds ?? {}),
    atBot: false,
    quotes: undefined,
  })
  card.places.push({ place, carrierId: entry.id })
  return entry.id
}

function spaceOf(place: Place): Pick<DeliverResult, 'spaceType' | 'spaceId'> {
  return place.kind === 'group'
    ? { spaceType: 'IM_GROUP', spaceId: place.openConversationId }
    : { spaceType: 'IM_ROBOT', spaceId: place.userId }
}
