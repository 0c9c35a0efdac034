import type { Cell } from '#ports/frames/frames'
import type { SampledRows } from './check-consistency.ts'
import type { ServiceDefinition } from './definition.ts'
import type { LookedUp } from './lookup-rows.ts'

export interface FeatureComparison {
  mismatches: number
  features: {
    name: string
    compared: number
    mismatches: number
    missingOnline: number
    extraOnline: number
    maximumDifference: number
  }[]
  /** At most 20. */
  examples: {
    feature: string
    at: number
    keys: Record<string, Cell>
    offline: number | null
    online: number | null
  }[]
}

const shownExamples = 20

/** Compares what the join and the online store say of the same rows. */
export function compareFeatures(
  service: ServiceDefinition,
  offline: SampledRows,
  online: LookedUp,
): FeatureComparison {
  const examples: FeatureComparison['examples'] = []
  const features = online.names.map((name, f) => {
    const expected = offline.features[name] as Float64Array
    const found = online.columns[f] as Float64Array
    const result = {
      name,
      compared: online.rows,
      mismatches: 0,
      missingOnline: 0,
      extraOnline: 0,
      maximumDifference: 0,
    }
    for (let i = 0; i < online.rows; i++) {
      const [a, b] = [expected[i] as number, found[i] as number]
      if (a === b || (Number.isNaN(a) && Number.isNaN(b))) continue
      result.mismatches++
      if (Number.isNaN(b)) result.missingOnline++
      else if (Number.isNaN(a)) result.extraOnline++
      else result.maximumDifference = Math.max(result.maximumDifference, Math.abs(a - b))
      if (examples.length < shownExamples) examples.push(exampleOf(service, offline, name, i, a, b))
    }
    return result
  })
  const mismatches = features.reduce((sum, feature) => sum + feature.mismatches, 0)
  return { mismatches, features, examples }
}

function exampleOf(
  service: ServiceDefinition,
  offline: SampledRows,
  feature: string,
  row: number,
  a: number,
  b: number,
): FeatureComparison['examples'][number] {
  return {
    feature,
    at: offline.moments[row] ?? 0,
    keys: Object.fromEntries(service.keys.map((key) => [key, offline.request[key]?.[row] ?? null])),
    offline: Number.isNaN(a) ? null : a,
    online: Number.isNaN(b) ? null : b,
  }
}
