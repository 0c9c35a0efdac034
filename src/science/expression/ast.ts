/** What a column or an expression holds; null is part of every type. */
export type ValueType = 'number' | 'boolean' | 'string' | 'timestamp'

/** A value at run time: timestamps are milliseconds since 1970-01-01 UTC, as a number. */
export type Value = number | string | boolean | null

type ComparisonOperator = '=' | '<>' | '<' | '<=' | '>' | '>='
type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
export type BinaryOperator = ComparisonOperator | ArithmeticOperator | 'and' | 'or'

/** Functions that are called with expressions only; `bucket` has its own node. */
export const functionNames = [
  'hour',
  'weekday',
  'day',
  'month',
  'abs',
  'floor',
  'ceil',
  'round',
  'log',
  'exp',
  'sqrt',
  'length',
  'lower',
  'upper',
  'least',
  'greatest',
  'coalesce',
] as const
export type FunctionName = (typeof functionNames)[number]

/** An expression; `position` is the offset of its first character in the text, from 0. */
export type Expression = { position: number } & (
  | { kind: 'literal'; value: Value }
  | { kind: 'column'; name: string }
  | { kind: 'negate'; operand: Expression }
  | { kind: 'not'; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { kind: 'in'; operand: Expression; list: Expression[]; negated: boolean }
  | { kind: 'between'; operand: Expression; low: Expression; high: Expression; negated: boolean }
  | { kind: 'is-null'; operand: Expression; negated: boolean }
  | { kind: 'case'; branches: CaseBranch[]; otherwise: Expression | null }
  | { kind: 'call'; name: FunctionName; arguments: Expression[] }
  | { kind: 'bucket'; operand: Expression; edges: number[] }
)

export interface CaseBranch {
  when: Expression
  result: Expression
}

/** The node of one kind. */
export type Node<Kind extends Expression['kind']> = Extract<Expression, { kind: Kind }>
