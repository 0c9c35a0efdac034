import { authorizeOnExperiments, type Context, experimentsHeld } from '#domains/access/index'
import { pointwiseInformation } from '#science/mutual-information'
import { matchingTraces } from './search-traces.ts'

export interface FilterCorrelation {
  /** Normalised pointwise mutual information in [-1, 1]; NaN when one of the filters matches nothing. */
  npmi: number
  /** The same with half a trace added to each cell, for few traces. */
  smoothed: number
  total: number
  first: number
  second: number
  both: number
}

/**
 * How much more often two filters match the same traces than by chance. `base` narrows what is
 * counted at all. Errors: `invalid`.
 */
export async function correlateFilters(
  ctx: Context,
  input: {
    project: string
    experiments: readonly string[]
    filters: readonly [string, string]
    base?: string | undefined
  },
): Promise<FilterCorrelation> {
  const reach = authorizeOnExperiments(ctx, 'viewer', input.project)
  const { project, base = '' } = input
  const experiments = experimentsHeld(reach, input.experiments)
  const within = (filter: string) => (base === '' ? filter : `${base} and ${filter}`)
  const find = (filter: string) => matchingTraces(ctx, { project, experiments, filter })
  const all = await find(base)
  const first = await find(within(input.filters[0]))
  const second = await find(within(input.filters[1]))
  let both = 0
  for (const id of first) if (second.has(id)) both++
  const counts = { total: all.size, first: first.size, second: second.size, both }
  return {
    ...counts,
    npmi: pointwiseInformation(counts, 0),
    smoothed: pointwiseInformation(counts, 0.5),
  }
}
