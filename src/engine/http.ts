import type { HttpEndpoint, HttpPort, HttpRequest } from '../graph/ports.ts'

/** Requests of nodes, through the platform's client: connections are kept, redirects followed. */
export function httpPort(endpoints: Readonly<Record<string, HttpEndpoint>>): HttpPort {
  return {
    async post({ url, body, headers, timeoutMs }: HttpRequest) {
      const answer = await fetch(url, {
        method: 'POST',
        body,
        headers,
        ...(timeoutMs > 0 ? { signal: AbortSignal.timeout(timeoutMs) } : {})
      })
      return { status: answer.status, body: await answer.text() }
    },
    findEndpoint: (name) => endpoints[name]
  }
}
