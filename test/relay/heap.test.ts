import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Heap } from '#src/relay/heap.ts'

describe('a heap', () => {
  it('gives what was put in, the smallest first, whatever comes between', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer())), (steps) => {
        const heap = new Heap<number>((one) => one)
        const plain: number[] = []
        for (const step of steps) {
          if (step !== null) {
            heap.push(step)
            plain.push(step)
          } else {
            plain.sort((a, b) => a - b)
            expect(heap.pop()).toBe(plain.shift())
          }
          expect(heap.size).toBe(plain.length)
          expect(heap.peek()).toBe(plain.length > 0 ? Math.min(...plain) : undefined)
        }
      }),
    )
  })
})
