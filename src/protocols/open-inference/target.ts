import { type GyreError, invalid, notFound } from '#kernel/errors'
import { checkName } from '#kernel/names'
import type { InferTarget } from './infer.ts'

/** A model is an endpoint: `name` in the project of the header, or `project:name`. */
export function targetOf(
  { model, version }: { model: string; version?: string | undefined },
  projectHeader: string | undefined,
): InferTarget {
  const colon = model.indexOf(':')
  const project = colon < 0 ? projectOf(projectHeader) : checkName('project', model.slice(0, colon))
  const endpoint = model.slice(colon + 1)
  if (version !== undefined && !/^\d{1,9}$/.test(version)) {
    throw invalid(`${JSON.stringify(version.slice(0, 60))} is not a version: versions are numbers.`)
  }
  return {
    project,
    endpoint,
    version: version === undefined ? undefined : Number(version),
    modelName: model,
  }
}

/** The project of the header `X-Gyre-Project`. */
export function projectOf(header: string | undefined): string {
  return checkName('project', header ?? 'default')
}

export function noVersion({ modelName, version }: InferTarget): GyreError {
  return notFound(`loaded version of ${modelName}`, String(version))
}
