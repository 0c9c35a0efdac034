import { type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Comparator, Comparison } from '#kernel/filter/grammar'

/** A comparison of a column with what a filter says, its value bound; not `RLIKE`, which SQL lacks. */
export function compareSql(
  column: RawBuilder<unknown>,
  comparator: Comparator,
  value: Comparison['value'],
): RawBuilder<SqlBool> {
  if (comparator === 'IS NULL') return sql<SqlBool>`${column} is null`
  if (comparator === 'IS NOT NULL') return sql<SqlBool>`${column} is not null`
  if (typeof value === 'object') {
    return sql<SqlBool>`${column} ${sql.raw(comparator)} (${sql.join(value ?? [])})`
  }
  // A backslash stands for itself, as in MLflow.
  const pattern = String(value).replaceAll('\\', '\\\\')
  if (comparator === 'LIKE') return sql<SqlBool>`${column} like ${pattern} escape '\\'`
  if (comparator === 'ILIKE') {
    return sql<SqlBool>`lower(${column}) like ${lowerAscii(pattern)} escape '\\'`
  }
  return sql<SqlBool>`${column} ${sql.raw(comparator)} ${value}`
}

/** Both engines' lower() knows ASCII only under byte order, so that is what `ILIKE` ignores. */
export function lowerAscii(text: string): string {
  return text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}
