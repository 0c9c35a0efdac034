/** An address taken apart. The scheme is lower-case and empty for a bare path. */
export interface Address {
  scheme: string
  authority: string
  path: string
}

/** Takes `scheme://authority/path` apart; what follows `?` or `#` is left out. Pure. */
export function parseAddress(text: string): Address {
  const match = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)/i.exec(text)
  return {
    scheme: (match?.[1] ?? '').toLowerCase(),
    authority: (match?.[2] ?? '').toLowerCase(),
    path: match?.[3] ?? '',
  }
}

/** Whether it means a file of whoever reads it: such a source only makes sense on one machine. */
export function isLocal({ scheme }: Address): boolean {
  return scheme === '' || scheme === 'file'
}

/** Whether it is in the artifact store of a tracking server: by its scheme or by its HTTP route. */
export function isProxied(address: Address): boolean {
  if (address.scheme === 'mlflow-artifacts') return true
  const route = '/api/2.0/mlflow-artifacts/artifacts'
  const web = address.scheme === 'http' || address.scheme === 'https'
  return web && `/${partsOf(address).join('/')}/`.includes(`${route}/`)
}

/** The parts of its path, escapes read as often as they are nested. */
function partsOf({ path }: Address): string[] {
  return path
    .split('/')
    .filter((part) => part !== '')
    .map(unescape)
}

function unescape(text: string): string {
  let known = text
  for (;;) {
    const next = decodeOnce(known)
    if (next === known) return known
    known = next
  }
}

/** A text that is no valid escape stands for itself. */
function decodeOnce(text: string): string {
  return text.replaceAll(/(%[0-9a-f]{2})+/gi, (escaped) => {
    const bytes = escaped
      .slice(1)
      .split('%')
      .map((hex) => Number.parseInt(hex, 16))
    return new TextDecoder().decode(Uint8Array.from(bytes))
  })
}

/** Whether an address is the root or something below it. */
export function isWithin(text: string, root: string): boolean {
  const [inner, outer] = [parseAddress(text), parseAddress(root)]
  const [parts, rootParts] = [partsOf(inner), partsOf(outer)]
  return (
    inner.scheme === outer.scheme &&
    inner.authority === outer.authority &&
    rootParts.length > 0 &&
    rootParts.every((part, index) => parts[index] === part)
  )
}

/** Whether it climbs: `..`, `.`, empty parts or a NUL, however they are escaped. */
export function isRelative(text: string): boolean {
  const plain = unescape(text.replaceAll('+', ' '))
  if (plain.includes('\u0000') || plain.split('/').includes('..')) return true
  const path = parseAddress(plain).path.replace(/\/+$/, '')
  return path.split('/').includes('.')
}
