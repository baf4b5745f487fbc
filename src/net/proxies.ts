import { BlockList, isIP } from 'node:net'

/** Variables by name, as of the process. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy that the environment names for a URL, by the rules of the original: `http_proxy` and `https_proxy`, except
 * for this machine and for what `no_proxy` lists (names, which stand for all below them, too; addresses; networks; `*`;
 * each also with a port), in small or capital letters. Libraries that read these variables know no networks.
 * @returns '' where there is none.
 */
export function proxyFor({ protocol, hostname, port }: URL, environment: Environment): string {
  const proxy = valueOf(environment, `${protocol.slice(0, -1)}_proxy`)
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (proxy === '' || /^(localhost|127\.[\d.]+|::1)$/.test(host)) return ''
  const target = { host, port: port || (protocol === 'https:' ? '443' : '80') }
  const exceptions = valueOf(environment, 'no_proxy').toLowerCase().split(',')
  if (exceptions.some((exception) => matches(exception.trim(), target))) return ''
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function valueOf(environment: Environment, name: string): string {
  return environment[name] || environment[name.toUpperCase()] || ''
}

function matches(exception: string, { host, port }: { readonly host: string; readonly port: string }): boolean {
  if (exception === '*') return true
  const { name, onlyPort = port } = partsOf(exception)
  if (onlyPort !== port) return false
  const [address = '', bits] = name.split('/')
  const family = isIP(host)
  if (bits !== undefined) return family !== 0 && family === isIP(address) && isWithin(host, address, Number(bits))
  const domain = address.replace(/^\*?\./, '')
  return domain !== '' && (host === domain || (family === 0 && host.endsWith(`.${domain}`)))
}

/** `name`, `name:port`, `[::1]:port`; an address of IPv6 is full of colons by itself. */
function partsOf(exception: string): { readonly name: string; readonly onlyPort?: string | undefined } {
  if (isIP(exception.split('/')[0]!) === 6) return { name: exception }
  const [, bracketed, plain = '', onlyPort] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(exception) ?? []
  return { name: bracketed ?? plain, onlyPort }
}

function isWithin(host: string, network: string, bits: number): boolean {
  const family = isIP(host) === 4 ? 'ipv4' : 'ipv6'
  if (!(bits >= 0 && bits <= (family === 'ipv4' ? 32 : 128))) return false
  const list = new BlockList()
  list.addSubnet(network, bits, family)
  return list.check(host, family)
}
