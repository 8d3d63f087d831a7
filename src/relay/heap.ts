/** A binary heap: the entry with the smallest key first. */
export class Heap<T> {
  readonly #entries: T[] = []
  readonly #key: (entry: T) => number

  constructor(key: (entry: T) => number) {
    this.#key = key
  }

  get size(): number {
    return this.#entries.length
  }

  peek(): T | undefined {
    return this.#entries[0]
  }

  push(entry: T): void {
    this.#entries.push(entry)
    this.#rise(this.#entries.length - 1)
  }

  pop(): T | undefined {
    const first = this.#entries[0]
    const last = this.#entries.pop()
    if (last !== undefined && this.#entries.length > 0) {
      this.#entries[0] = last
      this.#sink(0)
    }
    return first
  }

  #rise(start: number): void {
    let at = start
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#keyAt(parent) <= this.#keyAt(at)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(start: number): void {
    let at = start
    for (;;) {
      const left = 2 * at + 1
      const right = left + 1
      let least = at
      if (left < this.size && this.#keyAt(left) < this.#keyAt(least)) least = left
      if (right < this.size && this.#keyAt(right) < this.#keyAt(least)) least = right
      if (least === at) return
      this.#swap(at, least)
      at = least
    }
  }

  #keyAt(index: number): number {
    return this.#key(this.#entries[index]!)
  }

  #swap(a: number, b: number): void {
    const entry = this.#entries[a]!
    this.#entries[a] = this.#entries[b]!
    this.#entries[b] = entry
  }
}
