import { lookup, type LookupAddress } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { defineError } from '../../core/errors.ts'
import { DeliveryError } from './handler.ts'

const InvalidNetwork = defineError('NETWORK_INVALID', 500, (text: string) => `invalid network ${JSON.stringify(text)}`)

/** What `private` stands for: addresses that the internet does not route. */
const PRIVATE = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  ...['::/127', 'fc00::/7', 'fe80::/10']
]

/**
 * Networks that requests must not go to. Names are looked up here, and what they stand for is looked at before a
 * connection is made, so that no name leads in by a way around.
 */
export class NetworkGuard {
  readonly #blocked = new BlockList()

  /** @param networks As in `10.0.0.0/8`; an address stands for itself. Fails with NETWORK_INVALID. */
  constructor(networks: readonly string[]) {
    for (const network of networks.flatMap((one) => (one === 'private' ? PRIVATE : one))) {
      const [address = '', bits, more] = network.split('/')
      const family = isIP(address)
      const most = family === 4 ? 32 : 128
      const length = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : NaN
      if (family === 0 || more !== undefined || !(length <= most)) throw InvalidNetwork(network)
      this.#blocked.addSubnet(address, length, family === 4 ? 'ipv4' : 'ipv6')
    }
  }

  /** Refuses a host that is an address in a blocked network. Fails with a `DeliveryError`. */
  check(host: string): void {
    const address = host.replace(/^\[|\]$/g, '')
    if (this.#blocks(address)) throw refusal(address)
  }

  /** For connections: a name that stands for a blocked address has none. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    lookup(host, options, (error, address: string | LookupAddress[], family) => {
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address)
      const blocked = error === null ? addresses.find((one) => this.#blocks(one)) : undefined
      callback(blocked === undefined ? error : refusal(`${host} (${blocked})`), address, family)
    })
  }

  #blocks(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#blocked.check(address, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function refusal(host: string): DeliveryError {
  return new DeliveryError('refused', `${host} is in a blocked network`)
}
