import http from 'node:http'
import { percentile } from './numbers.ts'

export interface Post {
  path: string
  body: Buffer
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
 * Posts each body once, over so many keep-alive connections. Written by hand because every body is another message:
 * a client that repeats one body would only measure the refusal of duplicates.
 * @param perSecond holds this rate instead of going as fast as it can
 */
export async function load(
  url: string,
  posts: readonly Post[],
  connections: number,
  perSecond?: number,
): Promise<LoadResult> {
  const { hostname, port } = new URL(url)
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  const latencies: number[] = []
  let errors = 0
  let next = 0
  const startedAt = performance.now()
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next++
      const post = posts[index]
      if (!post) return
      if (perSecond) await until(startedAt + (index * 1000) / perSecond)
      const at = performance.now()
      const status = await send(agent, hostname, port, post)
      if (status === 200) latencies.push(performance.now() - at)
      else errors++
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - startedAt) / 1000
  agent.destroy()
  return {
    rate: posts.length / seconds,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    errors,
    seconds,
  }
}

function send(
  agent: http.Agent,
  hostname: string,
  port: string,
  { path, body }: Post,
): Promise<number> {
  return new Promise((resolve) => {
    const request = http.request(
      {
        agent,
        hostname,
        port,
        path,
        method: 'POST',
        headers: { 'content-type': 'text/xml', 'content-length': body.length },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    request.on('error', () => resolve(0))
    request.end(body)
  })
}

async function until(at: number): Promise<void> {
  const wait = at - performance.now()
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
}
