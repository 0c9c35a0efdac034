import { invalid } from '#kernel/errors'
import type { Expression, Node, Value } from './ast.ts'
import { EXPONENT_LIMIT } from './functions.ts'

/** Quotes a column: SQL of type DOUBLE, BOOLEAN, VARCHAR or TIMESTAMP, as the column was checked. */
type QuoteColumn = (name: string) => string

/** Where a part has to be written twice, a longer one is refused rather than grown without bound. */
const LONGEST_REPEATED = 50_000

/**
 * DuckDB SQL of an expression that `checkExpression` has accepted, fully in parentheses. Its value
 * equals that of `compileExpression` bit for bit. Numeric columns are cast to DOUBLE where numbers
 * are combined, so that integer columns behave alike.
 *
 * Errors: `invalid` when nested `exp` or `bucket` calls would make the SQL too long.
 */
export function expressionToSql(expression: Expression, quoteColumn: QuoteColumn): string {
  const sql = (inner: Expression): string => expressionToSql(inner, quoteColumn)
  const number = (inner: Expression): string =>
    inner.kind === 'column' ? `CAST(${sql(inner)} AS DOUBLE)` : sql(inner)
  switch (expression.kind) {
    case 'literal':
      return literal(expression.value)
    case 'column':
      return quoteColumn(expression.name)
    case 'negate':
      return `(-${number(expression.operand)})`
    case 'not':
      return `(NOT ${sql(expression.operand)})`
    case 'binary':
      return binary(expression, sql, number)
    case 'in': {
      const list = expression.list.map(sql).join(', ')
      return `(${sql(expression.operand)} ${expression.negated ? 'NOT IN' : 'IN'} (${list}))`
    }
    case 'between': {
      const { operand, low, high, negated } = expression
      const between = negated ? 'NOT BETWEEN' : 'BETWEEN'
      return `(${sql(operand)} ${between} ${sql(low)} AND ${sql(high)})`
    }
    case 'is-null':
      return `(${sql(expression.operand)} IS ${expression.negated ? 'NOT NULL' : 'NULL'})`
    case 'case': {
      const branches = expression.branches.map(
        ({ when, result }) => `WHEN ${sql(when)} THEN ${sql(result)}`,
      )
      const rest = expression.otherwise === null ? '' : ` ELSE ${sql(expression.otherwise)}`
      return `(CASE ${branches.join(' ')}${rest} END)`
    }
    case 'call':
      return call(expression, sql, number)
    case 'bucket':
      return bucket(expression, number)
  }
}

type ToSql = (expression: Expression) => string

function literal(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return double(value)
}

/** A number as DOUBLE; without an exponent DuckDB would read a DECIMAL or an INTEGER. */
function double(value: number): string {
  if (!Number.isFinite(value)) return `CAST('${value}' AS DOUBLE)`
  const text = String(Math.abs(value))
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const digits = text.includes('e') ? text : `${text}e0`
  return sign === '' ? digits : `(${sign}${digits})`
}

function binary({ operator, left, right }: Node<'binary'>, sql: ToSql, number: ToSql): string {
  switch (operator) {
    case 'and':
    case 'or':
      return `(${sql(left)} ${operator.toUpperCase()} ${sql(right)})`
    case '/':
    case '%':
      return `(${number(left)} ${operator} nullif(${number(right)}, 0e0))`
    case '+':
    case '-':
    case '*':
      return `(${number(left)} ${operator} ${number(right)})`
    case '=':
    case '<>':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `(${sql(left)} ${operator} ${sql(right)})`
  }
}

function call({ name, arguments: given }: Node<'call'>, sql: ToSql, number: ToSql): string {
  const first = given[0]!
  switch (name) {
    case 'hour':
    case 'day':
    case 'month':
      return `CAST(${name}(CAST(${sql(first)} AS TIMESTAMP)) AS DOUBLE)`
    case 'weekday':
      return `CAST(dayofweek(CAST(${sql(first)} AS TIMESTAMP)) AS DOUBLE)`
    case 'abs':
    case 'floor':
    case 'ceil':
    case 'round':
      return `${name}(${number(first)})`
    case 'log':
      // greatest skips nulls: what is null, negative or 0 becomes 0 and then null.
      return single(`ln(nullif(greatest(${number(first)}, 0e0), 0e0))`)
    case 'sqrt':
      // The same with the largest negative number, which keeps 0 and -0.
      return `sqrt(nullif(greatest(${number(first)}, -5e-324), -5e-324))`
    case 'exp':
      return exponential(repeatable(number(first)))
    case 'length':
      return `CAST(length(CAST(${sql(first)} AS VARCHAR)) AS DOUBLE)`
    case 'lower':
    case 'upper':
    case 'least':
    case 'greatest':
    case 'coalesce':
      return `${name}(${given.map(sql).join(', ')})`
  }
}

/** NaN is not between, so that it reaches exp and stays NaN. */
function exponential(x: string): string {
  const overflows = `${x} BETWEEN ${double(EXPONENT_LIMIT)} AND CAST('Infinity' AS DOUBLE)`
  return `(CASE WHEN ${overflows} THEN CAST('Infinity' AS DOUBLE) ELSE ${single(`exp(${x})`)} END)`
}

/** Rounded to float32. */
function single(sql: string): string {
  return `CAST(CAST(${sql} AS FLOAT) AS DOUBLE)`
}

function bucket({ operand, edges }: Node<'bucket'>, number: ToSql): string {
  const x = repeatable(number(operand))
  const bands = edges.map((edge, band) => `WHEN ${x} < ${double(edge)} THEN ${double(band)}`)
  return `(CASE ${bands.join(' ')} WHEN ${x} IS NOT NULL THEN ${double(edges.length)} END)`
}

function repeatable(sql: string): string {
  if (sql.length <= LONGEST_REPEATED) return sql
  throw invalid('The expression nests exp or bucket too deeply: compute a part in its own feature.')
}
