import type { MediaFile } from '#src/domain/content.ts'
import type { MediaReader } from '#src/ports/media.ts'
import type { Api } from './api.ts'
import { videoCover } from './cover.ts'
import { amrDurationMs, mp4DurationSec } from './duration.ts'
import type { RobotMessage } from './wire.ts'

/** Endings of files that both the upload and `sampleFile` take (上传媒体文件 and 消息类型, read 2026-08). */
const FILES: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/vnd.rar': 'rar',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
}
const IMAGES: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/bmp': 'bmp',
}

/** Turns a file of ours into a message of the robot: uploads it first. */
export class MediaMessages {
  readonly #api: Api
  readonly #media: MediaReader
  #cover: Promise<string> | undefined

  constructor(api: Api, media: MediaReader) {
    this.#api = api
    this.#media = media
  }

  /**
   * undefined: DingTalk shows no file of this type in a chat.
   * @throws {PlatformError}
   */
  async make(file: MediaFile): Promise<RobotMessage | undefined> {
    const picture = IMAGES[file.type]
    if (picture !== undefined) {
      return message('sampleImageMsg', { photoURL: await this.#upload('image', file, picture) })
    }
    if (file.type === 'audio/amr') return this.#voice(file)
    if (file.type === 'video/mp4') return this.#video(file)
    const ending = FILES[file.type]
    if (ending === undefined) return undefined
    const mediaId = await this.#upload('file', file, ending)
    return message('sampleFile', { mediaId, fileName: fileName(file, ending), fileType: ending })
  }

  async #voice(file: MediaFile): Promise<RobotMessage> {
    const duration = amrDurationMs(await this.#media.read(file.hash))
    const mediaId = await this.#upload('voice', file, 'amr')
    return message('sampleAudio', { mediaId, duration: String(duration) })
  }

  async #video(file: MediaFile): Promise<RobotMessage> {
    const duration = mp4DurationSec(await this.#media.read(file.hash))
    const picMediaId = await this.#uploadCover()
    const videoMediaId = await this.#upload('video', file, 'mp4')
    const { width, height } = videoCover()
    return message('sampleVideo', {
      duration: String(duration),
      videoMediaId,
      videoType: 'mp4',
      picMediaId,
      width: String(width),
      height: String(height),
    })
  }

  async #upload(type: string, file: MediaFile, ending: string): Promise<string> {
    const bytes = await this.#media.read(file.hash)
    return this.#api.upload(type, { bytes, name: `${file.kind}.${ending}`, mime: file.type })
  }

  /** Once for all videos: a media_id may be used again. */
  #uploadCover(): Promise<string> {
    const { bytes } = videoCover()
    this.#cover ??= this.#api
      .upload('image', { bytes, name: 'cover.png', mime: 'image/png' })
      .catch((error: unknown) => {
        this.#cover = undefined
        throw error
      })
    return this.#cover
  }
}

const message = (msgKey: string, params: Record<string, string>): RobotMessage => ({
  msgKey,
  msgParam: JSON.stringify(params),
})

/** The sender's name for it, with the ending that its bytes deserve. */
function fileName({ name = '文件' }: MediaFile, ending: string): string {
  const stem = name.replace(/\.[0-9A-Za-z]{1,5}$/, '').slice(0, 100)
  return `${stem}.${ending}`
}
