/** Structured log lines for the operator. Never a customer's text, id or phone number, never a secret (promise 7). */
export interface Log {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Log
}
