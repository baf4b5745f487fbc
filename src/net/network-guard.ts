import { lookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { defineError } from '../core/errors.ts'

export const NetworkBlocked = defineError('NETWORK_BLOCKED', 502, (host: string) => `${host} is in a blocked network`)
const InvalidNetwork = defineError('NETWORK_INVALID', 500, (text: string) => `invalid network ${JSON.stringify(text)}`)

/** What `private` stands for: addresses that the internet does not route. */
const PRIVATE = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
  ...['::/127', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8']
]

/** IPv6 networks whose addresses stand for one of IPv4, and the word (of eight) that it begins with. */
const EMBEDDING: readonly (readonly [network: string, bits: number, word: number])[] = [
  ['::ffff:0:0', 96, 6], // IPv4-mapped.
  ['::', 96, 6], // IPv4-compatible.
  ['64:ff9b::', 96, 6], // NAT64.
  ['2002::', 16, 1] // 6to4.
]

/**
 * Networks that nothing is sent to on the word of a user. Names are looked up here, and what they stand for is looked
 * at before a connection is made, so that no name leads in by a way around.
 */
export class NetworkGuard {
  readonly #blocked = new BlockList()
  /** Whether there is anything that it keeps from being reached. */
  readonly isActive: boolean

  /** @param networks As in `10.0.0.0/8`; an address stands for itself. Fails with NETWORK_INVALID. */
  constructor(networks: readonly string[]) {
    this.isActive = networks.length > 0
    for (const network of networks.flatMap((one) => (one === 'private' ? PRIVATE : one))) {
      const [address = '', bits, more] = network.split('/')
      const family = isIP(address)
      const most = family === 4 ? 32 : 128
      const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN
      if (family === 0 || more !== undefined || !(length <= most)) throw InvalidNetwork(network)
      this.#blocked.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
    }
  }

  /** Refuses a host that is an address in a blocked network. Fails with NETWORK_BLOCKED. */
  check(host: string): void {
    const address = host.replace(/^\[|\]$/g, '')
    if (this.#blocks(address)) throw NetworkBlocked(address)
  }

  /**
   * The address for clients that look names up themselves: what they are to connect to instead of the name. It is the
   * name itself where nothing is blocked. Fails with NETWORK_BLOCKED or as the lookup does.
   */
  resolve(host: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.check(host)
      if (!this.isActive || isIP(host) !== 0) return resolve(host)
      this.lookup(host, {}, (error, address) => (error === null ? resolve(address as string) : reject(error)))
    })
  }

  /** Looks names up for connections: a name that stands for a blocked address has none. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    lookup(host, options, (error, address: string | LookupAddress[], family) => {
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map((resolved) => resolved.address)
      const blocked = error === null ? addresses.find((one) => this.#blocks(one)) : undefined
      callback(blocked === undefined ? error : NetworkBlocked(`${host} (${blocked})`), address, family)
    })
  }

  #blocks(text: string): boolean {
    const address = text.replace(/%.*/, '') // The zone of a link-local address.
    const family = isIP(address)
    if (family === 0) return false
    if (family === 4) return this.#blocked.check(address, 'ipv4')
    const embedded = embeddedIn(address)
    return this.#blocked.check(address, 'ipv6') || (embedded !== undefined && this.#blocked.check(embedded, 'ipv4'))
  }
}

const embedding = EMBEDDING.map(([network, bits, word]) => {
  const list = new BlockList()
  list.addSubnet(network, bits, 'ipv6')
  return { list, word }
})

/** The address of IPv4 that one of IPv6 stands for. */
function embeddedIn(address: string): string | undefined {
  const found = embedding.find(({ list }) => list.check(address, 'ipv6'))
  if (found === undefined) return undefined
  const [high = 0, low = 0] = wordsOf(address).slice(found.word)
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/** The eight words of an address, which URLs write in full hexadecimal. */
function wordsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
  if (tail === undefined) return words(head)
  const [before, after] = [words(head), words(tail)]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
