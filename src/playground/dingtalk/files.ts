import { z } from 'zod'
import type { Answer, Call } from './call.ts'
import { parseRequest } from './parse.ts'
import { ApiRefusal, OapiRefusal } from './refusal.ts'

const MB = 1024 * 1024
const uploadRules: Record<string, { maxBytes: number; endings: string[] }> = {
  image: { maxBytes: 20 * MB, endings: ['jpg', 'jpeg', 'gif', 'png', 'bmp'] },
  voice: { maxBytes: 2 * MB, endings: ['amr', 'mp3', 'wav'] },
  video: { maxBytes: 20 * MB, endings: ['mp4'] },
  file: {
    maxBytes: 20 * MB,
    endings: ['doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'zip', 'pdf', 'rar'],
  },
}

const downloadRequest = z.object({ downloadCode: z.string(), robotCode: z.string() })

/** `POST /v1.0/robot/messageFiles/download` */
export function download(call: Call): Answer {
  const { downloadCode, robotCode } = parseRequest(downloadRequest, call)
  if (robotCode !== call.app?.robotCode) throw new ApiRefusal('invalidParameter.robotCode')
  const file = call.world.files.get(downloadCode)
  if (!file) throw new ApiRefusal('invalidParameter.downloadCode')
  return { json: { downloadUrl: `${call.url}/files/${encodeURIComponent(file.id)}` } }
}

/** The address that `messageFiles/download` hands out. */
export function getFile(call: Call): Answer {
  const file = call.world.files.get(call.query.get('id') ?? '')
  if (!file) return { status: 404, text: 'no such file', type: 'text/plain' }
  return { bytes: file.bytes, type: file.type }
}

/** `POST oapi /media/upload?access_token=` multipart `type`, `media` */
export function upload(call: Call): Answer {
  const parts = readMultipart(call.raw, call.headers['content-type'] ?? '')
  const kind = parts.find((part) => part.name === 'type')?.bytes.toString() ?? ''
  const media = parts.find((part) => part.name === 'media')
  const type = call.query.get('type') ?? kind
  const rule = uploadRules[type]
  if (!rule) throw new OapiRefusal(40004, '不合法的媒体文件类型')
  if (!media || media.filename === undefined) throw new OapiRefusal(41005, '缺少多媒体文件数据')
  const ending = media.filename.split('.').pop()?.toLowerCase() ?? ''
  if (!rule.endings.includes(ending)) throw new OapiRefusal(40005, '不合法的文件类型')
  if (media.bytes.length > rule.maxBytes) throw new OapiRefusal(40006, '不合法的文件大小')
  const file = call.world.keepFile(media.bytes, media.type, media.filename, '@lA')
  return {
    json: { errcode: 0, errmsg: 'ok', type, media_id: file.id, created_at: call.world.now() },
  }
}

interface Part {
  name: string
  filename: string | undefined
  type: string
  bytes: Buffer
}

/** Splits a multipart/form-data body; parts that are malformed are left out. */
function readMultipart(body: Buffer, contentType: string): Part[] {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1]
  if (boundary === undefined) throw new OapiRefusal(43004, '需要 multipart/form-data')
  const mark = Buffer.from(`--${boundary}`)
  const parts: Part[] = []
  let start = body.indexOf(mark)
  while (start >= 0) {
    const end = body.indexOf(mark, start + mark.length)
    if (end < 0) break
    const part = readPart(body.subarray(start + mark.length + 2, end - 2))
    if (part) parts.push(part)
    start = end
  }
  return parts
}

function readPart(part: Buffer): Part | undefined {
  const gap = part.indexOf('\r\n\r\n')
  if (gap < 0) return undefined
  const head = part.subarray(0, gap).toString()
  const name = /[; ]name="([^"]*)"/.exec(head)?.[1]
  if (name === undefined) return undefined
  return {
    name,
    filename: /filename="([^"]*)"/.exec(head)?.[1],
    type: /content-type: *(\S+)/i.exec(head)?.[1] ?? 'application/octet-stream',
    bytes: Buffer.from(part.subarray(gap + 4)),
  }
}
