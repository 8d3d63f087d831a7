import { createVoice } from '#src/platform/voice.ts'
import { sniff, SNIFF_BYTES } from '#src/platform/sniff.ts'
import { findLine } from './actions/wecom.ts'
import { PageError } from './actions/form.ts'
import { isPicture } from './page/parts.ts'
import type { World } from './world.ts'

interface File {
  bytes: Buffer
  name: string
}

/** A file as a browser gets it. */
export interface Served {
  body: Buffer
  type: string
  /** Set for what is saved and never shown. */
  saveAs?: string
}

/** Reads files out of the stand-ins, ready for a browser. */
export function createMediaReader(world: World): (path: readonly string[]) => Promise<Served> {
  const voice = createVoice()
  return async (path) => {
    const { bytes, name } = findFile(world, path)
    const { type } = sniff(bytes.subarray(0, SNIFF_BYTES), name)
    if (voice.handles(type)) {
      const wav = await voice.toWav(bytes)
      if (wav) return { body: Buffer.from(wav), type: 'audio/wav' }
    }
    const isShown = isPicture(type) || /^(?:audio|video)\//.test(type)
    return isShown
      ? { body: bytes, type }
      : { body: bytes, type: 'application/octet-stream', saveAs: name }
  }
}

/**
 * `wechat/<appid>/<media id>`, `dingtalk/<file id>`, `wecom/<chat>/<line>/<index>`
 * @throws {PageError} when it is not there
 */
function findFile(world: World, [platform, ...ids]: readonly string[]): File {
  const file =
    platform === 'wechat'
      ? wechatFile(world, ids)
      : platform === 'dingtalk'
        ? world.dingtalk.file(ids[0] ?? '')
        : platform === 'wecom'
          ? wecomFile(world, ids)
          : undefined
  if (!file) throw new PageError('文件已失效')
  return file
}

function wechatFile({ wechat }: World, [appid, id = '']: readonly string[]): File | undefined {
  const account = wechat.accounts.find((one) => one.appid === appid)
  return account?.media.get(id, account.now())
}

function wecomFile(
  { wecom }: World,
  [chat = '', line = '', index]: readonly string[],
): File | undefined {
  const { content } = findLine(wecom, chat, line)
  if (content.kind === 'mixed') return withName(content.images[Number(index)])
  return content.kind === 'media' ? withName(content.media) : undefined
}

const withName = (media: { bytes: Buffer; filename: string } | undefined): File | undefined =>
  media && { bytes: media.bytes, name: media.filename }
