import { GyreError } from '#kernel/errors'
import { parseSubject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { getVersion, type ModelVersion } from '#domains/models/index'
import type { InputColumn } from './endpoint.ts'
import type { FeatureSource } from './feature-source.ts'

export interface VersionInput {
  version: ModelVersion
  /** `name@version` of the feature service that it was trained with. */
  service: string | null
  input: InputColumn[]
  timestamp: string | null
}

/**
 * What requests to a version look like: keys and request columns of the feature service that it was
 * trained with, so that serving cannot drift from training; without one, its features.
 */
export async function inputOf(
  ctx: Context,
  query: { project: string; model: string; version: number },
  source: FeatureSource | undefined,
): Promise<VersionInput> {
  const version = await getVersion(ctx, query)
  const service = featureServiceOf(version)
  if (service === null || source === undefined) {
    const input = version.features.map((name): InputColumn => ({
      name,
      type: 'number',
      kind: 'feature',
    }))
    return { version, service: source === undefined ? null : service, input, timestamp: null }
  }
  const { input, timestamp } = await source.describe(query.project, service)
  return { version, service, input, timestamp }
}

/** `name@version` of the feature service that a version was trained with. */
export function featureServiceOf({ featureService, model, version }: ModelVersion): string | null {
  if (featureService === null) return null
  const parsed = parseSubject(featureService)
  if (parsed.kind === 'service') {
    return parsed.version === undefined ? parsed.name : `${parsed.name}@${parsed.version}`
  }
  throw new GyreError({
    code: 'refused',
    public: `${model}@${version} names ${featureService} as its feature service, which is none.`,
  })
}
