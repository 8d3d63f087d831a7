/** What the stand-in answers to one frame, without the envelope. */
export interface Answer {
  errcode: number
  errmsg: string
  body?: object
}

/**
 * The refusals of the stand-in. Codes seen in the field or in vendor papers keep their number; where no public list
 * names one, the nearest documented code of the platform was chosen (marked "chosen").
 */
const REFUSALS = {
  /** Seen in the field for a bad bot id and for a bad secret; the platform leaves the socket open. */
  badLogin: [853000, 'invalid bot_id or secret'],
  /** Chosen: the platform's common frequency code; the socket's own number is not public. */
  tooOften: [45009, 'api freq out of limit'],
  /** Chosen: a command before the log-in. */
  notSubscribed: [846601, 'not subscribed'],
  /** Seen in the field for malformed bodies. */
  badRequest: [40058, 'invalid Request Parameter'],
  badMessageType: [40008, 'invalid message type'],
  badMedia: [40007, 'invalid media_id'],
  mediaTooLarge: [45001, 'media size out of limit'],
  contentTooLong: [45002, 'content size out of limit'],
  /** Seen in the field: wrong case, a prefix, or nobody has written to the bot there. */
  badChat: [93006, 'invalid chatid'],
  /** Seen in the field: a task_id that this bot has sent before. */
  usedTaskId: [42014, 'invalid task_id, task_id already used'],
  /** Seen in the field: this req_id does not take this command, or no longer. */
  badReqId: [846605, 'invalid req_id'],
  /** Seen in the field: the stream is finished or too old. */
  streamOver: [846608, 'stream message expired'],
} as const satisfies Record<string, readonly [number, string]>

export type RefusalName = keyof typeof REFUSALS

export const OK: Answer = { errcode: 0, errmsg: 'ok' }

/** An answer with that code; `why` is appended to the platform's words, for the reader of a failing test. */
export function refused(name: RefusalName, why?: string): Answer {
  const [errcode, errmsg] = REFUSALS[name]
  return { errcode, errmsg: why === undefined ? errmsg : `${errmsg}: ${why}` }
}
