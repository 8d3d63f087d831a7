import { z } from 'zod'
import type { Answer, Call } from './call.ts'
import { ApiRefusal } from './refusal.ts'
import type { App, World } from './world.ts'

const LIFE_MS = 7200_000
const tokenRequest = z.object({ appKey: z.string(), appSecret: z.string() })

/** Access tokens: asking again while one is valid returns the same and extends it (dingtalk.md 1.1). */
export class AppTokens {
  readonly #byToken = new Map<string, { app: App; expiresAt: number }>()
  readonly #byApp = new Map<string, string>()
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  /** `POST /v1.0/oauth2/accessToken` */
  issue(call: Call): Answer {
    const request = tokenRequest.safeParse(call.body)
    const app = request.success ? this.#world.apps.get(request.data.appKey) : undefined
    if (!request.success || !app || app.clientSecret !== request.data.appSecret) {
      throw new ApiRefusal('invalidClientIdOrSecret')
    }
    const old = this.#byApp.get(app.clientId)
    const token = old !== undefined && this.find(old) ? old : this.#world.newId('')
    this.#byApp.set(app.clientId, token)
    this.#byToken.set(token, { app, expiresAt: this.#world.now() + LIFE_MS })
    return { json: { accessToken: token, expireIn: LIFE_MS / 1000 } }
  }

  /** The app whose token this is; undefined when it is unknown or expired. */
  find(token: string): App | undefined {
    const entry = this.#byToken.get(token)
    return entry && entry.expiresAt > this.#world.now() ? entry.app : undefined
  }

  /** All tokens stop serving at once, as after a reset of the secret in the console. */
  revokeAll(): void {
    this.#byToken.clear()
  }
}
