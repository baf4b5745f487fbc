import type { HttpEndpoint, HttpPort } from '../graph/ports.ts'
import { HttpClient } from '../net/http-client.ts'
import { NetworkGuard } from '../net/network-guard.ts'
import type { HttpEndpoints } from './contract.ts'

/** What is kept of an answer: it is only for the log. */
const BODY_MAX_BYTES = 64 * 1024

/**
 * Requests of nodes.
 * @param endpoints The configured ones as they are now.
 * @param blockedNetworks Networks that no request goes to. Differs: they are blocked for nodes, too; those of
 * Kapacitor go everywhere.
 */
export class NodeHttp implements HttpPort {
  readonly #http: HttpClient
  readonly #endpoints: () => HttpEndpoints

  constructor(endpoints: () => HttpEndpoints, blockedNetworks: readonly string[]) {
    this.#http = new HttpClient({ guard: new NetworkGuard(blockedNetworks) })
    this.#endpoints = endpoints
  }

  async post(request: Parameters<HttpPort['post']>[0]): ReturnType<HttpPort['post']> {
    const { status, body } = await this.#http.request({ ...request, maxBytes: BODY_MAX_BYTES, cuts: true })
    return { status, body: body.toString() }
  }

  findEndpoint(name: string): HttpEndpoint | undefined {
    return this.#endpoints().get(name)
  }

  close(): void {
    this.#http.close()
  }
}
