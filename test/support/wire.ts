import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A stretch of cable between the product and a stand-in, on a port of its own, that can be pulled out and put back. */
export interface Wire {
  /** Where the product has to call instead: same scheme as `target`. */
  readonly url: string
  /** Ends what runs over it; until `up` new connections are refused. */
  down(): Promise<void>
  up(): Promise<void>
  /** Ends what runs over it; new connections are taken. */
  cut(): void
}

/** @param target address of the stand-in, e.g. http://127.0.0.1:4711 */
export async function layWire(target: string): Promise<Wire> {
  const { hostname, port: targetPort, protocol } = new URL(target)
  const open = new Set<Socket>()
  let server: Server
  let port = 0

  function take(near: Socket): void {
    const far = connect(Number(targetPort), hostname)
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(end)
      end.on('error', () => other.destroy())
      end.on('close', () => {
        open.delete(end)
        other.destroy()
      })
      end.pipe(other)
    }
  }

  async function up(): Promise<void> {
    server = createServer(take)
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    // A TCP server that listens has an address with a port.
    port = (server.address() as AddressInfo).port
  }

  const cut = (): void => {
    for (const socket of open) socket.destroy()
  }
  await up()
  return {
    url: `${protocol}//127.0.0.1:${port}`,
    cut,
    up,
    async down() {
      const closed = once(server, 'close')
      server.close()
      cut()
      await closed
    },
  }
}
