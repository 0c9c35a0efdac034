import type { InputColumn } from './endpoint-reads.ts'

type Values = Readonly<Record<string, string>>
type Row = Record<string, string | number | boolean | null>

const firstTexts: Record<InputColumn['type'], () => string> = {
  number: () => '0',
  string: () => '',
  boolean: () => 'false',
  timestamp: () => new Date().toISOString().slice(0, 16),
}

/** What stands in the form before anybody typed. */
export function startValues(columns: readonly InputColumn[]): Record<string, string> {
  return Object.fromEntries(columns.map(({ name, type }) => [name, firstTexts[type]()]))
}

/** The texts of the form as the row of a request; an empty number is a missing value. */
export function rowOf(columns: readonly InputColumn[], values: Values): Row {
  return Object.fromEntries(
    columns.map(({ name, type }) => [name, valueOf(type, values[name] ?? '')]),
  )
}

function valueOf(type: InputColumn['type'], text: string): string | number | boolean | null {
  if (type === 'number') return text === '' ? null : Number(text)
  if (type === 'boolean') return text === 'true'
  if (type === 'timestamp') return text === '' ? null : `${text}:00Z`
  return text
}

/** The same request as a shell command. */
export function curlText(project: string, endpoint: string, row: Row): string {
  const path = `/api/v1/projects/${encodeURIComponent(project)}/endpoints/${encodeURIComponent(endpoint)}/predict`
  const body = JSON.stringify({ rows: [row] }, null, 1)
    .replaceAll(/\n\s*/g, ' ')
    .replaceAll("'", String.raw`'\''`)
  return `curl ${location.origin}${path} \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`
}
