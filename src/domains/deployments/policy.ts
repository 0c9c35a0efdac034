import { z } from 'zod'
import { invalid } from '#kernel/errors'
import { checkName } from '#kernel/names'

/** How a new version gets its traffic. */
export interface RolloutPolicy {
  /** A version that passed its gate is rolled out by itself. */
  automatic: boolean
  /** Shares of the traffic before all of it, ascending. */
  steps: number[]
  metric: 'log_loss' | 'brier'
  /** Chance of a wrong roll-back over the whole release. */
  alpha: number
  /** How much worse than the champion is accepted. */
  tolerance: number
  /** Labelled rows of each side before anything is decided. */
  minimumRows: number
  parityRows: number
  maximumErrorRate: number
  maximumLatencyMs: number
}

export type PolicyChange = { [K in keyof RolloutPolicy]?: RolloutPolicy[K] | undefined }

export const defaultPolicy: RolloutPolicy = {
  automatic: true,
  steps: [0.1, 0.5],
  metric: 'log_loss',
  alpha: 0.05,
  tolerance: 0.01,
  minimumRows: 1000,
  parityRows: 200,
  maximumErrorRate: 0.01,
  maximumLatencyMs: 1000,
}

/** A policy with some members changed. Errors: `invalid` for steps that do not ascend. */
export function changedPolicy(policy: RolloutPolicy, change: PolicyChange): RolloutPolicy {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  const next = { ...policy, ...Object.fromEntries(given) }
  const ascending = next.steps.every(
    (step, i) => step > 0 && step < 1 && (i === 0 || step > (next.steps[i - 1] ?? 0)),
  )
  if (ascending) return next
  throw invalid(
    `The steps of a release must ascend between 0 and 1, such as 0.1, 0.5. They are ${next.steps.join(', ')}.`,
  )
}

export interface EndpointDeclaration {
  name: string
  model: string
  featureService: string | null
  policy: RolloutPolicy
}

const rolloutSchema = z.strictObject({
  automatic: z.boolean().optional(),
  steps: z.array(z.number().gt(0).lt(1)).max(20).optional(),
  metric: z.enum(['log_loss', 'brier']).optional(),
  alpha: z.number().gt(0).lt(0.5).optional(),
  tolerance: z.number().min(0).optional(),
  minimum_rows: z.int().min(1).optional(),
  parity_rows: z.int().min(1).max(100_000).optional(),
  maximum_error_rate: z.number().min(0).max(1).optional(),
  maximum_latency_ms: z.number().gt(0).optional(),
})

const declarationSchema = z.strictObject({
  model: z.string().min(1),
  feature_service: z.string().min(1).nullable().default(null),
  rollout: rolloutSchema.default({}),
})

/** Reads the section `endpoints:` of gyre.yaml. Errors: `invalid` names the endpoint and what is wrong. */
export function parseEndpointsDeclaration(section: unknown): EndpointDeclaration[] {
  if (section === undefined || section === null) return []
  if (typeof section !== 'object' || Array.isArray(section)) {
    throw invalid('endpoints: must be a mapping from endpoint names to their declarations.')
  }
  return Object.entries(section).map(([name, value]) => {
    const parsed = declarationSchema.safeParse(value)
    if (!parsed.success) {
      const problem = parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')
      throw invalid(`endpoints.${name}: ${problem}.`)
    }
    const { model, feature_service: featureService, rollout } = parsed.data
    return {
      name: checkName('endpoint', name),
      model: checkName('model', model),
      featureService,
      policy: policyFrom(rollout),
    }
  })
}

function policyFrom(rollout: z.output<typeof rolloutSchema>): RolloutPolicy {
  return changedPolicy(defaultPolicy, {
    automatic: rollout.automatic,
    steps: rollout.steps,
    metric: rollout.metric,
    alpha: rollout.alpha,
    tolerance: rollout.tolerance,
    minimumRows: rollout.minimum_rows,
    parityRows: rollout.parity_rows,
    maximumErrorRate: rollout.maximum_error_rate,
    maximumLatencyMs: rollout.maximum_latency_ms,
  })
}
