/**
 * Reads a body column back as the type it was written from. Nothing but this store writes these columns, so the type
 * is believed and not checked again on every read.
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what it wrote
export function fromJson<T>(body: unknown): T {
  return JSON.parse(String(body)) as T
}
