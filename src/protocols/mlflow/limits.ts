import { posix } from 'node:path'
import { mlflowError } from './errors.ts'
import { invalidValue } from './fields.ts'

/** What MLflow bounds, in characters. */
export const longest = {
  key: 250,
  parameter: 6000,
  tag: 8000,
  experimentTag: 20_000,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  inputTagKey: 255,
  inputTagValue: 500,
} as const

const names = /^[/\p{L}\p{N}_.\- :]*$/u

/**
 * Checks the name of a metric, a parameter or a tag as MLflow does: few characters, and nothing that
 * would be another name if it were a path. `path` names the field.
 */
export function checkLoggedName(name: string, path: string): string {
  // Most names are simple; those are not looked at twice.
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) && name !== '.' && !name.startsWith('..'))
    return name
  if (!names.test(name)) {
    throw invalidValue(
      path,
      name,
      'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    )
  }
  const normal = normalPath(name)
  if (normal !== name || normal === '.' || normal.startsWith('..') || normal.startsWith('/')) {
    throw invalidValue(
      path,
      name,
      'Names may be treated as files in certain cases, and must not resolve to other names when ' +
        `treated as such. This name would resolve to '${normal}'`,
    )
  }
  return name
}

/** As Python normalises: no slash at the end. */
function normalPath(name: string): string {
  const normal = posix.normalize(name)
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal
}

/** Refuses a text that is longer; characters are code points, as Python counts. */
export function checkLength(path: string, limit: number, value: string): string {
  if (value.length <= limit || [...value].length <= limit) return value
  throw mlflowError(
    'INVALID_PARAMETER_VALUE',
    `'${path}' exceeds the maximum length of ${limit} characters`,
  )
}

/** A run's tag as it may be stored: a long value is cut. `path` names the tag in messages. */
export function checkTag(key: string, value: string, path = ''): [key: string, value: string] {
  checkLoggedName(key, `${path}key`)
  return [checkLength(`${path}key`, longest.key, key), cut(longest.tag, value)]
}

/** A parameter as it may be stored: a long value is cut. */
export function checkParameter(
  key: string,
  value: string,
  path: string,
): [key: string, value: string] {
  checkLoggedName(key, path)
  return [checkLength('Param key', longest.key, key), cut(longest.parameter, value)]
}

/** Cuts a text that is longer, as MLflow does with values of parameters and tags. */
function cut(limit: number, value: string): string {
  return value.length <= limit ? value : [...value].slice(0, limit).join('')
}
