/** Bytes of an AMR-NB frame by its mode, without the byte that names it (RFC 4867, 5.3). */
const AMR_FRAMES = [12, 13, 15, 17, 19, 20, 26, 31, 5]
const AMR_HEAD = 6

/** How long a voice in AMR takes, in milliseconds: frames of 20 ms. */
export function amrDurationMs(bytes: Uint8Array): number {
  let frames = 0
  for (let at = AMR_HEAD; at < bytes.length; frames++) {
    const mode = ((bytes[at] ?? 0) >> 3) & 0x0f
    at += 1 + (AMR_FRAMES[mode] ?? 0)
  }
  return Math.max(1, frames) * 20
}

/** How long an MP4 takes, in whole seconds, from its movie header (ISO 14496-12, 8.2.2); 1 when there is none. */
export function mp4DurationSec(bytes: Uint8Array): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const at = file.indexOf('mvhd', 0, 'latin1')
  // Times take four bytes in version 0, eight in version 1.
  const start = at + (file[at + 4] === 1 ? 24 : 16)
  if (at < 0 || start + 8 > file.length) return 1
  const scale = file.readUInt32BE(start)
  const duration =
    file[at + 4] === 1 && start + 12 <= file.length
      ? Number(file.readBigUInt64BE(start + 4))
      : file.readUInt32BE(start + 4)
  return scale === 0 ? 1 : Math.max(1, Math.round(duration / scale))
}
