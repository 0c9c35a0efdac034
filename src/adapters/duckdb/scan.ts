import { closeSync, openSync, readSync } from 'node:fs'
import { invalid } from '#kernel/errors'
import { quoteText } from '#ports/frames/frames'

export type FileFormat = 'parquet' | 'csv' | 'json'

const endings: readonly [RegExp, FileFormat][] = [
  [/\.(parquet|pq)$/i, 'parquet'],
  [/\.(csv|tsv|txt)(\.gz|\.zst)?$/i, 'csv'],
  [/\.(json|jsonl|ndjson)(\.gz|\.zst)?$/i, 'json'],
]

/**
 * A FROM-clause item for files of one format: schemas united by name, names of directories never
 * taken for columns, so that a blob gives the same rows as the file it came from.
 */
export function scanFiles(paths: readonly string[], format?: FileFormat): string {
  const [first] = paths
  if (first === undefined) throw invalid('There is no file to read.')
  const list = `[${paths.map((path) => quoteText(literalPath(path))).join(', ')}]`
  const common = `${list}, union_by_name = true, hive_partitioning = false`
  switch (format ?? formatOf(first)) {
    case 'parquet':
      return `read_parquet(${common})`
    case 'csv':
      return `read_csv(${common}, sample_size = 200000${compressionOf(first)})`
    case 'json':
      return `read_json_auto(${common}${compressionOf(first)})`
  }
}

function formatOf(path: string): FileFormat {
  const format = endings.find(([ending]) => ending.test(path))?.[1]
  if (format !== undefined) return format
  throw invalid(
    `${JSON.stringify(path)} does not say its format. Name it .parquet, .csv or .json (.jsonl, .ndjson, .tsv).`,
  )
}

/** DuckDB takes these characters for patterns. */
function literalPath(path: string): string {
  return path.replaceAll(/[*?[]/g, '[$&]')
}

const magics: readonly [string, string][] = [
  ['1f8b', 'gzip'],
  ['28b52ffd', 'zstd'],
]

/** By content, since a blob's name has no ending that would tell. */
function compressionOf(path: string): string {
  const start = firstBytes(path)
  const found = magics.find(([magic]) => start.startsWith(magic))
  return found === undefined ? '' : `, compression = ${quoteText(found[1])}`
}

function firstBytes(path: string): string {
  const bytes = Buffer.alloc(4)
  try {
    const file = openSync(path, 'r')
    try {
      return bytes.toString('hex', 0, readSync(file, bytes))
    } finally {
      closeSync(file)
    }
  } catch {
    // The query that reads the file reports why it cannot, with its name.
    return ''
  }
}
