import { mlflowError } from './errors.ts'

/** How many results a page may have, as the client asked or as is usual. */
export function checkMaxResults(
  given: number | undefined,
  { usual, most }: { usual: number; most: number },
): number {
  if (given === undefined) return usual
  if (given >= 1 && given <= most) return given
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Invalid value ${given} for parameter 'max_results' supplied. It must be ` +
      `${given < 1 ? 'a positive integer' : `at most ${most}`}.`,
  )
}
