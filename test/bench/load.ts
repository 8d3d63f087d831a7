import { connect, type Socket } from 'node:net'
import { percentile } from './numbers.ts'

export interface Post {
  path: string
  body: string
}

export interface LoadResult {
  /** Requests a second. */
  rate: number
  /** Milliseconds until the answer. */
  p50: number
  p99: number
  errors: number
  seconds: number
}

/**
 * Posts each body once, over so many keep-alive connections. Bare sockets and requests made beforehand: every body has
 * to be another message, and a client that costs more than the server would measure itself.
 * @param perSecond holds this rate instead of going as fast as it can
 */
export async function load(
  url: string,
  posts: readonly Post[],
  connections: number,
  perSecond?: number,
  onSend?: (index: number) => void,
): Promise<LoadResult> {
  const { hostname, port } = new URL(url)
  const requests = posts.map(({ path, body }) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  )
  const latencies: number[] = []
  let errors = 0
  let next = 0
  const startedAt = performance.now()
  const worker = async (): Promise<void> => {
    const connection = await Connection.open(hostname, Number(port))
    for (let index = next++; index < requests.length; index = next++) {
      if (perSecond) await until(startedAt + (index * 1000) / perSecond)
      onSend?.(index)
      const at = performance.now()
      if ((await connection.exchange(requests[index]!)) === 200)
        latencies.push(performance.now() - at)
      else errors++
    }
    connection.close()
  }
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - startedAt) / 1000
  return {
    rate: posts.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    errors,
    seconds,
  }
}

/** One request after the other; the answers are short and have a Content-Length. */
class Connection {
  readonly #socket: Socket
  #received = ''
  #resolve: ((status: number) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => this.#take(String(chunk)))
    socket.on('error', () => this.#settle(0))
    socket.on('close', () => this.#settle(0))
  }

  static open(host: string, port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host, () => resolve(new Connection(socket)))
      socket.once('error', reject)
    })
  }

  exchange(request: Buffer): Promise<number> {
    return new Promise((resolve) => {
      this.#resolve = resolve
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: string): void {
    this.#received += chunk
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.#received)?.[1] ?? 0)
    if (this.#received.length < headEnd + 4 + length) return
    const status = Number(this.#received.slice(9, 12))
    this.#received = ''
    this.#settle(status)
  }

  #settle(status: number): void {
    this.#resolve?.(status)
    this.#resolve = undefined
  }
}

async function until(at: number): Promise<void> {
  const wait = at - performance.now()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
}
