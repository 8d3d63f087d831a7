import { type Content, isMedia, type MediaFile } from '#src/domain/content.ts'
import type { MediaHash } from '#src/domain/ids.ts'
import type { AdapterIo } from '#src/ports/io.ts'
import type { WechatClient } from './client.ts'
import type { Uploaded } from './encode.ts'
import { notSendable, unanswered } from './errors.ts'
import { PLAIN_THUMB } from './thumb.ts'
import * as wire from './wire.ts'

// Shared by 公众号 and 小程序.

type UploadKind = 'image' | 'voice' | 'video' | 'thumb'

/** Half a day less than the three days that a temporary media id lives ("新增临时素材", read 2026-09). */
const REUSE_MS = 60 * 60 * 60_000
const MAX_REMEMBERED = 1000

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/gif': 'gif',
  'audio/amr': 'amr',
  'audio/mpeg': 'mp3',
  'video/mp4': 'mp4',
}

export interface Uploads {
  /** Uploads what a message needs, unless the platform still has it. @throws {PlatformError} */
  of(content: Content): Promise<Uploaded>
  /** After the platform did not know an id: the next `of` uploads again. */
  forget(content: Content): void
}

/** The files of this account that lie on the platform, by content. */
export function createUploads(
  client: WechatClient,
  { media, clock }: Pick<AdapterIo, 'media' | 'clock'>,
): Uploads {
  const known = new Map<string, { id: string; until: number }>()

  async function upload(kind: UploadKind, key: string, file: () => Promise<Blob>): Promise<string> {
    const name = `${kind}/${key}`
    const before = known.get(name)
    if (before !== undefined && clock.now() < before.until) return before.id
    const id = await send(client, kind, await file())
    known.delete(name)
    known.set(name, { id, until: clock.now() + REUSE_MS })
    for (const oldest of known.keys()) {
      if (known.size <= MAX_REMEMBERED) break
      known.delete(oldest)
    }
    return id
  }

  const uploadFile = (kind: UploadKind, { hash, type }: Pick<MediaFile, 'hash' | 'type'>) =>
    upload(kind, hash, async () => new Blob([await read(media, hash)], { type }))
  const uploadThumb = (hash: MediaHash | undefined): Promise<string> =>
    hash === undefined
      ? upload('thumb', 'plain', async () => new Blob([PLAIN_THUMB], { type: 'image/jpeg' }))
      : uploadFile('thumb', { hash, type: 'image/jpeg' })

  return {
    async of(content) {
      if (content.kind === 'miniprogram') return { thumbId: await uploadThumb(content.thumb) }
      if (!isMedia(content) || content.kind === 'file') return {}
      if (content.file === undefined) {
        throw notSendable('no_file', `the ${content.kind} has no file`, 'wechat.file-gone')
      }
      const mediaId = await uploadFile(content.kind, content.file)
      if (content.kind !== 'video') return { mediaId }
      return { mediaId, thumbId: await uploadThumb(undefined) }
    },
    forget(content) {
      if (content.kind === 'miniprogram') known.delete(`thumb/${content.thumb ?? 'plain'}`)
      if (!isMedia(content)) return
      if (content.file !== undefined) known.delete(`${content.kind}/${content.file.hash}`)
      if (content.kind === 'video') known.delete('thumb/plain')
    },
  }
}

async function send(client: WechatClient, kind: UploadKind, file: Blob): Promise<string> {
  const body = new FormData()
  // The name is not shown to anybody; the platform looks at its ending.
  body.append('media', file, `${kind}.${EXTENSIONS[file.type] ?? 'bin'}`)
  const call = { name: 'media/upload', method: 'POST', path: '/cgi-bin/media/upload' } as const
  const answer = await client.call({ ...call, query: { type: kind }, body })
  const id = wire.uploadAnswer.safeParse(answer)
  if (!id.success) throw unanswered(call.name, 'an answer without an id', false)
  return id.data
}

/** @throws {PlatformError} when the file has been pruned */
async function read(media: AdapterIo['media'], hash: MediaHash): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await media.read(hash))
  } catch (cause) {
    const reason = 'wechat.file-gone'
    throw notSendable('no_file', `a file is no longer kept: ${String(cause)}`, reason)
  }
}
