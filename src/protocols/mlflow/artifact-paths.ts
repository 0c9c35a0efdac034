import { mlflowError } from './errors.ts'

/**
 * A path of a client, without empty and `.` parts; empty is the root. Errors: "Invalid path" for
 * what leads out of its root, however it is encoded.
 */
export function safePath(path: string): string {
  const decoded = fullyDecoded(path)
  const parts = decoded.split(/[/\\]/)
  if (
    /[#\\\0]/.test(decoded) ||
    parts.includes('..') ||
    decoded.startsWith('/') ||
    /^[a-z]:[/\\]/i.test(decoded) ||
    /^file:/i.test(decoded)
  ) {
    throw mlflowError('INVALID_PARAMETER_VALUE', 'Invalid path')
  }
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

/** Traversal may be encoded more than once. */
function fullyDecoded(path: string): string {
  let decoded = path
  for (let i = 0; i < 10; i++) {
    const next = decodeOnce(decoded)
    if (next === decoded) break
    decoded = next
  }
  return decoded
}

function decodeOnce(path: string): string {
  return path.replaceAll(/%[0-9a-f]{2}/gi, (code) =>
    String.fromCharCode(Number.parseInt(code.slice(1), 16)),
  )
}

const plainText = new Set(
  (
    'txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv ' +
    'md rst ipynb MLmodel MLproject mlproject'
  ).split(' '),
)

const types: Readonly<Record<string, string>> = {
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  svg: 'image/svg+xml',
  webp: 'image/webp',
  bmp: 'image/bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  pdf: 'application/pdf',
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  mp4: 'video/mp4',
  webm: 'video/webm',
  mp3: 'audio/mpeg',
  wav: 'audio/x-wav',
  zip: 'application/zip',
  tar: 'application/x-tar',
}

/** The type as which a file is served, by its name. */
export function contentTypeOf(name: string): string {
  const dot = name.lastIndexOf('.')
  const extension = dot < 0 ? name : name.slice(dot + 1)
  if (plainText.has(extension)) return 'text/plain'
  const lower = extension.toLowerCase()
  return (Object.hasOwn(types, lower) ? types[lower] : undefined) ?? 'application/octet-stream'
}
