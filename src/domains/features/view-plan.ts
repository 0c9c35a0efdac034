import type { Expression, ValueType } from '#science/expression/ast'
import { parseExpression } from '#science/expression/parse'
import type { FrameColumn } from '#ports/frames/frames'
import { dayMs, type ViewDefinition } from './definition.ts'
import { expressionTypes, typeOfExpression } from './resolve-features.ts'

/** One number that a tile holds, and how two tiles make one. */
export interface Measure {
  /** What is measured of which expression. */
  kind: 'rows' | 'count' | 'true' | 'high' | 'low' | 'min' | 'max'
  /** Index into the expressions of the plan; -1 for the count of rows. */
  expression: number
  combine: 'sum' | 'min' | 'max'
}

/** How a feature's value comes from the measures of all tiles in its window. */
export type Formula =
  | { kind: 'count'; count: number }
  | { kind: 'sum' | 'mean'; count: number; whole: number }
  | { kind: 'sum' | 'mean'; count: number; high: number; low: number }
  | { kind: 'min' | 'max'; of: number }

export interface PlannedExpression {
  ast: Expression
  type: ValueType
}

/** What is computed of a view of rolling aggregates; equal for SQL and for the online store. */
export interface AggregatePlan {
  kind: 'aggregate'
  expressions: PlannedExpression[]
  measures: Measure[]
  features: { name: string; windowDays: number; formula: Formula }[]
  /** Of the longest window. */
  longestDays: number
}

export interface LatestPlan {
  kind: 'latest'
  expressions: PlannedExpression[]
  features: { name: string }[]
  ttlMs: number | null
}

export type ViewPlan = AggregatePlan | LatestPlan

/*
 * Sums of numbers must not depend on the order of rows, or the offline and online sides would differ
 * in their last digits. So numbers are rounded to multiples of 2^-20 and summed as whole numbers in
 * two parts, high * 2^36 + low, each exact; only the last step is done in floating point, by the same
 * operations on both sides.
 */
export const fractionScale = 2 ** 20
export const partScale = 2 ** 36
/** Numbers beyond this are left out of sums, like NaN and infinities: their parts would not be exact. */
export const largestNumber = 2 ** 52

/** The types of a view's expressions, by their texts. */
export type ViewTypes = Record<string, ValueType>

/** The types of a view's expressions over these columns. Errors: `invalid` for one that is not there. */
export function viewTypes(view: ViewDefinition, columns: readonly FrameColumn[]): ViewTypes {
  const known = expressionTypes(columns)
  const types: ViewTypes = {}
  for (const { expression } of view.features) {
    if (expression !== null) types[expression] = typeOfExpression(view.name, expression, known)
  }
  return types
}

/** Plans a view whose expressions have these types. */
export function planView(view: ViewDefinition, types: ViewTypes): ViewPlan {
  const texts = [...new Set(view.features.flatMap(({ expression }) => expression ?? []))]
  const expressions = texts.map((text): PlannedExpression => ({
    ast: parseExpression(text),
    type: types[text] ?? 'number',
  }))
  if (view.features.every(({ kind }) => kind === 'latest')) {
    return {
      kind: 'latest',
      expressions: view.features.map(({ expression }) => {
        const found = expressions[texts.indexOf(expression ?? '')]
        return found as PlannedExpression
      }),
      features: view.features.map(({ name }) => ({ name })),
      ttlMs: view.ttlMs,
    }
  }
  return planAggregates(view, texts, expressions)
}

function planAggregates(
  view: ViewDefinition,
  texts: readonly string[],
  expressions: PlannedExpression[],
): AggregatePlan {
  const measures: Measure[] = [{ kind: 'rows', expression: -1, combine: 'sum' }]
  const measure = (kind: Measure['kind'], expression: number): number => {
    const found = measures.findIndex((m) => m.kind === kind && m.expression === expression)
    if (found >= 0) return found
    const combine = kind === 'min' || kind === 'max' ? kind : 'sum'
    return measures.push({ kind, expression, combine }) - 1
  }
  const features = view.features.map(({ name, function: fn, expression, windowMs }) => {
    const windowDays = (windowMs ?? 0) / dayMs
    if (expression === null) {
      return { name, windowDays, formula: { kind: 'count' as const, count: 0 } }
    }
    const index = texts.indexOf(expression)
    const boolean = expressions[index]?.type === 'boolean'
    return { name, windowDays, formula: formulaOf(fn, index, boolean, measure) }
  })
  const longestDays = Math.max(...features.map(({ windowDays }) => windowDays))
  return { kind: 'aggregate', expressions, measures, features, longestDays }
}

function formulaOf(
  fn: ViewDefinition['features'][number]['function'],
  expression: number,
  boolean: boolean,
  measure: (kind: Measure['kind'], expression: number) => number,
): Formula {
  if (fn === 'min' || fn === 'max') return { kind: fn, of: measure(fn, expression) }
  const count = measure('count', expression)
  if (fn === 'count' || fn === null) return { kind: 'count', count }
  if (boolean) return { kind: fn, count, whole: measure('true', expression) }
  return {
    kind: fn,
    count,
    high: measure('high', expression),
    low: measure('low', expression),
  }
}
