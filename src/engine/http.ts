import type { HttpEndpoint, HttpPort } from '../graph/ports.ts'
import { redactedMessage, redactorOf } from '../core/redact.ts'
import { secretsOfRequest } from '../core/secret-values.ts'
import { HttpClient } from '../net/http-client.ts'
import { NetworkGuard } from '../net/network-guard.ts'
import type { HttpEndpoints } from './contract.ts'

/** What is read of an answer, and what the log gets of it: a secret that the end cuts in two is none of that. */
const BODY_MAX_BYTES = 64 * 1024
const BODY_MAX_CHARS = 32 * 1024

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

  /** What the server says, which may be an echo of the request, comes without the credentials of that. */
  async post(request: Parameters<HttpPort['post']>[0]): ReturnType<HttpPort['post']> {
    try {
      const { status, body } = await this.#http.request({ ...request, maxBytes: BODY_MAX_BYTES, cuts: true })
      if (status >= 200 && status < 300) return { status, body: '' }
      const redact = redactorOf(secretsOfRequest(request))
      return { status, body: redact(body.toString()).slice(0, BODY_MAX_CHARS) }
    } catch (error) {
      throw new Error(redactedMessage(error, redactorOf(secretsOfRequest(request))))
    }
  }

  findEndpoint(name: string): HttpEndpoint | undefined {
    return this.#endpoints().get(name)
  }

  close(): void {
    this.#http.close()
  }
}
