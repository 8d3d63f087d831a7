/** The thread of voice.ts: decodes the one voice message that it is given, posts it as WAV, ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { sniff } from './sniff.ts'

/** WeChat's Silk holds up to 24 kHz; the decoder resamples to what it is asked for. */
const SILK_RATE = 24_000

// Given by voice.ts, and by nobody else.
const bytes = workerData as Uint8Array
const wav = sniff(bytes).type === 'audio/silk' ? await fromSilk(bytes) : await fromAmr(bytes)
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port, not a window
parentPort?.postMessage(wav)

async function fromSilk(silk: Uint8Array): Promise<Uint8Array> {
  const { decode } = await import('silk-wasm')
  const { data } = await decode(silk, SILK_RATE)
  return asWav(Buffer.from(data.buffer, data.byteOffset, data.byteLength), SILK_RATE)
}

async function fromAmr(amr: Uint8Array): Promise<Uint8Array> {
  const { default: decode } = await import('@audio/decode-amr')
  const { channelData, sampleRate } = await decode(amr)
  const samples = channelData[0]
  if (!samples?.length) throw new Error('no sound in it')
  return asWav(to16Bit(samples), sampleRate)
}

function to16Bit(samples: Float32Array): Buffer {
  const pcm = Buffer.alloc(samples.length * 2)
  samples.forEach((sample, index) => {
    pcm.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32_767), index * 2)
  })
  return pcm
}

/** The 44-byte RIFF header for 16-bit mono, and the samples. */
function asWav(pcm: Buffer, rate: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + pcm.length, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(pcm.length, 40)
  return Buffer.concat([header, pcm])
}
