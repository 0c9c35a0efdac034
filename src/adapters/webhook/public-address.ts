import { BlockList, isIP } from 'node:net'

/**
 * Ranges that are not the public internet: loopback, private, link-local with the metadata services
 * of clouds, shared, documentation, multicast, reserved (IANA special-purpose registries).
 */
const ranges: readonly [address: string, prefix: number, family: 'ipv4' | 'ipv6'][] = [
  ['0.0.0.0', 8, 'ipv4'],
  ['10.0.0.0', 8, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'],
  ['127.0.0.0', 8, 'ipv4'],
  ['169.254.0.0', 16, 'ipv4'],
  ['172.16.0.0', 12, 'ipv4'],
  ['192.0.0.0', 24, 'ipv4'],
  ['192.0.2.0', 24, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'],
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['224.0.0.0', 3, 'ipv4'],
  ['::', 127, 'ipv6'],
  ['64:ff9b:1::', 48, 'ipv6'],
  ['100::', 64, 'ipv6'],
  ['2001::', 23, 'ipv6'],
  ['2001:db8::', 32, 'ipv6'],
  ['fc00::', 7, 'ipv6'],
  ['fe80::', 10, 'ipv6'],
  ['fec0::', 10, 'ipv6'],
  ['ff00::', 8, 'ipv6'],
]

/** Makes the judge of addresses: whether one is of the public internet. */
export function createPublicAddresses(): (address: string) => boolean {
  const special = new BlockList()
  for (const [address, prefix, family] of ranges) special.addSubnet(address, prefix, family)
  const isPublic = (address: string): boolean => {
    const family = isIP(address)
    if (family === 0) return false
    const embedded = family === 6 ? embeddedIpv4(address) : undefined
    if (embedded !== undefined) return isPublic(embedded)
    return !special.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
  return isPublic
}

/** The IPv4 address inside of a mapped (::ffff:a.b.c.d), NAT64 (64:ff9b::) or 6to4 (2002::) one. */
function embeddedIpv4(address: string): string | undefined {
  const groups = groupsOf(address)
  const [a, b, c] = groups
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  const compatible = groups.slice(0, 6).every((group) => group === 0) && (groups[6] ?? 0) > 0
  const nat64 = a === 0x64 && b === 0xff9b && groups.slice(2, 6).every((group) => group === 0)
  if (mapped || compatible || nat64) return dotted(groups[6] ?? 0, groups[7] ?? 0)
  return a === 0x2002 ? dotted(b ?? 0, c ?? 0) : undefined
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function groupsOf(address: string): number[] {
  const plain = (address.split('%')[0] ?? '').replace(/[\d.]+$/, (tail) =>
    tail.includes('.') ? hexPair(tail) : tail,
  )
  const [head = '', tail] = plain.split('::')
  const read = (text: string) =>
    text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16))
  const [before, after] = [read(head), read(tail ?? '')]
  const gap = tail === undefined ? 0 : 8 - before.length - after.length
  return [...before, ...Array.from({ length: gap }, () => 0), ...after]
}

function hexPair(quad: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = quad.split('.').map(Number)
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
