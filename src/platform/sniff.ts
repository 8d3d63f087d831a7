/** How many of a file's first bytes `sniff` likes to see. */
export const SNIFF_BYTES = 8192

export interface Sniffed {
  /** MIME type; `application/octet-stream` when the bytes are of no known kind. */
  type: string
  /** For a file name, without the dot. */
  extension: string
}

interface Signature extends Sniffed {
  matches: (head: Buffer) => boolean
}

/**
 * Tells a file's type by its first bytes. What the sender or the platform calls it is not believed; the name only
 * tells the old Office formats apart, which share one container.
 */
export function sniff(head: Uint8Array, name = ''): Sniffed {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
  if (at(0, 'PK\x03\x04')(bytes)) return office(bytes)
  if (at(0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')(bytes)) return oldOffice(name)
  const known = SIGNATURES.find((signature) => signature.matches(bytes))
  if (known) return { type: known.type, extension: known.extension }
  return isText(bytes) ? TEXT : UNKNOWN
}

const TEXT: Sniffed = { type: 'text/plain', extension: 'txt' }
const UNKNOWN: Sniffed = { type: 'application/octet-stream', extension: 'bin' }

/** Whether the bytes at `offset` are these (each character one byte). */
function at(offset: number, magic: string): (head: Buffer) => boolean {
  const wanted = Buffer.from(magic, 'latin1')
  return (head) => head.subarray(offset, offset + wanted.length).equals(wanted)
}

const all =
  (...tests: ((head: Buffer) => boolean)[]) =>
  (head: Buffer): boolean =>
    tests.every((test) => test(head))

const brand = (...brands: string[]): ((head: Buffer) => boolean) =>
  all(at(4, 'ftyp'), (head) => brands.includes(head.toString('latin1', 8, 12)))

const signature = (
  type: string,
  extension: string,
  matches: (head: Buffer) => boolean,
): Signature => ({ type, extension, matches })

/** The first that matches wins, so the narrower stands before the wider. */
const SIGNATURES: readonly Signature[] = [
  signature('image/png', 'png', at(0, '\x89PNG\r\n\x1a\n')),
  signature('image/jpeg', 'jpg', at(0, '\xff\xd8\xff')),
  signature('image/gif', 'gif', at(0, 'GIF87a')),
  signature('image/gif', 'gif', at(0, 'GIF89a')),
  signature('image/webp', 'webp', all(at(0, 'RIFF'), at(8, 'WEBP'))),
  signature('image/bmp', 'bmp', all(at(0, 'BM'), at(6, '\0\0\0\0'))),
  signature('image/heic', 'heic', brand('heic', 'heix', 'mif1', 'msf1')),
  signature('audio/amr', 'amr', at(0, '#!AMR\n')),
  signature('audio/amr-wb', 'awb', at(0, '#!AMR-WB\n')),
  signature('audio/silk', 'silk', at(0, '#!SILK_V3')),
  // WeChat and QQ put one byte before the name.
  signature('audio/silk', 'silk', at(0, '\x02#!SILK_V3')),
  signature('audio/wav', 'wav', all(at(0, 'RIFF'), at(8, 'WAVE'))),
  signature('audio/ogg', 'ogg', at(0, 'OggS')),
  signature('audio/flac', 'flac', at(0, 'fLaC')),
  signature('audio/mpeg', 'mp3', at(0, 'ID3')),
  signature('audio/aac', 'aac', (head) => head[0] === 0xff && (head[1]! & 0xf6) === 0xf0),
  signature('audio/mpeg', 'mp3', isMp3Frame),
  signature('audio/mp4', 'm4a', brand('M4A ', 'M4B ')),
  signature('video/quicktime', 'mov', brand('qt  ')),
  signature('video/3gpp', '3gp', brand('3gp4', '3gp5', '3gp6', '3gg6')),
  signature('video/mp4', 'mp4', at(4, 'ftyp')),
  signature('video/webm', 'webm', at(0, '\x1a\x45\xdf\xa3')),
  signature('video/x-msvideo', 'avi', all(at(0, 'RIFF'), at(8, 'AVI '))),
  signature('application/pdf', 'pdf', at(0, '%PDF-')),
  signature('application/vnd.rar', 'rar', at(0, 'Rar!\x1a\x07')),
  signature('application/x-7z-compressed', '7z', at(0, '7z\xbc\xaf\x27\x1c')),
  signature('application/gzip', 'gz', at(0, '\x1f\x8b\x08')),
]

/** MPEG audio, layer 3, with a bit rate and a sample rate that exist. */
function isMp3Frame(head: Buffer): boolean {
  if (head.length < 3 || head[0] !== 0xff || (head[1]! & 0xe6) !== 0xe2) return false
  return (head[1]! & 0x18) !== 0x08 && (head[2]! & 0xf0) !== 0xf0 && (head[2]! & 0x0c) !== 0x0c
}

/** The new Office formats are ZIP files with a folder of their name. */
function office(head: Buffer): Sniffed {
  for (let entry = 0; entry >= 0; entry = head.indexOf('PK\x03\x04', entry + 4, 'latin1')) {
    const path = head.toString('latin1', entry + 30, entry + 36)
    if (path.startsWith('word/')) return openXml('wordprocessingml.document', 'docx')
    if (path.startsWith('xl/')) return openXml('spreadsheetml.sheet', 'xlsx')
    if (path.startsWith('ppt/')) return openXml('presentationml.presentation', 'pptx')
  }
  return { type: 'application/zip', extension: 'zip' }
}

const openXml = (format: string, extension: string): Sniffed => ({
  type: `application/vnd.openxmlformats-officedocument.${format}`,
  extension,
})

function oldOffice(name: string): Sniffed {
  const ending = name.toLowerCase()
  if (ending.endsWith('.xls')) return { type: 'application/vnd.ms-excel', extension: 'xls' }
  if (ending.endsWith('.ppt')) return { type: 'application/vnd.ms-powerpoint', extension: 'ppt' }
  return { type: 'application/msword', extension: 'doc' }
}

/** UTF-8 without control characters; the head may end inside a character. */
function isText(head: Buffer): boolean {
  if (head.length === 0) return false
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
  } catch {
    return false
  }
  return !head.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)
}
