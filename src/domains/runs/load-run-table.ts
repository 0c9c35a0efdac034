import type { FrameSession } from '#ports/frames/frames'
import { quoteName } from '#ports/frames/frames'
import type { Batch, RunTableName } from './run-tables.ts'
import { runTableColumns } from './run-tables.ts'

const types = {
  boolean: 'BOOLEAN',
  integer: 'BIGINT',
  number: 'DOUBLE',
  string: 'VARCHAR',
  timestamp: 'TIMESTAMP',
} as const

/**
 * Makes a temporary table of this name and fills it batch by batch. The frames take NaN for a missing
 * value; here it is one, so it travels beside its column.
 */
export async function loadRunTable(
  session: FrameSession,
  table: RunTableName,
  batches: AsyncIterable<Batch>,
): Promise<void> {
  const columns = runTableColumns[table]
  const fields = columns.map(({ name, type }) => `${quoteName(name)} ${types[type]}`)
  await session.run(`CREATE TEMP TABLE ${table} (${fields.join(', ')})`)
  const numbers = columns.filter((column) => column.type === 'number')
  const items = columns.map(({ name, type }) =>
    type === 'number'
      ? `CASE WHEN ${quoteName(`${name} is nan`)} THEN 'NaN'::DOUBLE ELSE ${quoteName(name)} END`
      : quoteName(name),
  )
  for await (const batch of batches) {
    if ((batch[0]?.length ?? 0) === 0) continue
    const given = columns.map((column, i) => ({ ...column, values: batch[i] ?? [] }))
    const marks = numbers.map((column) => ({
      name: `${column.name} is nan`,
      type: 'boolean' as const,
      values: (batch[columns.indexOf(column)] ?? []).map((value) => Number.isNaN(value)),
    }))
    await session.createTable('batch', [...given, ...marks])
    await session.run(`INSERT INTO ${table} SELECT ${items.join(', ')} FROM batch`)
    await session.run('DROP TABLE batch')
  }
}
