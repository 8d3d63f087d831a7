import { describe, expect, it } from 'vitest'
import { makeId } from '#src/domain/ids.ts'
import { createIdMaker } from '#src/platform/ids.ts'

describe('ids', () => {
  it('are UUIDv7 in 26 characters of Crockford base32', () => {
    const id = makeId(0x0190_0000_0001, new Uint8Array(10).fill(0xff))
    const value = [...id].reduce(
      (sum, c) => sum * 32n + BigInt('0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(c)),
      0n,
    )
    expect(value.toString(16).padStart(32, '0')).toBe('0190000000017fffbfffffffffffffff')
    expect(id).toHaveLength(26)
  })

  it('sort by time and never come twice', () => {
    let now = 1_700_000_000_000
    const next = createIdMaker({ now: () => now++ })
    const ids = Array.from({ length: 2000 }, next)
    expect(ids.toSorted()).toEqual(ids)
    expect(new Set(ids).size).toBe(2000)
  })
})
