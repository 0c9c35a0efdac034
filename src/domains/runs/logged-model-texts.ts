import { invalid } from '#kernel/errors'
import { checkKey } from './logged-texts.ts'
import type { RunsTransaction } from './store.ts'

const longestValue = 100_000

/**
 * Writes parameters, which never change, or tags, of which the last value wins. Errors: `invalid`
 * for a key or value that cannot be kept, and for a parameter that has another value already.
 */
export async function writeLoggedTexts(
  db: RunsTransaction,
  table: 'logged_model_params' | 'logged_model_tags',
  model: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const kind = table === 'logged_model_tags' ? 'tag' : 'parameter'
  const rows = Object.entries(values).map(([key, value]) => ({
    model_id: model,
    key: checkKey(kind, key),
    value: checkValue(kind, key, value),
  }))
  if (rows.length === 0) return
  if (kind === 'parameter') await checkConstant(db, model, values)
  await db
    .insertInto(table)
    .values(rows)
    .onConflict((c) =>
      c.columns(['model_id', 'key']).doUpdateSet((eb) => ({ value: eb.ref('excluded.value') })),
    )
    .execute()
}

function checkValue(kind: string, key: string, value: string): string {
  const shown = JSON.stringify(key.slice(0, 100))
  if (value.length > longestValue) {
    throw invalid(
      `The ${kind} ${shown} has ${value.length} characters; at most ${longestValue} are kept.`,
    )
  }
  if (!value.includes('\u0000') && value.isWellFormed()) return value
  throw invalid(`The ${kind} ${shown} holds a character that no text can have.`)
}

async function checkConstant(
  db: RunsTransaction,
  model: string,
  values: Readonly<Record<string, string>>,
): Promise<void> {
  const known = await db
    .selectFrom('logged_model_params')
    .select(['key', 'value'])
    .where('model_id', '=', model)
    .where('key', 'in', Object.keys(values))
    .execute()
  const changed = known.find(({ key, value }) => values[key] !== value)
  if (changed === undefined) return
  throw invalid(
    `Parameter ${JSON.stringify(changed.key)} of logged model ${model} is ${JSON.stringify(changed.value.slice(0, 100))} ` +
      'and cannot change: parameters never do. Log a tag.',
  )
}
