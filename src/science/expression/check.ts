import { invalid } from '#kernel/errors'
import type { Expression, FunctionName, Node, ValueType } from './ast.ts'

/** The type of an expression; `null` when it can hold nothing else. */
export type ExpressionType = ValueType | 'null'

interface FunctionType {
  /** Type of the arguments; `any` when they only must agree with each other. */
  takes: ValueType | 'any'
  /** Type of the answer; `same` for that of the arguments. */
  gives: ValueType | 'same'
}

const FUNCTIONS: Readonly<Record<FunctionName, FunctionType>> = {
  hour: { takes: 'timestamp', gives: 'number' },
  weekday: { takes: 'timestamp', gives: 'number' },
  day: { takes: 'timestamp', gives: 'number' },
  month: { takes: 'timestamp', gives: 'number' },
  abs: { takes: 'number', gives: 'number' },
  floor: { takes: 'number', gives: 'number' },
  ceil: { takes: 'number', gives: 'number' },
  round: { takes: 'number', gives: 'number' },
  log: { takes: 'number', gives: 'number' },
  exp: { takes: 'number', gives: 'number' },
  sqrt: { takes: 'number', gives: 'number' },
  length: { takes: 'string', gives: 'number' },
  lower: { takes: 'string', gives: 'string' },
  upper: { takes: 'string', gives: 'string' },
  least: { takes: 'any', gives: 'same' },
  greatest: { takes: 'any', gives: 'same' },
  coalesce: { takes: 'any', gives: 'same' },
}

/**
 * Infers the type of an expression over columns of known types.
 *
 * Errors: `invalid` for an unknown column (naming it and the columns there are) and for operands of
 * a wrong type, naming the position.
 */
export function checkExpression(
  expression: Expression,
  columns: Readonly<Record<string, ValueType>>,
): ExpressionType {
  const check = (inner: Expression): ExpressionType => checkExpression(inner, columns)
  switch (expression.kind) {
    case 'literal':
      return expression.value === null ? 'null' : literalType(expression.value)
    case 'column':
      return columnType(expression, columns)
    case 'negate':
      demand(expression.operand, check(expression.operand), 'number', 'the operand of -')
      return 'number'
    case 'not':
      demand(expression.operand, check(expression.operand), 'boolean', 'the operand of not')
      return 'boolean'
    case 'binary':
      return binaryType(expression, check)
    case 'in':
      unify([expression.operand, ...expression.list], check, 'the operand and list of in')
      return 'boolean'
    case 'between':
      orderable(
        expression,
        unify([expression.operand, expression.low, expression.high], check, 'the parts of between'),
      )
      return 'boolean'
    case 'is-null':
      check(expression.operand)
      return 'boolean'
    case 'case':
      return caseType(expression, check)
    case 'call':
      return callType(expression, check)
    case 'bucket':
      demand(expression.operand, check(expression.operand), 'number', 'the value of bucket')
      return 'number'
  }
}

type Check = (inner: Expression) => ExpressionType

function literalType(value: number | string | boolean): ValueType {
  if (typeof value === 'number') return 'number'
  return typeof value === 'string' ? 'string' : 'boolean'
}

function columnType(
  { name, position }: Node<'column'>,
  columns: Readonly<Record<string, ValueType>>,
): ValueType {
  const type = Object.hasOwn(columns, name) ? columns[name] : undefined
  if (type !== undefined) return type
  const known = Object.keys(columns)
  throw invalid(
    `There is no column "${name}" (position ${position + 1}). ` +
      (known.length === 0 ? 'There are no columns.' : `There are: ${known.join(', ')}.`),
  )
}

function binaryType(expression: Node<'binary'>, check: Check): ExpressionType {
  const { operator, left, right } = expression
  switch (operator) {
    case 'and':
    case 'or':
      demand(left, check(left), 'boolean', `the left side of ${operator}`)
      demand(right, check(right), 'boolean', `the right side of ${operator}`)
      return 'boolean'
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      demand(left, check(left), 'number', `the left side of ${operator}`)
      demand(right, check(right), 'number', `the right side of ${operator}`)
      return 'number'
    case '=':
    case '<>':
      unify([left, right], check, `the sides of ${operator}`)
      return 'boolean'
    case '<':
    case '<=':
    case '>':
    case '>=':
      orderable(expression, unify([left, right], check, `the sides of ${operator}`))
      return 'boolean'
  }
}

function caseType({ branches, otherwise }: Node<'case'>, check: Check): ExpressionType {
  for (const { when } of branches) demand(when, check(when), 'boolean', 'the condition of when')
  const results = branches.map(({ result }) => result)
  if (otherwise !== null) results.push(otherwise)
  return unify(results, check, 'the results of case')
}

function callType(expression: Node<'call'>, check: Check): ExpressionType {
  const { name, arguments: given, position } = expression
  const { takes, gives } = FUNCTIONS[name]
  if (takes !== 'any') {
    if (given.length !== 1) {
      throw invalid(`${name} at position ${position + 1} takes one argument, got ${given.length}.`)
    }
    demand(given[0]!, check(given[0]!), takes, `the argument of ${name}`)
    return gives === 'same' ? takes : gives
  }
  if (given.length < 2) {
    throw invalid(`${name} at position ${position + 1} takes two or more arguments, got one.`)
  }
  const type = unify(given, check, `the arguments of ${name}`)
  if (name !== 'coalesce') orderable(expression, type)
  return type
}

function demand(
  expression: Expression,
  actual: ExpressionType,
  wanted: ValueType,
  role: string,
): void {
  if (actual === wanted || actual === 'null') return
  throw invalid(
    `At position ${expression.position + 1}, ${role} must be a ${wanted}, but it is a ${actual}.`,
  )
}

/** The one type of several expressions; null agrees with all. */
function unify(expressions: readonly Expression[], check: Check, role: string): ExpressionType {
  let common: ExpressionType = 'null'
  for (const expression of expressions) {
    const type = check(expression)
    if (common === 'null') common = type
    else if (type !== 'null' && type !== common) {
      throw invalid(
        `At position ${expression.position + 1}, ${role} must be of one type, ` +
          `but there are a ${common} and a ${type}.`,
      )
    }
  }
  return common
}

function orderable(expression: Expression, type: ExpressionType): void {
  if (type !== 'boolean') return
  throw invalid(`At position ${expression.position + 1}, booleans have no order.`)
}
