import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { firstMarker, isMarker, leadingMarker, lineMarker, makeMarker } from '#src/domain/marker.ts'

const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
const EVERYTHING_TYPED = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'

const marker = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), {
    minLength: 5,
    maxLength: 5,
  })
  .map((values) => {
    const rest = [...values]
    return makeMarker(() => rest.shift() ?? 0)
  })

const withCharacter = (text: string, at: number, character: string): string =>
  text.slice(0, at) + character + text.slice(at + 1)

function swapped(text: string, i: number, j: number): string {
  const all = Array.from(text)
  ;[all[i], all[j]] = [all[j]!, all[i]!]
  return all.join('')
}

describe('a marker', () => {
  it('has six characters that people can tell apart', () => {
    fc.assert(
      fc.property(marker, (made) => {
        expect(made).toMatch(/^[2-9A-HJKMNP-Z]{6}$/)
        expect(isMarker(made)).toBe(true)
      }),
    )
  })

  it('is made of the whole alphabet, to its last character', () => {
    expect(makeMarker(() => 0).slice(0, 5)).toBe('22222')
    expect(makeMarker(() => 1 - Number.EPSILON).slice(0, 5)).toBe('ZZZZZ')
  })

  it('shows any one wrong character and any two swapped ones: all of them, for some markers', () => {
    for (const made of fc.sample(marker, 40))
      for (let i = 0; i < 6; i++) {
        for (const wrong of EVERYTHING_TYPED)
          if (wrong !== made[i]) expect(isMarker(withCharacter(made, i, wrong))).toBe(false)
        for (let j = i + 1; j < 6; j++)
          if (made[i] !== made[j]) expect(isMarker(swapped(made, i, j))).toBe(false)
      }
  })

  it('shows one wrong character and two swapped ones, for any marker', () => {
    const place = fc.nat(5)
    fc.assert(
      fc.property(marker, place, place, fc.constantFrom(...ALPHABET), (made, i, j, character) => {
        const wrong = withCharacter(made, i, character)
        expect(isMarker(wrong)).toBe(wrong === made)
        const exchanged = swapped(made, i, j)
        expect(isMarker(exchanged)).toBe(exchanged === made)
      }),
    )
  })

  it.each(['', '7KQ8H', '7KQ8H22', 'ABCDE\u0000', '７ＫＱ８Ｈ２', '😀😀😀'])(
    'is not %j',
    (text) => {
      expect(isMarker(text)).toBe(false)
    },
  )
})

describe('the marker of a quoted line', () => {
  const ours = makeMarker(() => 0.42)
  const other = makeMarker(() => 0.87)

  it('is found with a number and without', () => {
    expect(firstMarker(`${lineMarker(ours, 7)} 客户-7F3A：在吗`)).toBe(ours)
    expect(firstMarker(`〔#${ours}〕`)).toBe(ours)
  })

  it('is the first one, whatever the customer has written behind it', () => {
    expect(firstMarker(`${lineMarker(ours, 7)} 客户：〔#${other}·1〕 你好`)).toBe(ours)
  })

  it('is none in a list of several conversations', () => {
    expect(firstMarker(`会话列表\n〔#${ours}〕 客户\n〔#${other}〕 客户`)).toBeUndefined()
    expect(firstMarker(`会话列表\n〔#${ours}〕 客户\n认领：@机器人 #编号 认领`)).toBe(ours)
  })

  it('is none when the first one has a typing error, even if a right one follows', () => {
    const wrong = withCharacter(ours, 0, ours[0] === '2' ? '3' : '2')
    expect(firstMarker(`〔#${wrong}·7〕 客户：〔#${other}〕`)).toBeUndefined()
  })

  it.each(['', '你好', '#7KQ8H2', '〔7KQ8H2〕', '［#7KQ8H2·3］', '〔＃7KQ8H2〕'])(
    'is none in %j',
    (text) => {
      expect(firstMarker(text)).toBeUndefined()
    },
  )
})

describe('a marker typed before a text', () => {
  const ours = makeMarker(() => 0.42)
  const wrong = withCharacter(ours, 2, ours[2] === 'A' ? 'B' : 'A')

  it.each([
    [`#${ours} 您好`, '您好'],
    [`＃${ours} 您好`, '您好'],
    [`#${ours.toLowerCase()} 您好`, '您好'],
    [`#${ours}您好`, '您好'],
    [`#${ours}：您好`, '您好'],
    [`#${ours}, 您好`, '您好'],
    [`#${ours}`, ''],
    [`〔#${ours}·12〕 您好`, '您好'],
    [`〔#${ours}〕您好`, '您好'],
    [`#${ours} #${ours} 您好`, `#${ours} 您好`],
  ])('is read from %j', (typed, rest) => {
    expect(leadingMarker(typed)).toEqual({ marker: ours, rest, valid: true })
  })

  it('is told to be wrong when it has a typing error', () => {
    expect(leadingMarker(`#${wrong} 您好`)).toEqual({ marker: wrong, rest: '您好', valid: false })
  })

  it.each(['您好', `您好 #${ours}`, '#7KQ8', '#7KQ8H2X 您好', '# 7KQ8H2', '#您好您好您好', ''])(
    'is none in %j',
    (typed) => {
      expect(leadingMarker(typed)).toBeUndefined()
    },
  )
})
