import { PassThrough, type Readable } from 'node:stream'
import { type RegionId, REGION_IDS, REGIONS, type Scene } from './page/layout.ts'
import { readView, watch, type World } from './world.ts'

/** Changes that come this close together are drawn once. */
const GATHER_MS = 25
/** Some things change with the clock alone: windows that close, somebody who stops typing. */
const CLOCK_MS = 1000

interface Watcher {
  query: URLSearchParams
  stream: PassThrough
  /** What the page has, by region. */
  shown: Map<RegionId, string>
}

/** Sends every open page, as server-sent events, the regions that have changed. */
export class Live {
  readonly #scene: (query: URLSearchParams) => Scene
  readonly #watchers = new Set<Watcher>()
  readonly #stopWatching: () => void
  #gathering: NodeJS.Timeout | undefined
  #clock: NodeJS.Timeout | undefined

  constructor(world: World, scene: Omit<Scene, 'world' | 'view' | 'clicks'>, clicks: () => number) {
    this.#scene = (query) => ({
      ...scene,
      world,
      view: readView(world, query),
      clicks: clicks(),
    })
    this.#stopWatching = watch(world, () => this.changed())
  }

  /** One page's stream; the page sees the world through the eyes that its query names. */
  open(query: URLSearchParams): Readable {
    const watcher = { query, stream: new PassThrough(), shown: new Map<RegionId, string>() }
    this.#watchers.add(watcher)
    watcher.stream.once('close', () => this.#forget(watcher))
    this.#clock ??= setInterval(() => this.#draw(), CLOCK_MS).unref()
    this.#drawFor(watcher)
    return watcher.stream
  }

  /** Something has changed that no platform tells of, e.g. a switch. */
  changed(): void {
    if (this.#watchers.size === 0) return
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined
      this.#draw()
    }, GATHER_MS).unref()
  }

  stop(): void {
    this.#stopWatching()
    clearTimeout(this.#gathering)
    clearInterval(this.#clock)
    for (const { stream } of this.#watchers) stream.destroy()
  }

  #draw(): void {
    for (const watcher of this.#watchers) this.#drawFor(watcher)
  }

  #drawFor({ query, stream, shown }: Watcher): void {
    // A page that does not keep up gets the next state, not every one.
    if (stream.writableNeedDrain) return
    const scene = this.#scene(query)
    const fresh = REGION_IDS.flatMap((id) => {
      const drawn = REGIONS[id](scene).toString()
      if (shown.get(id) === drawn) return []
      shown.set(id, drawn)
      return [`<hx-partial hx-target="#${id}" hx-swap="innerMorph">${drawn}</hx-partial>`]
    })
    if (fresh.length > 0) stream.write(asEvent(fresh.join('\n')))
  }

  #forget(watcher: Watcher): void {
    this.#watchers.delete(watcher)
    if (this.#watchers.size > 0) return
    clearInterval(this.#clock)
    this.#clock = undefined
  }
}

/** One server-sent event: a line of its own for each line of the text. */
const asEvent = (text: string): string =>
  `${text
    .split(/\r\n|\r|\n/)
    .map((line) => `data: ${line}`)
    .join('\n')}\n\n`
