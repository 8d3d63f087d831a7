import { encode } from 'silk-wasm'
import { describe, expect, it } from 'vitest'
import { createVoice } from '#src/platform/voice.ts'

/** Half a second of AMR-NB silence: the header and 25 frames of mode 0 with no energy. */
const AMR = Buffer.concat([
  Buffer.from('#!AMR\n'),
  ...Array.from({ length: 25 }, () => Buffer.from([0x04, ...Array.from({ length: 12 }, () => 0)])),
])

/** Half a second of a 440 Hz tone as 16-bit mono at 24 kHz. */
function tone(): Buffer {
  const pcm = Buffer.alloc(24_000)
  for (let i = 0; i < 12_000; i++) {
    pcm.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * 440 * i) / 24_000)), i * 2)
  }
  return pcm
}

function header(wav: Uint8Array | undefined): { riff: string; rate: number; seconds: number } {
  const bytes = Buffer.from(wav ?? [])
  const rate = bytes.readUInt32LE(24)
  return {
    riff: bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 12),
    rate,
    seconds: bytes.readUInt32LE(40) / 2 / rate,
  }
}

describe('voice', () => {
  it('makes AMR playable', async () => {
    expect(header(await createVoice().toWav(AMR))).toEqual({
      riff: 'RIFFWAVE',
      rate: 8_000,
      seconds: 0.5,
    })
  })

  it('makes Silk playable, tone and all', async () => {
    const { data } = await encode(tone(), 24_000)
    const wav = await createVoice().toWav(data)
    expect(header(wav)).toMatchObject({ riff: 'RIFFWAVE', rate: 24_000 })
    expect(header(wav).seconds).toBeCloseTo(0.5, 1)
    const samples = Buffer.from(wav!).subarray(44)
    const loudest = Math.max(
      ...Array.from({ length: samples.length / 2 }, (_, i) => samples.readInt16LE(i * 2)),
    )
    expect(loudest).toBeGreaterThan(8_000)
  })

  it('decodes several at once', async () => {
    const voice = createVoice()
    const wavs = await Promise.all([voice.toWav(AMR), voice.toWav(AMR)])
    expect(wavs.map((wav) => header(wav).seconds)).toEqual([0.5, 0.5])
  })

  it.each([
    ['an AMR header with nothing behind it', Buffer.from('#!AMR\n')],
    [
      'a Silk header with nonsense behind it',
      Buffer.from('\x02#!SILK_V3\xff\x7f\xff\x7f', 'latin1'),
    ],
    ['something else', Buffer.from('RIFF\x24\0\0\0WAVEfmt ')],
    ['more than a voice message can be', Buffer.concat([AMR, Buffer.alloc(2 * 1024 * 1024)])],
  ])('says so when it is given %s', async (_, bytes) => {
    expect(await createVoice().toWav(bytes)).toBeUndefined()
  })

  it('is needed for AMR and Silk alone', () => {
    const voice = createVoice()
    const types = ['audio/amr', 'audio/amr-wb', 'audio/silk', 'audio/mpeg']
    expect(types.filter((type) => voice.handles(type))).toEqual([
      'audio/amr',
      'audio/amr-wb',
      'audio/silk',
    ])
  })
})
