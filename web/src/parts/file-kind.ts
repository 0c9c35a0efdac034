/** How a file is best looked at. */
export type FileKind = 'image' | 'table' | 'json' | 'markdown' | 'html' | 'text'

const kinds: readonly [RegExp, FileKind][] = [
  [/\.(png|jpe?g|gif|webp|avif|bmp|svg|ico)$/i, 'image'],
  [/\.(parquet|pq|[ct]sv(\.gz|\.zst)?|jsonl|ndjson)$/i, 'table'],
  [/\.(json|ipynb|geojson)$/i, 'json'],
  [/\.(md|markdown)$/i, 'markdown'],
  [/\.html?$/i, 'html'],
]

/** By the name alone; what is nothing else is shown as text if it is text. */
export function fileKindOf(path: string): FileKind {
  return kinds.find(([ending]) => ending.test(path))?.[1] ?? 'text'
}

/** Browsers draw a vector picture only under its own type. */
export function imageTypeOf(path: string): string {
  return /\.svg$/i.test(path) ? 'image/svg+xml' : ''
}
