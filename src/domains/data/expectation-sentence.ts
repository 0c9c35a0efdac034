import type { Json } from '#kernel/json'
import type { ExpectationResult } from './dataset.ts'

/** What was found, in a sentence: "origin: 20.1 % of 115,482 values are unexpected, such as LA". */
export function describeResult(result: Omit<ExpectationResult, 'sentence'>): string {
  const { result: found, exception_info: problem, expectation_config: config } = result
  const column = config.kwargs['column']
  const start = typeof column === 'string' ? `${column}: ` : ''
  if (problem.exception_message !== null) return problem.exception_message
  if (found.unexpected_count === undefined) return start + describeObserved(found.observed_value)
  const judged = (found.element_count ?? 0) - (found.missing_count ?? 0)
  const values = `${found.unexpected_count.toLocaleString('en-US')} of ${judged.toLocaleString('en-US')} values`
  if (found.unexpected_count === 0)
    return `${start}${judged.toLocaleString('en-US')} values as expected`
  const mostly = config.kwargs['mostly']
  const allowed =
    typeof mostly === 'number' ? `, ${percent(100 * (1 - mostly))} would be allowed` : ''
  const examples = [...new Set(found.partial_unexpected_list ?? [])].slice(0, 3)
  const shown =
    examples.length === 0 ? '' : `, such as ${examples.map((e) => JSON.stringify(e)).join(', ')}`
  return `${start}${values} (${percent(found.unexpected_percent ?? 0)}) are unexpected${allowed}${shown}`
}

function describeObserved(value: Json | undefined): string {
  if (value === null || value === undefined) return 'nothing to measure'
  if (typeof value === 'number') {
    return `observed ${Number.isInteger(value) ? value.toLocaleString('en-US') : Number(value.toPrecision(6))}`
  }
  return `observed ${Array.isArray(value) ? value.map((item) => JSON.stringify(item)).join(', ') : JSON.stringify(value)}`
}

function percent(value: number): string {
  return `${Number(value.toPrecision(3))} %`
}
