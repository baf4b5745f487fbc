import { isIPv6 } from 'node:net'

/**
 * Whom an address counts for: whoever has one address of IPv6 has the 2^64 of its network, as a rule.
 * @returns The address, or a network of IPv6 such as `2001:db8:0:1::/64`.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address
  const [head = '', tail] = address.replace(/%.*/, '').split('::')
  const start = head === '' ? [] : head.split(':')
  const end = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = [...start, ...Array.from({ length: 8 - start.length - end.length }, () => '0'), ...end]
  return `${groups.slice(0, 4).join(':')}::/64`
}
