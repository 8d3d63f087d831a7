import { buffer } from 'node:stream/consumers'
import type { Router } from '@koa/router'
import type { Context } from 'koa'
import type { MediaFile } from '../domain/content.ts'
import type { MediaHash } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { MediaReader } from '../ports/media.ts'
import type { MediaLinks } from './media-links.ts'
import { plain } from './plain.ts'

export interface MediaRouteOptions {
  links: MediaLinks
  media: MediaReader
  /** What the store knows of a file. */
  describe(hash: MediaHash): Promise<MediaFile | undefined>
  voice: VoiceDecoder
  clock: Clock
}

/** Makes voice messages of phones playable in a browser. */
export interface VoiceDecoder {
  handles(type: string): boolean
  /** To WAV; undefined when that cannot be done. */
  toWav(bytes: Uint8Array): Promise<Uint8Array | undefined>
}

/** Shown in the browser; everything else is saved as a file, whatever it is. */
const SHOWN = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/bmp',
  'audio/mpeg',
  'audio/mp4',
  'audio/aac',
  'audio/ogg',
  'audio/wav',
])

/** `/m/<token>`: what customers and agents have sent, for people who were given the link. `?as=wav` makes a voice message playable. */
export function addMediaRoute(router: Router, options: MediaRouteOptions): void {
  router.get('/m/:token', async (ctx) => {
    const link = options.links.read(ctx.params['token'] ?? '')
    if (!link) return plain(ctx, 404, '链接无效')
    if (link.expiresAt <= options.clock.now())
      return plain(ctx, 410, '链接已过期，请在群里重新获取')
    const file = await options.describe(link.hash)
    if (!file) return plain(ctx, 404, '文件已按保留期限删除')
    protect(ctx, link.expiresAt - options.clock.now())
    if (ctx.query['as'] === 'wav' && options.voice.handles(file.type))
      return play(ctx, file, options)
    show(ctx, file)
    if (ctx.method === 'GET') ctx.body = options.media.open(file.hash)
    else ctx.status = 200
  })
}

/** What the file says it is, it may not do: no script, no frame, no other type, no trace of the address elsewhere. */
function protect(ctx: Context, leftMs: number): void {
  ctx.set({
    'Content-Security-Policy': "sandbox; default-src 'none'; style-src 'unsafe-inline'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'X-Robots-Tag': 'noindex',
    'Cache-Control': `private, max-age=${Math.floor(leftMs / 1000)}, immutable`,
  })
}

function show(ctx: Context, file: MediaFile): void {
  const shown = SHOWN.has(file.type)
  ctx.set('Content-Type', shown ? file.type : 'application/octet-stream')
  ctx.set('Content-Disposition', disposition(shown ? 'inline' : 'attachment', nameOf(file)))
  ctx.set('Content-Length', String(file.bytes))
}

async function play(ctx: Context, file: MediaFile, options: MediaRouteOptions): Promise<void> {
  const wav = await options.voice.toWav(await buffer(options.media.open(file.hash)))
  if (!wav) return plain(ctx, 415, '这条语音无法转换，请下载原文件播放')
  ctx.set('Content-Type', 'audio/wav')
  ctx.set('Content-Disposition', disposition('inline', `${file.hash.slice(0, 8)}.wav`))
  ctx.body = Buffer.from(wav.buffer, wav.byteOffset, wav.byteLength)
}

function nameOf(file: MediaFile): string {
  return file.name ?? `${file.kind}-${file.hash.slice(0, 8)}.${extensionOf(file.type)}`
}

function extensionOf(type: string): string {
  const special: Readonly<Record<string, string>> = {
    'image/jpeg': 'jpg',
    'audio/mpeg': 'mp3',
    'audio/mp4': 'm4a',
    'audio/amr-wb': 'awb',
    'text/plain': 'txt',
  }
  const ending = special[type] ?? type.split('/')[1] ?? ''
  return /^[a-z0-9]{2,5}$/.test(ending) ? ending : 'bin'
}

/** RFC 6266: a plain name for old clients, the true one in UTF-8. */
function disposition(how: 'inline' | 'attachment', name: string): string {
  const ascii = name.replaceAll(/[^\w.-]/g, '_')
  const utf8 = encodeURIComponent(name).replaceAll(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `${how}; filename="${ascii}"; filename*=UTF-8''${utf8}`
}
