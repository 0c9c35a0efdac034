import { GyreError } from '#kernel/errors'
import type { Model, ModelVersion } from '#domains/models/index'
import { mlflowError } from './errors.ts'
import { checkLoggedName } from './limits.ts'
import { unlessEmpty } from './wire.ts'

/** The least version that MLflow's clients find useful to tell from a text. */
const versionPattern = /^\s*[+-]?\d+\s*$/

/** A registered model in MLflow's words. */
export function registeredModelOf(model: Model, latest: readonly ModelVersion[]) {
  return {
    name: model.name,
    creation_timestamp: model.createdAt,
    last_updated_timestamp: model.updatedAt,
    description: model.description === '' ? undefined : model.description,
    latest_versions: unlessEmpty(latest.map(modelVersionOf)),
    tags: tagsOf(model.tags),
    aliases: unlessEmpty(
      model.aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
    ),
  }
}

/** A version in MLflow's words. One that came file by file has an address that this server serves. */
export function modelVersionOf(version: ModelVersion) {
  return {
    name: version.model,
    version: String(version.version),
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
    current_stage: version.stage,
    description: version.description,
    source: version.source ?? undefined,
    run_id: version.run ?? '',
    run_link: version.runLink ?? '',
    status: 'READY',
    tags: tagsOf(version.tags),
    aliases: unlessEmpty(version.aliases),
  }
}

function tagsOf(tags: Readonly<Record<string, string>>) {
  return unlessEmpty(Object.entries(tags).map(([key, value]) => ({ key, value })))
}

/** Tags of a request; of a key that comes twice the last value counts. */
export function tagsFrom(
  tags: readonly { key?: string | undefined; value?: string | undefined }[],
): Record<string, string> {
  return Object.fromEntries(
    tags.map(({ key, value }) => [checkTagKey(key ?? ''), checkTagValue(value ?? '')]),
  )
}

const longestKey = 250
const longestValue = 100_000

/** The key of a tag as MLflow takes it. */
export function checkTagKey(key: string): string {
  return within('key', longestKey, checkLoggedName(key, 'key'))
}

/** The value of a tag as MLflow takes it. */
export function checkTagValue(value: string): string {
  return within('value', longestValue, value)
}

function within(field: string, limit: number, value: string): string {
  if (value.length <= limit) return value
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `'${field}' exceeds the maximum length of ${limit} characters`,
  )
}

/** Refuses what MLflow takes for no name of a model. */
export function checkName(name: string, field = 'name'): string {
  if (name.trim() === '') {
    throw mlflowError('INVALID_PARAMETER_VALUE', `Missing value for required parameter '${field}'.`)
  }
  if (!name.includes('/') && !name.includes(':')) return name
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Invalid model name '${name.slice(0, 500)}'. Names cannot contain '/' or ':'.`,
  )
}

/** The number of a version, which comes as a text. */
export function versionFrom(text: string): number {
  if (versionPattern.test(text)) return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `Parameter 'version' must be an integer, got '${text.slice(0, 200)}'.`,
  )
}

/** What MLflow says of a model that is not there. */
export function noModel(name: string): string {
  return `Registered Model with name=${name.slice(0, 500)} not found`
}

/** What MLflow says of a version that is not there. */
export function noVersion(name: string, version: string | number): string {
  return `Model Version (name=${name.slice(0, 500)}, version=${version}) not found`
}

/** Says it as MLflow does when what the work is about is not there. */
export async function orMissing<T>(work: Promise<T>, message: string): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found') {
      throw mlflowError('RESOURCE_DOES_NOT_EXIST', message)
    }
    throw thrown
  }
}
