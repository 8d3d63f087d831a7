import { crc32, deflateSync } from 'node:zlib'

const WIDTH = 320
const HEIGHT = 180
const DARK = 0x30
const LIGHT = 0xe0

/** A PNG for videos, which DingTalk wants a picture for: a light triangle on dark ground. */
export function videoCover(): { bytes: Uint8Array; width: number; height: number } {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(WIDTH, 0)
  head.writeUInt32BE(HEIGHT, 4)
  head[8] = 8 // bits a pixel; colour type 0 is grey
  const bytes = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(pixels())),
    chunk('IEND', Buffer.alloc(0)),
  ])
  return { bytes, width: WIDTH, height: HEIGHT }
}

function pixels(): Buffer {
  const rows = Buffer.alloc((WIDTH + 1) * HEIGHT, DARK)
  for (let y = 0; y < HEIGHT; y++) {
    rows[y * (WIDTH + 1)] = 0 // no filter
    const reach = 60 - 1.5 * Math.abs(y - HEIGHT / 2)
    for (let x = 0; x < reach; x++) rows[y * (WIDTH + 1) + 1 + 130 + x] = LIGHT
  }
  return rows
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([frame.subarray(0, 4), named, frame.subarray(4)])
}
