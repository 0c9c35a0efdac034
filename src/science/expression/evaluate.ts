import type { BinaryOperator, Expression, Node, Value } from './ast.ts'
import { bandOf, functionOf } from './functions.ts'
import { compareValues } from './order.ts'

/** Column values of one row by name; a column that is absent counts as null. */
export type Row = Readonly<Record<string, Value>>

type Evaluate = (row: Row) => Value

/**
 * Compiles an expression that `checkExpression` has accepted to a function of a row. It gives what
 * DuckDB gives for `expressionToSql`, bit for bit:
 * - three-valued logic: null in, null out, except in and, or, is null, coalesce, least, greatest, case;
 * - numbers are float64 and timestamps milliseconds since 1970 UTC; x / 0 and x % 0 are null;
 * - NaN equals NaN and is above every number; texts are ordered by code point.
 */
export function compileExpression(expression: Expression): Evaluate {
  switch (expression.kind) {
    case 'literal': {
      const { value } = expression
      return () => value
    }
    case 'column': {
      const { name } = expression
      return (row) => row[name] ?? null
    }
    case 'negate':
      return onPresent(compileExpression(expression.operand), (value) => -(value as number))
    case 'not':
      return onPresent(compileExpression(expression.operand), (value) => !(value as boolean))
    case 'binary':
      return compileBinary(expression)
    case 'in':
      return compileIn(expression)
    case 'between':
      return compileBetween(expression)
    case 'is-null': {
      const operand = compileExpression(expression.operand)
      const { negated } = expression
      return (row) => (operand(row) === null) !== negated
    }
    case 'case':
      return compileCase(expression)
    case 'call': {
      const values = expression.arguments.map(compileExpression)
      const implementation = functionOf(expression.name)
      return (row) => implementation(values.map((value) => value(row)))
    }
    case 'bucket': {
      const { edges } = expression
      return onPresent(compileExpression(expression.operand), (x) => bandOf(x as number, edges))
    }
  }
}

type Present = Exclude<Value, null>

function onPresent(operand: Evaluate, map: (value: Present) => Value): Evaluate {
  return (row) => {
    const value = operand(row)
    return value === null ? null : map(value)
  }
}

function compileBinary({ operator, left, right }: Node<'binary'>): Evaluate {
  const first = compileExpression(left)
  const second = compileExpression(right)
  if (operator === 'and') return (row) => and(first(row), () => second(row))
  if (operator === 'or') return (row) => not(and(not(first(row)), () => not(second(row))))
  const combine = operationOf(operator)
  return (row) => {
    const a = first(row)
    if (a === null) return null
    const b = second(row)
    return b === null ? null : combine(a, b)
  }
}

function operationOf(
  operator: Exclude<BinaryOperator, 'and' | 'or'>,
): (left: Present, right: Present) => Value {
  switch (operator) {
    case '+':
      return arithmetic((a, b) => a + b)
    case '-':
      return arithmetic((a, b) => a - b)
    case '*':
      return arithmetic((a, b) => a * b)
    case '/':
      return arithmetic((a, b) => (b === 0 ? null : a / b))
    case '%':
      return arithmetic((a, b) => (b === 0 ? null : a % b))
    case '=':
      return (a, b) => compareValues(a, b) === 0
    case '<>':
      return (a, b) => compareValues(a, b) !== 0
    case '<':
      return (a, b) => compareValues(a, b) < 0
    case '<=':
      return (a, b) => compareValues(a, b) <= 0
    case '>':
      return (a, b) => compareValues(a, b) > 0
    case '>=':
      return (a, b) => compareValues(a, b) >= 0
  }
}

function arithmetic(
  operation: (left: number, right: number) => number | null,
): (left: Present, right: Present) => Value {
  return (left, right) => operation(left as number, right as number)
}

/** `x in (a, b)` is `x = a or x = b`. */
function compileIn({ operand, list, negated }: Node<'in'>): Evaluate {
  const value = compileExpression(operand)
  const options = list.map(compileExpression)
  return (row) => {
    const sought = value(row)
    if (sought === null) return null
    let found: boolean | null = false
    for (const option of options) {
      const candidate = option(row)
      if (candidate === null) found = null
      else if (compareValues(sought, candidate) === 0) return !negated
    }
    return negated ? not(found) : found
  }
}

/** `x between a and b` is `x >= a and x <= b`. */
function compileBetween({ operand, low, high, negated }: Node<'between'>): Evaluate {
  const value = compileExpression(operand)
  const least = compileExpression(low)
  const most = compileExpression(high)
  return (row) => {
    const x = value(row)
    if (x === null) return null
    const within = and(atLeast(x, least(row)), () => atLeast(most(row), x))
    return negated ? not(within) : within
  }
}

function compileCase({ branches, otherwise }: Node<'case'>): Evaluate {
  const compiled = branches.map(({ when, result }) => ({
    when: compileExpression(when),
    result: compileExpression(result),
  }))
  const rest = otherwise === null ? () => null : compileExpression(otherwise)
  return (row) => {
    for (const { when, result } of compiled) if (when(row) === true) return result(row)
    return rest(row)
  }
}

function and(first: Value, second: () => Value): boolean | null {
  if (first === false) return false
  const other = second()
  if (other === false) return false
  return first === null || other === null ? null : true
}

function not(value: Value): boolean | null {
  return value === null ? null : !value
}

function atLeast(left: Value, right: Value): boolean | null {
  return left === null || right === null ? null : compareValues(left, right) >= 0
}
