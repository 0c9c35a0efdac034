import { GyreError, invalid } from '#kernel/errors'

/** A name that people choose and addresses hold. Errors: `invalid`. */
export function checkEndpointName(name: string): string {
  if (/^[\w.-]{1,255}$/.test(name)) return name
  throw invalid(
    `Invalid endpoint name '${name.slice(0, 200)}'. ` +
      'Name can only contain letters, numbers, underscores, hyphens, and dots.',
  )
}

/** Errors: `invalid`. */
export function checkLabel(what: string, label: string): string {
  if (label.trim() !== '' && label.length <= 255 && !label.includes('\0')) return label
  throw invalid(`The ${what} has 1 to 255 characters.`)
}

export function notThere(kind: string, key: string, value: string): GyreError {
  return new GyreError({
    code: 'not_found',
    public: `${kind} not found (${key}='${value.slice(0, 200)}')`,
  })
}

export function taken(kind: string, name: string): GyreError {
  return new GyreError({
    code: 'already_exists',
    public: `${kind} with name '${name.slice(0, 200)}' already exists`,
  })
}

/** Exactly one of two ways to name a thing. Errors: `invalid`. */
export function checkOneName(
  first: readonly [string, string | undefined],
  second: readonly [string, string | undefined],
): void {
  if ((first[1] === undefined) !== (second[1] === undefined)) return
  throw invalid(`Exactly one of ${first[0]} or ${second[0]} must be provided`)
}

/** Runs a change whose name may be taken meanwhile. */
export async function orTaken<T>(kind: string, name: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'already_exists') throw taken(kind, name)
    throw thrown
  }
}
