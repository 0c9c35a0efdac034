import { invalid } from '#kernel/errors'
import {
  type FrameColumn,
  type FrameSession,
  type QueryOptions,
  quoteName,
  quoteText,
} from '#ports/frames/frames'

/** Types whose statistics are written so that they can be read back without loss. */
const comparable =
  /^(BOOLEAN|TINYINT|SMALLINT|INTEGER|BIGINT|UTINYINT|USMALLINT|UINTEGER|FLOAT|DOUBLE|VARCHAR|DATE)$/
const rowNumber = 'file_row_number'

type Lie = { row_group: number; low: string | null; high: string | null; said: string }

/**
 * Compares what a Parquet file says of its row groups (least, greatest, how many nulls) with what is
 * in them. Engines leave out rows by these, so that a check of a file that lies would find nothing.
 * `source` reads the file at `path`. Errors: `invalid` says what is told and what is there.
 */
export async function checkStatistics(
  session: FrameSession,
  path: string,
  source: string,
  limits: QueryOptions,
): Promise<void> {
  const all = await session.describe(`SELECT * FROM ${source}`, limits)
  // A column of that name hides the engine's own.
  if (all.some(({ name }) => name === rowNumber)) return
  const columns = all.filter(({ nativeType }) => comparable.test(nativeType))
  const group = await rowGroupOf(session, path)
  if (columns.length === 0 || group === undefined) return
  const facts = columns.map(({ name, nativeType }, i) => {
    const value = quoteName(name)
    const isFloat = nativeType === 'FLOAT' || nativeType === 'DOUBLE'
    const number = isFloat ? `CASE WHEN NOT isnan(${value}) THEN ${value} END` : value
    return `min(${number}) AS low${i}, max(${number}) AS high${i}, count(*) - count(${value}) AS nulls${i}`
  })
  await session.run(
    `CREATE OR REPLACE TEMP TABLE in_row_groups AS
     SELECT ${group} AS row_group, ${facts.join(', ')} FROM ${source} GROUP BY ALL`,
    limits,
  )
  await session.run(
    `CREATE OR REPLACE TEMP TABLE told_of_row_groups AS SELECT * FROM parquet_metadata(${quoteText(path)})`,
    limits,
  )
  for (const [i, column] of columns.entries()) await checkColumn(session, column, i, limits)
}

/** The row group of a row as an expression; undefined where they are of no regular size. */
async function rowGroupOf(session: FrameSession, path: string): Promise<string | undefined> {
  const groups = await session.rows<{ n: number }>(
    `SELECT any_value(row_group_num_rows) AS n FROM parquet_metadata(${quoteText(path)})
     GROUP BY row_group_id ORDER BY row_group_id`,
  )
  const size = groups[0]?.n ?? 0
  const isRegular = groups.every(({ n }, i) => n === size || (i === groups.length - 1 && n <= size))
  return isRegular && size > 0 ? `${rowNumber} // ${size}` : undefined
}

async function checkColumn(
  session: FrameSession,
  { name, nativeType }: FrameColumn,
  i: number,
  limits: QueryOptions,
): Promise<void> {
  // Bytes that cannot be shown are told in another way than they are.
  const readable = (side: string): string =>
    `CASE WHEN NOT contains(stats_${side}_value, '\\x') THEN TRY_CAST(stats_${side}_value AS ${nativeType}) END`
  const [lie] = await session.rows<Lie>(
    `SELECT row_group, low${i}::VARCHAR AS low, high${i}::VARCHAR AS high,
       concat(stats_min_value, ' to ', stats_max_value, ', ', stats_null_count, ' nulls') AS said
     FROM in_row_groups JOIN told_of_row_groups ON row_group = row_group_id
     WHERE path_in_schema = $1 AND (low${i} < ${readable('min')} OR high${i} > ${readable('max')}
       OR nulls${i} <> stats_null_count)
     ORDER BY row_group LIMIT 1`,
    { ...limits, parameters: [name] },
  )
  if (lie === undefined) return
  const { row_group, low, high, said } = lie
  throw invalid(
    `its statistics say of column ${name} in row group ${row_group}: ${said.slice(0, 300)}; but its values are ${low?.slice(0, 100)} to ${high?.slice(0, 100)}. Queries would leave rows out: write the file again`,
  )
}
