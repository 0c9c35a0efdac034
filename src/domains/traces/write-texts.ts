import { invalid } from '#kernel/errors'
import { inPieces } from './in-pieces.ts'
import { shortened, storable } from './storable-text.ts'
import type { TracesTransaction } from './store.ts'

type TextTable = 'trace_tags' | 'trace_metadata'

export const longestKey = 250
/** MLflow keeps as much of a tag; more is cut off, not refused. */
const longestValue = 8000

interface Place {
  project: string
  trace_id: string
}

const rowsAtOnce = 500

/** Sets tags or metadata of a trace; those that are there get the new value. */
export function writeTexts(
  db: TracesTransaction,
  table: TextTable,
  place: Place,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  return writeManyTexts(db, table, [{ place, texts }])
}

/** As `writeTexts`, of several traces. */
export async function writeManyTexts(
  db: TracesTransaction,
  table: TextTable,
  each: readonly { place: Place; texts: Readonly<Record<string, string>> }[],
): Promise<void> {
  const rows = each.flatMap(({ place: { project, trace_id }, texts }) =>
    Object.entries(texts).map(([key, value]) => ({
      project,
      trace_id,
      key,
      value: shortened(storable(value), longestValue),
    })),
  )
  for (const some of inPieces(rows, rowsAtOnce)) {
    await db
      .insertInto(table)
      .values(some)
      .onConflict((c) =>
        c
          .columns(['project', 'trace_id', 'key'])
          .doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
      )
      .execute()
  }
}

/** Keys as a client gives them by hand. Errors: `invalid`. */
export function checkTexts(kind: string, texts: Readonly<Record<string, string>>): void {
  for (const key of Object.keys(texts)) {
    if (key !== '' && key.length <= longestKey && !key.includes('\0')) continue
    throw invalid(
      `A trace's ${kind} key has 1 to ${longestKey} characters; ` +
        `${JSON.stringify(key.slice(0, 60))} has ${key.length}.`,
    )
  }
}

/** What telemetry carries along: keys that cannot be kept are left out. */
export function keptTexts(texts: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(texts).filter(([key]) => key !== '' && key.length <= longestKey)
  return Object.fromEntries(kept.map(([key, value]) => [storable(key), value]))
}
