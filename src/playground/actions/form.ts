/** What somebody at the page sent: the fields of a form, at most one file among them. */
export interface Sent {
  fields: ReadonlyMap<string, string>
  file?: SentFile
}

export interface SentFile {
  bytes: Buffer
  name: string
}

/** Said to a person at the page, e.g. because a field is missing. */
export class PageError extends Error {}

/** What one click or form of the page does. Gives the words that only the one who did it sees. */
export type Action = (
  params: Readonly<Record<string, string>>,
  sent: Sent,
) => Promise<string | undefined> | string | undefined

/** @throws {PageError} when it is missing */
export function need(values: ReadonlyMap<string, string>, name: string): string {
  const value = values.get(name)
  if (value === undefined || value === '') throw new PageError(`缺少 ${name}`)
  return value
}

/** Reads a body of `application/x-www-form-urlencoded` or `multipart/form-data`. */
export async function readForm(body: Buffer, contentType: string): Promise<Sent> {
  const fields = new Map<string, string>()
  if (body.length === 0) return { fields }
  const form = await new Response(body, { headers: { 'content-type': contentType } }).formData()
  let file: SentFile | undefined
  for (const [name, value] of form) {
    if (typeof value === 'string') fields.set(name, value)
    else if (value.size > 0) {
      file = { bytes: Buffer.from(await value.arrayBuffer()), name: value.name }
    }
  }
  return file === undefined ? { fields } : { fields, file }
}
