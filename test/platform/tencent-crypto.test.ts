import { createCipheriv } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decryptMessage,
  encryptMessage,
  isEncodingAesKey,
  isSignedBy,
  readAesKey,
  sameText,
  sha1Signature,
} from '#src/platform/tencent-crypto.ts'

const ENCODED = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
const KEY = readAesKey(ENCODED)
const OLD_KEY = readAesKey('GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba')
const APP_ID = 'wx0000000000000001'
const MESSAGE = '<xml><Content><![CDATA[你好]]></Content></xml>'
const ENCRYPTED =
  'Q3stYC6hdFzMh9T8HCvyDMwQK6xyeRZ7UnuZsYfP7/6Yf0piNuk7kxZYuxJFeZQQ6WWSSAGv9ZFJIKURndrGs57Pi9Oa/OpmA/SPVo4u3vNEl+f0ib+2TN3fKUu3EIed'

/** Encrypts bytes as they are, so that a test can break the layout. */
function encryptRaw(plain: Buffer): string {
  const cipher = createCipheriv('aes-256-cbc', KEY.key, KEY.iv).setAutoPadding(false)
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64')
}

/** The layout of a good message, padded to 96 bytes. */
function plainBytes(): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(Buffer.byteLength(MESSAGE))
  const head = Buffer.concat([
    Buffer.from('0123456789abcdef'),
    length,
    Buffer.from(MESSAGE),
    Buffer.from(APP_ID),
  ])
  return Buffer.concat([head, Buffer.alloc(96 - head.length, 96 - head.length)])
}

describe('signatures', () => {
  it.each([
    ['1714036504', '1514711492', 'f464b24fc39322e44b38aa78f5edd27bd1441696'],
    ['1714037059', '486452656', '899cf89e464efb63f54ddac96b0a0a235f53aa78'],
  ])('gives the vendor’s signature for timestamp %s', (timestamp, nonce, signature) => {
    expect(sha1Signature('AAAAA', timestamp, nonce)).toBe(signature)
    expect(isSignedBy(signature, nonce, 'AAAAA', timestamp)).toBe(true)
  })

  it('covers the cipher text in the encrypted modes', () => {
    const signature = 'dd429b0be8c6dced7cba29fed9a8d00f76f2f76f'
    expect(isSignedBy(signature, 'T0KEN', '1700000000', 'nonce1', ENCRYPTED)).toBe(true)
    expect(isSignedBy(signature, 'T0KEN', '1700000000', 'nonce1', `${ENCRYPTED}A`)).toBe(false)
  })

  it('refuses another token, a missing and a cut signature', () => {
    const signature = 'f464b24fc39322e44b38aa78f5edd27bd1441696'
    expect(isSignedBy(signature, 'BBBBB', '1714036504', '1514711492')).toBe(false)
    expect(isSignedBy(undefined, 'AAAAA', '1714036504', '1514711492')).toBe(false)
    expect(isSignedBy(signature.slice(1), 'AAAAA', '1714036504', '1514711492')).toBe(false)
  })

  it('compares texts of any length and alphabet', () => {
    expect(sameText('签名', '签名')).toBe(true)
    expect(sameText('签名', '签到')).toBe(false)
    expect(sameText('', 'a')).toBe(false)
  })
})

describe('encryption', () => {
  it('gives the known cipher text', () => {
    expect(encryptMessage(MESSAGE, KEY, APP_ID, Buffer.from('0123456789abcdef'))).toBe(ENCRYPTED)
  })

  it('opens the known cipher text', () => {
    expect(decryptMessage(ENCRYPTED, [KEY], APP_ID)).toEqual({
      ok: true,
      message: MESSAGE,
      key: KEY,
    })
  })

  it('says which of two keys opened a message', () => {
    const underOldKey = encryptMessage(MESSAGE, OLD_KEY, APP_ID)
    expect(decryptMessage(underOldKey, [KEY, OLD_KEY], APP_ID)).toMatchObject({ key: OLD_KEY })
    expect(decryptMessage(ENCRYPTED, [KEY, OLD_KEY], APP_ID)).toMatchObject({ key: KEY })
  })

  it('gives a different cipher text each time', () => {
    expect(encryptMessage(MESSAGE, KEY, APP_ID)).not.toBe(encryptMessage(MESSAGE, KEY, APP_ID))
  })

  it('returns every message as it was, whatever its length', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.string(), (message, id) => {
        const opened = decryptMessage(encryptMessage(message, KEY, id), [OLD_KEY, KEY], id)
        expect(opened).toEqual({ ok: true, message, key: KEY })
      }),
    )
  })
})

describe('decryption refuses', () => {
  const noKeyFits = { ok: false, reason: 'no-key-fits' }

  it('a message under another key', () => {
    expect(decryptMessage(ENCRYPTED, [OLD_KEY], APP_ID)).toEqual(noKeyFits)
    expect(decryptMessage(ENCRYPTED, [], APP_ID)).toEqual(noKeyFits)
  })

  it('a message written to another receiver', () => {
    const answer = { ok: false, reason: 'other-receiver' }
    expect(decryptMessage(ENCRYPTED, [KEY], 'wx0000000000000002')).toEqual(answer)
    expect(decryptMessage(ENCRYPTED, [KEY], `${APP_ID}1`)).toEqual(answer)
  })

  it('what is empty, not base64, or not whole blocks', () => {
    for (const text of ['', '!!!', ENCRYPTED.slice(0, 40), ENCRYPTED.slice(0, 108)]) {
      expect(decryptMessage(text, [KEY], APP_ID)).toEqual(noKeyFits)
    }
  })

  it('padding of 0, of more than 32, and of unequal bytes', () => {
    expect(decryptMessage(encryptRaw(plainBytes()), [KEY], APP_ID)).toMatchObject({ ok: true })
    for (const [index, value] of [
      [95, 0],
      [95, 33],
      [95, 255],
      [90, 1],
    ] as const) {
      const broken = plainBytes()
      broken[index] = value
      expect(decryptMessage(encryptRaw(broken), [KEY], APP_ID)).toEqual(noKeyFits)
    }
  })

  it('a length that reaches past the end, and a text without room for a header', () => {
    const tooLong = plainBytes()
    tooLong.writeUInt32BE(0xffff_ffff, 16)
    expect(decryptMessage(encryptRaw(tooLong), [KEY], APP_ID)).toEqual(noKeyFits)
    expect(decryptMessage(encryptRaw(Buffer.alloc(32, 32)), [KEY], APP_ID)).toEqual(noKeyFits)
  })
})

describe('EncodingAESKey', () => {
  it('has 43 letters and digits and gives 32 bytes', () => {
    expect(isEncodingAesKey(ENCODED)).toBe(true)
    expect(KEY.key).toHaveLength(32)
    expect(KEY.iv).toEqual(KEY.key.subarray(0, 16))
  })

  it('is refused in any other form, and the message does not show it', () => {
    for (const text of ['', ENCODED.slice(1), `${ENCODED}a`, `${ENCODED.slice(1)}+`]) {
      expect(() => readAesKey(text)).toThrow('exactly 43 letters and digits')
    }
    expect(() => readAesKey('secret-looking')).not.toThrow('secret-looking')
  })
})
