import type { z } from 'zod'
import type { Call } from './call.ts'
import { ApiRefusal } from './refusal.ts'

/**
 * The body of a call, as this schema reads it.
 * @throws {ApiRefusal} `param.invalid` naming the first field that is wrong
 */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  call: Call,
): z.infer<Schema> {
  const parsed = schema.safeParse(call.body)
  if (parsed.success) return parsed.data
  const field = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new ApiRefusal('param.invalid', `参数不合法: ${field}`)
}
