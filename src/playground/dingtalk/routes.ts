import type { Answer, Call } from './call.ts'
import { createAndDeliver, deliver, update } from './cards.ts'
import { download, getFile, upload } from './files.ts'
import {
  getUser,
  recallInChats,
  recallInGroup,
  sendDing,
  sendToGroup,
  sendToPeople,
} from './robot.ts'
import type { AppTokens } from './tokens.ts'
import type { Webhooks } from './webhooks.ts'

export interface Route {
  /** How fault switches and the list of calls name it. */
  name: string
  /** Where the token is looked for, and the form of refusals. `none`: the address itself is the right. */
  token: 'header' | 'query' | 'none'
  /** The form of answers that refuse. */
  form: 'api' | 'oapi'
  /** Counts against the month's quota. */
  metered: boolean
  run: (call: Call) => Answer
}

/** Every call by method and path. Paths are compared in lower case: the vendor's pages spell oToMessages both ways. */
export function makeRoutes(tokens: AppTokens, webhooks: Webhooks): Map<string, Route> {
  const routes = new Map<string, Route>()
  const add = (method: string, path: string, route: Route): void => {
    routes.set(`${method} ${path.toLowerCase()}`, route)
  }
  const api = (name: string, run: Route['run']): Route => {
    return { name, token: 'header', form: 'api', metered: true, run }
  }
  const open = (name: string, form: Route['form'], run: Route['run']): Route => {
    return { name, token: 'none', form, metered: false, run }
  }
  add(
    'POST',
    '/v1.0/oauth2/accessToken',
    open('oauth2/accessToken', 'api', (call) => tokens.issue(call)),
  )
  add(
    'POST',
    '/v1.0/gateway/connections/open',
    open('connections/open', 'api', (call) => call.gateway.open(call)),
  )
  add(
    'POST',
    '/v1.0/card/instances/createAndDeliver',
    api('card/createAndDeliver', createAndDeliver),
  )
  add('POST', '/v1.0/card/instances/deliver', api('card/deliver', deliver))
  add('PUT', '/v1.0/card/instances', api('card/update', update))
  add('POST', '/v1.0/robot/groupMessages/send', api('groupMessages/send', sendToGroup))
  add('POST', '/v1.0/robot/groupMessages/recall', api('groupMessages/recall', recallInGroup))
  add('POST', '/v1.0/robot/oToMessages/batchSend', api('oToMessages/batchSend', sendToPeople))
  add('POST', '/v1.0/robot/otoMessages/batchRecall', api('otoMessages/batchRecall', recallInChats))
  add('POST', '/v1.0/robot/messageFiles/download', api('messageFiles/download', download))
  add('POST', '/v1.0/robot/ding/send', api('ding/send', sendDing))
  add('POST', '/media/upload', { ...api('media/upload', upload), token: 'query', form: 'oapi' })
  add('POST', '/topapi/v2/user/get', {
    ...api('user/get', getUser),
    token: 'query',
    form: 'oapi',
    metered: false,
  })
  add(
    'POST',
    '/robot/sendBySession',
    open('sessionWebhook', 'oapi', (call) => webhooks.sendBySession(call)),
  )
  add(
    'POST',
    '/robot/send',
    open('robot/send', 'oapi', (call) => webhooks.sendByToken(call)),
  )
  add('GET', '/files', open('files/get', 'api', getFile))
  return routes
}
