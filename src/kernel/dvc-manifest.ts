import { invalid } from './errors.ts'

/** One file of a directory, as DVC's `.dir` manifest has it. */
export interface ManifestEntry {
  md5: string
  /** From the directory, with `/`. */
  path: string
}

/** The order of Python's strings, which DVC's manifests need; UTF-16 differs above U+FFFF. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return unitRank(x) - unitRank(y)
  }
  return a.length - b.length
}

function unitRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

/**
 * DVC's `.dir` manifest: what Python's `json.dumps(list, sort_keys=True)` writes of the files sorted
 * by path, in ASCII.
 */
export function dvcManifest(files: readonly ManifestEntry[]): string {
  const items = [...files]
    .sort((a, b) => compareCodePoints(a.path, b.path))
    .map(({ md5, path }) => dvcManifestItem(md5, path))
  return `[${items.join(', ')}]`
}

/** One file in a manifest. Items are in order, with ", " between them and brackets around all. */
export function dvcManifestItem(md5: string, path: string): string {
  return `{"md5": "${md5}", "relpath": ${pythonJson(path)}}`
}

/** A text as Python's `json.dumps` writes it. */
export function pythonJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/**
 * Reads a `.dir` manifest from whoever wrote it. Errors: `invalid` for what is no list of md5 and
 * path, and for paths that would leave the directory, are given twice, or are a file and a directory
 * at once. `name` is what the text is called in the error.
 */
export function parseDvcManifest(text: string, name: string): ManifestEntry[] {
  const items = parsedList(text, name)
  const entries = items.map((item) => checkEntry(item, name))
  checkPlaces(entries, name)
  return entries
}

function parsedList(text: string, name: string): unknown[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw invalid(
      `${name} is damaged: it is not valid JSON. Fetch it again, or add the data again.`,
    )
  }
  if (!Array.isArray(parsed)) throw invalid(`${name} is damaged: a manifest is a list of files.`)
  return parsed as unknown[]
}

function checkEntry(item: unknown, name: string): ManifestEntry {
  const { md5, relpath } = (item ?? {}) as { md5?: unknown; relpath?: unknown }
  if (typeof md5 !== 'string' || !/^[0-9a-f]{32}$/.test(md5) || typeof relpath !== 'string') {
    throw invalid(`${name} is damaged: each file needs an md5 and a relpath.`)
  }
  // oxlint-disable-next-line no-control-regex -- NUL is what is looked for
  if (/\u0000/.test(relpath) || relpath.split('/').some((part) => /^(?:|\.|\.\.)$/.test(part))) {
    throw invalid(
      `${name} names ${JSON.stringify(relpath.slice(0, 200))}, which is no path inside its directory. Nothing was done with it.`,
    )
  }
  return { md5, path: relpath }
}

function checkPlaces(entries: readonly ManifestEntry[], name: string): void {
  const paths = new Set<string>()
  for (const { path } of entries) {
    if (paths.has(path)) throw invalid(`${name} names "${path}" twice.`)
    paths.add(path)
  }
  const checked = new Set<string>()
  for (const path of paths) {
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const above = path.slice(0, slash)
      if (checked.has(above)) break
      checked.add(above)
      if (paths.has(above)) {
        throw invalid(`${name} has "${above}" as a file and as the directory of "${path}".`)
      }
    }
  }
}
