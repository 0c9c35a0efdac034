// @ts-check
// Who may import what. One table, deny by default: what is not written here is an error.

/** The rooms in loop order: a room knows the ground floor and what comes before it. */
export const ROOMS = [
  'access',
  'journal',
  'data',
  'features',
  'runs',
  'traces',
  'evaluation',
  'models',
  'pipelines',
  'deployments',
  'ai-gateway',
  'monitors',
  'alerts',
]

const GROUND_FLOOR = ['access', 'journal']
const ROOM_INDEX = '#domains/*/index'

/**
 * - `own`: what "inside", reached by relative paths, means: the whole layer, or its first folder.
 * - `beside`: other folders reached by relative paths.
 * - `product`: `#…` specifiers of other layers, `*` for one path segment, `**` for any number.
 * - `types`: the same, for `import type` only.
 * - `packages`, `packageTypes`: npm packages; `node`: Node's builtins.
 *
 * @typedef {object} Layer
 * @property {'layer' | 'folder' | 'file'} own
 * @property {string[]} [beside]
 * @property {string[]} [product]
 * @property {string[]} [types]
 * @property {string[] | 'any'} [packages]
 * @property {string[]} [packageTypes]
 * @property {boolean} [node]
 */

/** @type {Record<string, Layer>} */
export const LAYERS = {
  kernel: { own: 'layer' },
  science: { own: 'layer', product: ['#kernel/**'] },
  ports: {
    own: 'layer',
    product: ['#kernel/**'],
    packageTypes: ['kysely'],
  },
  domains: {
    own: 'folder',
    product: ['#kernel/**', '#science/**', '#ports/**', ROOM_INDEX],
    packages: ['kysely', 'yaml', 'zod', 'croner', 're2js'],
  },
  adapters: {
    own: 'folder',
    product: ['#kernel/**', '#science/**', '#ports/**'],
    types: ['#domains/*/store'],
    packages: 'any',
    node: true,
  },
  protocols: {
    own: 'folder',
    product: ['#kernel/**', ROOM_INDEX],
    // What every wire over HTTP stands on: reading bodies, sending bytes.
    beside: ['src/protocols/http'],
    packages: ['fastify', '@fastify/static', 'zod', 'prom-client', 'graphql'],
    node: true,
  },
  workers: {
    own: 'layer',
    product: ['#kernel/**', '#ports/**', ROOM_INDEX],
    node: true,
  },
  client: {
    own: 'layer',
    product: [
      '#kernel/**',
      '#protocols/api/endpoint',
      '#protocols/api/wire',
      '#protocols/api/wire/*',
    ],
    packages: ['zod'],
  },
  app: {
    own: 'layer',
    product: ['#**'],
    packages: 'any',
    node: true,
  },
  cli: {
    own: 'layer',
    product: ['#kernel/**', '#client/**', '#app/**'],
    packages: ['commander', 'yaml'],
    node: true,
  },
}

/**
 * What to do instead of a package that suggests itself.
 *
 * @type {Record<string, string>}
 */
const REASONS = {
  pino: "Its types bring Node's along: declare the few methods you call, pino fits them.",
}

/** What the page and the command line see of the server: they must load without it. */
export const WIRE = /^src\/protocols\/api\/(endpoint|wire(\/[^/]+)?)\.ts$/
/** @type {Layer} */
const WIRE_LAYER = {
  own: 'file',
  product: ['#kernel/**'],
  types: [ROOM_INDEX],
  packages: ['zod'],
}

/**
 * The places outside `src` and what they may import.
 *
 * @type {{ name: string, files: RegExp, layer: Layer }[]}
 */
export const PLACES = [
  {
    name: 'web',
    files: /^web\/src\//,
    layer: { own: 'layer', product: ['#client/**'], packages: 'any' },
  },
  { name: 'web/public', files: /^web\/public\//, layer: { own: 'file' } },
  {
    name: 'web configuration',
    files: /^web\/[^/]+\.config\.ts$/,
    layer: { own: 'layer', packages: 'any', node: true },
  },
  { name: 'bin', files: /^bin\//, layer: { own: 'layer', node: true } },
  {
    name: 'tools',
    files: /^tools\//,
    layer: { own: 'layer', beside: ['bin'], packages: 'any', node: true },
  },
  { name: 'examples', files: /^examples\//, layer: { own: 'folder', packages: 'any', node: true } },
]

/** Tests and measurements look at everything; nothing looks at them. */
export const OUTSIDE = /(\.(test|contract)\.tsx?$)|^(tests|bench|compat)\//

/**
 * The rule for a file, by its path from the repository root, or why there is none.
 *
 * @param {string} path
 * @returns {{ exempt: true } | { name: string, layer: Layer, base: string } | { problem: string }}
 */
export function layerOf(path) {
  if (OUTSIDE.test(path)) return { exempt: true }
  const place = PLACES.find(({ files }) => files.test(path))
  if (place !== undefined)
    return { name: place.name, layer: place.layer, base: folderOf(path, place.layer, 1) }
  const [top, name, ...rest] = path.split('/')
  const layer = top === 'src' && name !== undefined && rest.length > 0 ? LAYERS[name] : undefined
  if (name === undefined || layer === undefined) {
    return {
      problem: `No layer covers ${path}. Put it into one of src/{${Object.keys(LAYERS).join(', ')}}, or give its place a rule in tools/lint/layers.js.`,
    }
  }
  if (layer.own === 'folder' && rest.length < 2) {
    return {
      problem: `${path} lies in no folder of src/${name}: each ${name} file belongs to one ${name === 'domains' ? 'room' : 'folder'}. Move it there.`,
    }
  }
  if (name === 'domains' && !ROOMS.includes(rest[0] ?? '')) {
    return {
      problem: `${rest[0]} is no room. The rooms are ${ROOMS.join(', ')}; a new one takes its place in the order of tools/lint/layers.js.`,
    }
  }
  if (WIRE.test(path))
    return { name: 'protocols/api/wire', layer: WIRE_LAYER, base: 'src/protocols/api/wire' }
  return {
    name: layer.own === 'folder' ? `${name}/${rest[0]}` : name,
    layer,
    base: folderOf(path, layer, 2),
  }
}

/**
 * @param {string} path
 * @param {Layer} layer
 * @param {number} depth
 */
function folderOf(path, layer, depth) {
  return path
    .split('/')
    .slice(0, layer.own === 'folder' ? depth + 1 : depth)
    .join('/')
}

/**
 * Why a file may not import something, or nothing when it may.
 *
 * @param {string} path of the importing file, from the repository root
 * @param {string} specifier
 * @param {{ typeOnly: boolean, isBuiltin(name: string): boolean }} how
 * @returns {string | undefined}
 */
export function forbidden(path, specifier, how) {
  const found = layerOf(path)
  if ('problem' in found) return undefined
  if (specifier.startsWith('.')) return forbiddenRelative(path, specifier, found)
  if ('exempt' in found) return undefined
  if (specifier.startsWith('#')) return forbiddenProduct(specifier, found, how.typeOnly)
  if (how.isBuiltin(specifier))
    return found.layer.node === true
      ? undefined
      : `${found.name} must run without Node: take what it needs from a port or the Context instead of '${specifier}'.`
  return forbiddenPackage(specifier, found, how.typeOnly)
}

/**
 * @param {string} path
 * @param {string} specifier
 * @param {ReturnType<typeof layerOf>} found
 */
function forbiddenRelative(path, specifier, found) {
  const target = resolve(path, specifier)
  if ('exempt' in found) return undefined
  if ('problem' in found) return undefined
  if (/\.(test|contract)\.tsx?$/.test(target))
    return `'${specifier}' is a test: only tests may import it. Move what you need into a module of its own.`
  if (isWithin(target, found)) return undefined
  return `'${specifier}' leaves ${found.base}. Across layers and rooms imports are '#layer/path', without extension, and only where tools/lint/layers.js allows them.`
}

/**
 * @param {string} target
 * @param {{ layer: Layer, base: string }} found
 */
function isWithin(target, { layer, base }) {
  if (layer.own === 'file') return WIRE.test(target)
  return [base, ...(layer.beside ?? [])].some((folder) => target.startsWith(`${folder}/`))
}

/**
 * @param {string} specifier
 * @param {{ name: string, layer: Layer, base: string }} found
 * @param {boolean} typeOnly
 */
function forbiddenProduct(specifier, found, typeOnly) {
  const { name, layer } = found
  if (/\.(test|contract)$/.test(specifier))
    return `'${specifier}' is a test: only tests may import it.`
  if (layer.own === 'layer' && specifier.startsWith(`#${name}/`))
    return `'${specifier}' is this layer itself: inside a layer imports are relative.`
  if (/\.(ts|js)$/.test(specifier))
    return `'${specifier}': leave the extension out, it differs between the sources and the package.`
  const allowed = [...(layer.product ?? []), ...(typeOnly ? (layer.types ?? []) : [])]
  if (!allowed.some((pattern) => matches(pattern, specifier)))
    return refusal(specifier, name, layer)
  return forbiddenRoom(specifier, name)
}

/**
 * @param {string} specifier
 * @param {string} name
 * @param {Layer} layer
 */
function refusal(specifier, name, layer) {
  const may = (layer.product ?? []).join(', ') || 'nothing else of the product'
  const types = layer.types === undefined ? '' : ` and, as types, ${layer.types.join(', ')}`
  return `${name} may not import '${specifier}'. It may import ${may}${types}. If data must come from there, move the wall or hand it in through a port.`
}

/**
 * Between rooms: never itself by the front door, never one that comes later.
 *
 * @param {string} specifier
 * @param {string} name
 */
function forbiddenRoom(specifier, name) {
  const [layer, own] = name.split('/')
  const other = specifier.match(/^#domains\/([^/]+)\//)?.[1]
  if (layer !== 'domains' || own === undefined || other === undefined) return undefined
  if (other === own)
    return `'${specifier}' is this room itself: inside a room imports are relative ('./${specifier.split('/').slice(2).join('/')}.ts').`
  if (GROUND_FLOOR.includes(other) || ROOMS.indexOf(other) < ROOMS.indexOf(own)) return undefined
  return `The room ${own} comes before ${other} (${ROOMS.join(', ')}) and may not import it. Let ${other} call ${own}, or close the circle with a journal record in app/loop.ts.`
}

/**
 * @param {string} specifier
 * @param {{ name: string, layer: Layer }} found
 * @param {boolean} typeOnly
 */
function forbiddenPackage(specifier, { name, layer }, typeOnly) {
  if (layer.packages === 'any') return undefined
  const wanted = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
  const values = layer.packages ?? []
  const types = layer.packageTypes ?? []
  if (values.includes(wanted) || (typeOnly && types.includes(wanted))) return undefined
  const may = [...values, ...types.map((type) => `${type} (types only)`)].join(', ') || 'none'
  return `${name} may not import the package '${specifier}' (allowed: ${may}). ${REASONS[wanted] ?? 'Wrap it in an adapter behind a port.'}`
}

/**
 * @param {string} pattern
 * @param {string} specifier
 */
function matches(pattern, specifier) {
  const source = pattern
    .replaceAll('**', '\u0000')
    .replaceAll('*', '[^/]+')
    .replaceAll('\u0000', '.+')
  return new RegExp(`^${source}$`).test(specifier)
}

/**
 * @param {string} from
 * @param {string} specifier
 */
function resolve(from, specifier) {
  /** @type {string[]} */
  const parts = from.split('/').slice(0, -1)
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}
