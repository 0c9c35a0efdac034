import { invalid } from '#kernel/errors'
import {
  piecesOf,
  rawStatement,
  type RawStatement,
  runRaw,
  valueRows,
} from '#domains/journal/index'
import { separateTags } from './mirrored-tags.ts'
import type { RunsTransaction } from './store.ts'

/**
 * Parameters never change: the same value again is accepted, another one refuses the whole batch
 * with `invalid`. Gives the keys that are new.
 */
export async function writeParameters(
  db: RunsTransaction,
  run: string,
  values: Readonly<Record<string, string>>,
): Promise<string[]> {
  const keys = Object.keys(values)
  if (keys.length === 0) return []
  const known = await db
    .selectFrom('run_parameters')
    .select(['key', 'value'])
    .where('run_id', '=', run)
    .where('key', 'in', keys)
    .execute()
  for (const { key, value } of known) {
    if (values[key] === value) continue
    throw invalid(
      `Changing param values is not allowed. Param with key='${key}' was already logged with ` +
        `value='${value.slice(0, 100)}' for run ID='${run}'. Attempted logging new value ` +
        `'${values[key]?.slice(0, 100)}'. Start another run, or log a tag.`,
    )
  }
  const stored = new Set(known.map((row) => row.key))
  const fresh = keys.filter((key) => !stored.has(key))
  if (fresh.length === 0) return []
  await db
    .insertInto('run_parameters')
    .values(fresh.map((key) => ({ run_id: run, key, value: values[key] ?? '' })))
    .execute()
  return fresh
}

/** Sets tags, and what of the run they mirror. The last value wins. */
export async function setTags(
  db: RunsTransaction,
  run: string,
  given: Readonly<Record<string, string>>,
): Promise<void> {
  const { tags, name, description, parent } = separateTags(given)
  await writeTags(db, run, tags)
  const mirrored = {
    ...(name === undefined || name.trim() === '' ? {} : { name: name.trim() }),
    ...(description === undefined ? {} : { description }),
    ...(parent === undefined ? {} : { parent }),
  }
  if (Object.keys(mirrored).length === 0) return
  await db.updateTable('runs').set(mirrored).where('id', '=', run).execute()
}

/** Writes the tags of a run that are no mirrors. */
export async function writeTags(
  db: RunsTransaction,
  run: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  for (const piece of piecesOf(Object.entries(values), sizes)) {
    const rows = piece.flatMap(([key, value]) => [run, key, value])
    await runRaw(db, upserts.get(piece.length) as RawStatement, rows)
  }
}

const sizes = [16, 4, 1] as const
const upserts = new Map(
  sizes.map((size) => [
    size as number,
    rawStatement(
      `insert into run_tags (run_id, key, value) values ${valueRows(size, 3)}
      on conflict (run_id, key) do update set value = excluded.value`,
    ),
  ]),
)
