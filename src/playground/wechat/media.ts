import { randomBytes } from 'node:crypto'
import { errorAnswer, type JsonAnswer } from './answers.ts'

const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE
const LIFE_MS = 3 * 24 * 60 * 60_000

export interface StoredMedia {
  id: string
  bytes: Buffer
  /** MIME type. */
  type: string
  name: string
  endsAtMs: number
}

interface UploadRule {
  types: readonly string[]
  maxBytes: number
  /** The code for a file that is too large. */
  tooLarge: number
}

/** What POST /cgi-bin/media/upload takes; vendor page "新增临时素材", read 2026-09. */
const UPLOAD_RULES: Readonly<Record<string, UploadRule>> = {
  image: {
    types: ['image/png', 'image/jpeg', 'image/gif'],
    maxBytes: 10 * MEBIBYTE,
    tooLarge: 40009,
  },
  voice: { types: ['audio/amr', 'audio/mpeg'], maxBytes: 2 * MEBIBYTE, tooLarge: 40010 },
  video: { types: ['video/mp4'], maxBytes: 10 * MEBIBYTE, tooLarge: 40011 },
  thumb: { types: ['image/jpeg'], maxBytes: 64 * KIBIBYTE, tooLarge: 40012 },
}

/** The temporary media of one account: what customers sent and what the account uploaded. Ids live three days. */
export class MediaLibrary {
  readonly #stored = new Map<string, StoredMedia>()

  /** Takes a file without any check, as when a customer sends it. */
  keep(bytes: Buffer, name: string, nowMs: number): StoredMedia {
    const id = randomBytes(48).toString('base64url')
    const media = { id, bytes, type: sniff(bytes), name, endsAtMs: nowMs + LIFE_MS }
    this.#stored.set(id, media)
    return media
  }

  /** Takes a file as the upload call does. */
  upload(kind: string, bytes: Buffer, name: string, nowMs: number): JsonAnswer {
    const rule = Object.hasOwn(UPLOAD_RULES, kind) ? UPLOAD_RULES[kind] : undefined
    if (rule === undefined) return errorAnswer(40004)
    if (bytes.length === 0) return errorAnswer(41005)
    if (bytes.length > rule.maxBytes) return errorAnswer(rule.tooLarge)
    if (!rule.types.includes(sniff(bytes))) return errorAnswer(40005)
    const { id } = this.keep(bytes, name, nowMs)
    const idField = kind === 'thumb' ? 'thumb_media_id' : 'media_id'
    return { type: kind, [idField]: id, created_at: Math.floor(nowMs / 1000) }
  }

  get(id: string, nowMs: number): StoredMedia | undefined {
    const media = this.#stored.get(id)
    return media !== undefined && nowMs < media.endsAtMs ? media : undefined
  }

  /** Ends one id before its time. */
  expire(id: string): void {
    this.#stored.delete(id)
  }
}

/** The MIME type that the first bytes tell. */
function sniff(bytes: Buffer): string {
  const head = bytes.toString('latin1', 0, 12)
  if (head.startsWith('\x89PNG')) return 'image/png'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('GIF8')) return 'image/gif'
  if (head.startsWith('#!AMR') || head.startsWith('\x02#!SILK')) return 'audio/amr'
  if (head.startsWith('ID3') || /^\xff[\xe2-\xfb]/.test(head)) return 'audio/mpeg'
  if (head.slice(4, 8) === 'ftyp') return 'video/mp4'
  return 'application/octet-stream'
}
