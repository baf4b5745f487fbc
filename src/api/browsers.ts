import { isIP } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../auth/errors.ts'
import { quote } from '../core/print.ts'

/**
 * What keeps web pages of other origins away from a server that the browser can reach and its user may use: a page
 * may neither change anything (`Origin`, `Sec-Fetch-Site`), nor read answers (no CORS but for the origins that are
 * allowed), nor pass itself off as a page of this server by a name that it has led here (`Host`, against DNS rebinding).
 *
 * Differs: the original echoes every origin and looks at no host.
 */
export interface BrowserSettings {
  /** Address that the server listens at, `HOST:PORT`; one without host, or of all addresses, goes by any of them. */
  readonly bindAddress: string
  /** Names of this server that requests may be addressed to, beside loopback; `*` is every name. */
  readonly hosts: readonly string[]
  /** Origins as `https://host:port` whose pages may use the API; `*` is every origin. */
  readonly origins: readonly string[]
}

const CORS_METHODS = 'DELETE, GET, OPTIONS, POST, PATCH, PUT'
const CORS_HEADERS =
  'Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, X-CSRF-Token, X-HTTP-Method-Override'

/** Headers for browsers that are made to show an answer of the API: it is data, never a page. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer'
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
/** Hosts that were found to be known, so that they are not taken apart for every request. */
const KNOWN_MAX = 100

const OriginForeign = (origin: string): AccessError =>
  new AccessError(
    'ORIGIN_FOREIGN',
    403,
    `a page of ${origin} may not change anything here: add its origin to http.allowed-origins`
  )
const HostUnknown = (host: string): AccessError =>
  new AccessError(
    'HOST_UNKNOWN',
    403,
    `this server does not go by the name ${quote(host)}: add it to http.allowed-hosts`
  )

export class BrowserRules {
  readonly #isAnyAddress: boolean
  readonly #names: ReadonlySet<string>
  readonly #origins: ReadonlySet<string>
  readonly #known = new Set<string>()

  constructor({ bindAddress, hosts, origins }: BrowserSettings) {
    const bound = nameIn(bindAddress)
    this.#isAnyAddress = ['', '0.0.0.0', '::'].includes(bound)
    this.#names = new Set([bound, ...hosts.map((host) => host.toLowerCase())])
    this.#origins = new Set(origins.map((origin) => origin.toLowerCase().replace(/\/$/, '')))
  }

  /** @returns Why a request is not let in. A client that is no browser need not send what is looked at here. */
  findError({ method, headers }: FastifyRequest): AccessError | undefined {
    const { host, origin } = headers
    if (host !== undefined && !this.#isKnown(host)) return HostUnknown(host)
    if (SAFE_METHODS.has(method)) return undefined
    if (origin !== undefined) {
      return this.#isOwn(origin, host) || this.#isAllowed(origin) ? undefined : OriginForeign(origin)
    }
    const site = headers['sec-fetch-site']
    return site === 'cross-site' || site === 'same-site' ? OriginForeign('another site') : undefined
  }

  /** Lets pages of allowed origins read the answer. By hand: @fastify/cors leaves out methods and headers but for a preflight. */
  addCors({ headers: { origin } }: FastifyRequest, reply: FastifyReply): void {
    if (this.#origins.size === 0) return
    reply.header('Vary', 'Origin')
    if (origin === undefined || !this.#isAllowed(origin)) return
    reply.header('Access-Control-Allow-Origin', origin)
    reply.header('Access-Control-Allow-Methods', CORS_METHODS)
    reply.header('Access-Control-Allow-Headers', CORS_HEADERS)
  }

  #isAllowed(origin: string): boolean {
    return this.#origins.has('*') || this.#origins.has(origin.toLowerCase())
  }

  #isOwn(origin: string, host: string | undefined): boolean {
    return host !== undefined && /^https?:\/\/(.*)$/is.exec(origin)?.[1]?.toLowerCase() === host.toLowerCase()
  }

  #isKnown(host: string): boolean {
    if (this.#known.has(host)) return true
    const name = nameIn(host)
    const isLoopback = /^(.+\.)?localhost$/.test(name) || /^127(\.\d{1,3}){3}$/.test(name) || name === '::1'
    // A name that was led here is a name: an address says where the request really went.
    const isKnown =
      isLoopback || this.#names.has(name) || this.#names.has('*') || (this.#isAnyAddress && isIP(name) !== 0)
    if (isKnown && this.#known.size < KNOWN_MAX) this.#known.add(host)
    return isKnown
  }
}

/** The host of `HOST:PORT`, in lower case, without the brackets of an IPv6 address. */
function nameIn(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
