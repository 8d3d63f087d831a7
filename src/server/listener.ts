import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Koa from 'koa'

export interface ListenerOptions {
  host: string
  /** 0: any free one. */
  port: number
  /** Until a request must have arrived whole. */
  requestTimeoutMs: number
  /** How long an idle connection is kept; longer than the proxy in front keeps it. */
  keepAliveMs: number
}

export interface Listener {
  /** As it can be reached, e.g. http://127.0.0.1:8080. */
  readonly url: string
  readonly port: number
  /**
   * Takes no new connection, lets running requests end, then resolves.
   * @param graceMs after that what still runs is cut off
   */
  close(graceMs: number): Promise<void>
}

/** A platform and a proxy keep a few dozen open; what is beyond this is somebody who wants to do harm. */
const MAX_CONNECTIONS = 4096

/**
 * Starts to listen.
 * @throws {Error} with `code` EADDRINUSE or EACCES when the address cannot be had
 */
export async function listen(app: Koa, options: ListenerOptions): Promise<Listener> {
  const handle = app.callback()
  let closing = false
  // Slow requests are looked for every second: Node's own half minute would let each live four times its limit.
  const server = createServer({ connectionsCheckingInterval: 1000 }, (request, response) => {
    if (closing) response.setHeader('Connection', 'close')
    // Koa answers errors itself; the promise never rejects.
    void handle(request, response)
  })
  server.requestTimeout = options.requestTimeoutMs
  server.headersTimeout = Math.min(options.requestTimeoutMs, 10_000)
  server.keepAliveTimeout = options.keepAliveMs
  server.maxConnections = MAX_CONNECTIONS
  await start(server, options)
  const { port } = server.address() as AddressInfo // a TCP server's address is never a string
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    port,
    close(graceMs) {
      closing = true
      return stop(server, graceMs)
    },
  }
}

function start(server: Server, { host, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function stop(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs)
    // A connection whose last request ends now becomes idle, and would be kept alive by its client.
    const sweep = setInterval(() => server.closeIdleConnections(), 20)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
  })
}
