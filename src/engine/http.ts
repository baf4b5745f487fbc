import type { HttpPort, HttpRequest } from '../graph/ports.ts'
import type { HttpEndpoints } from './contract.ts'

/**
 * Requests of nodes, through the platform's client: connections are kept, redirects followed.
 * @param endpoints The configured ones as they are now.
 */
export function httpPort(endpoints: () => HttpEndpoints): HttpPort {
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
    findEndpoint: (name) => endpoints().get(name)
  }
}
