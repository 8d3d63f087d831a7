/** A call that the stand-in refuses, in the form of api.dingtalk.com. */
export class ApiRefusal extends Error {
  readonly code: string
  readonly status: number

  constructor(code: string, message = code, status = statusOf(code)) {
    super(message)
    this.code = code
    this.status = status
  }
}

/** A call that the stand-in refuses, in the form of oapi.dingtalk.com: HTTP 200 and an errcode. */
export class OapiRefusal extends Error {
  readonly errcode: number

  constructor(errcode: number, message: string) {
    super(message)
    this.errcode = errcode
  }
}

/** The HTTP status that goes with a code of the new API. */
export function statusOf(code: string): number {
  if (code.startsWith('Forbidden.')) return 403
  if (code === 'InvalidAuthentication') return 401
  if (code.startsWith('system.') || code.startsWith('server.')) return 500
  return 400
}
