import { GyreError, invalid } from '#kernel/errors'
import type { Context } from '#domains/access/index'
import { getLoggedModel, getLoggedRun, type LoggedModel, type LoggedRun } from '#domains/runs/index'
import { isLocal, isProxied, isRelative, isWithin, parseAddress } from './address.ts'
import { authorizeModel } from './authorize-model.ts'
import { findReferenced, modelReference, type VersionReference } from './model-reference.ts'
import { isPrompt, tagsOfModels } from './registry-tags.ts'
import { readModels } from './store.ts'

/** What a client says of where a version comes from. */
export interface ClaimedSource {
  project: string
  /** Any address: `runs:/…`, `models:/…`, `mlflow-artifacts:/…`, `s3://…`. */
  source: string
  run?: string | undefined
  loggedModel?: string | undefined
}

export interface VersionSource {
  source: string
  /** Where its files are, `models:/…` followed. */
  storageLocation: string
  run: string | null
  loggedModel: string | null
}

/** What MLflow's clients give for a prompt, which has no files. */
const promptSources = ['dummy-source', 'prompt-template']

/** Errors: `invalid` for another source than the placeholders. */
export function promptSource(source: string): VersionSource {
  if (promptSources.includes(source)) {
    return { source, storageLocation: source, run: null, loggedModel: null }
  }
  throw invalid(
    `Invalid prompt source: '${source.slice(0, 500)}'. Prompt sources must use an MLflow placeholder.`,
  )
}

/**
 * Where a version comes from, checked as MLflow 3.17 does: a source in this server must belong to
 * the run or logged model that is named, a local path must be among the artifacts of its run, and no
 * source climbs out of where it seems to be. Errors: `invalid`, `not_found`.
 */
export async function resolveSource(ctx: Context, claim: ClaimedSource): Promise<VersionSource> {
  const { source } = claim
  const address = parseAddress(source)
  if (address.scheme === 'models') {
    if (address.authority !== '') throw otherRegistry(source)
    const reference = modelReference(source)
    if (reference === undefined) throw notOwned(source, 'model_id')
    if (!('loggedModel' in reference)) return fromVersion(ctx, claim, reference)
  }
  return claim.loggedModel === undefined
    ? fromRun(ctx, claim)
    : fromLoggedModel(ctx, claim, claim.loggedModel)
}

/** `models:/name/3`, `models:/name@alias`, `models:/name/Production`: a copy of that version. */
async function fromVersion(
  ctx: Context,
  { project, source, run, loggedModel }: ClaimedSource,
  reference: VersionReference,
): Promise<VersionSource> {
  const db = readModels(ctx)
  const row = await findReferenced(db, project, reference)
  authorizeModel(ctx, 'viewer', { project, model: row.model })
  const tags = (await tagsOfModels(db, project, [row.model])).get(row.model) ?? {}
  if (isPrompt(tags)) {
    throw invalid(
      `Invalid model version source: '${source.slice(0, 500)}'. Prompt versions cannot be used as model version sources.`,
    )
  }
  const differs =
    (run !== undefined && run !== (row.run_id ?? '')) ||
    (loggedModel !== undefined && loggedModel !== (row.logged_model ?? ''))
  if (differs) {
    throw invalid(
      `Invalid model version source: '${source.slice(0, 500)}'. The run_id and model_id request parameters must ` +
        'match the referenced model version.',
    )
  }
  return {
    source: `models:/${row.model}/${row.version}`,
    storageLocation: row.storage_location ?? `models:/${row.model}/${row.version}`,
    run: row.run_id,
    loggedModel: row.logged_model,
  }
}

async function fromRun(ctx: Context, claim: ClaimedSource): Promise<VersionSource> {
  const { project, source, run } = claim
  const address = parseAddress(source)
  const found = { source, storageLocation: source, run: run ?? null, loggedModel: null }
  if (isLocal(address)) {
    const owner = run === undefined ? undefined : await ownRun(ctx, project, run, source)
    if (owner !== undefined && isWithinLocal(source, owner.artifactUri)) return found
    throw localSource(source, 'run_id')
  }
  if (isRelative(source)) throw relativeSource(source)
  if (address.scheme === 'models') throw notOwned(source, 'model_id')
  if (address.scheme === 'runs') {
    const owner = /^\/([^/]+)/.exec(address.path)?.[1]
    if (address.authority === '' && run !== undefined && owner === run) return found
    throw notOwned(source, 'run_id')
  }
  if (!isProxied(address)) return found
  const owner = run === undefined ? undefined : await ownRun(ctx, project, run, source)
  if (owner !== undefined && isWithin(source, owner.artifactUri)) return found
  throw notOwned(source, 'run_id')
}

async function fromLoggedModel(
  ctx: Context,
  claim: ClaimedSource,
  id: string,
): Promise<VersionSource> {
  const { project, source } = claim
  const address = parseAddress(source)
  const owner = await ownModel(ctx, project, id, source)
  const run = claim.run ?? owner.sourceRun
  const found = { source, storageLocation: source, run, loggedModel: id }
  if (isLocal(address)) {
    if (isWithinLocal(source, owner.artifactLocation)) return found
    throw localSource(source, 'model_id')
  }
  if (isRelative(source)) throw relativeSource(source)
  if (address.scheme === 'models') {
    const named = address.path.replace(/^\/+/, '')
    if (named !== id) throw notOwned(source, 'model_id')
    return { ...found, storageLocation: owner.artifactLocation }
  }
  if (address.scheme === 'runs') throw notOwned(source, 'model_id')
  if (!isProxied(address)) return found
  if (isWithin(source, owner.artifactLocation)) return found
  throw notOwned(source, 'model_id')
}

/** Bare paths and `file:` mean the same place. */
function isWithinLocal(source: string, root: string): boolean {
  const [inner, outer] = [parseAddress(source), parseAddress(root)]
  return isLocal(outer) && !isRelative(source) && isWithin(inner.path, outer.path)
}

async function ownRun(
  ctx: Context,
  project: string,
  run: string,
  source: string,
): Promise<LoggedRun> {
  return orNotOwned(getLoggedRun(ctx, { project, run }), source, 'run_id')
}

async function ownModel(
  ctx: Context,
  project: string,
  model: string,
  source: string,
): Promise<LoggedModel> {
  return orNotOwned(getLoggedModel(ctx, { project, model }), source, 'model_id')
}

async function orNotOwned<T>(reading: Promise<T>, source: string, parameter: string): Promise<T> {
  try {
    return await reading
  } catch (thrown) {
    if (thrown instanceof GyreError && thrown.code === 'not_found')
      throw notOwned(source, parameter)
    throw thrown
  }
}

/** The address that `runs:/<run>/<path>` means; any other address as it is. */
export async function followRun(ctx: Context, project: string, source: string): Promise<string> {
  const { scheme, path } = parseAddress(source)
  const [, run, rest = ''] = /^\/([^/]+)(\/.*)?$/.exec(path) ?? []
  if (scheme !== 'runs' || run === undefined) return source
  try {
    return `${(await getLoggedRun(ctx, { project, run })).artifactUri}${rest}`
  } catch (thrown) {
    // A run of another server: its files are not here.
    if (thrown instanceof GyreError && thrown.code === 'not_found') return source
    throw thrown
  }
}

function shown(source: string): string {
  return `Invalid model version source: '${source.slice(0, 500)}'.`
}

function notOwned(source: string, parameter: string): GyreError {
  return invalid(
    `${shown(source)} The ${parameter} request parameter must identify the resource that contains the source.`,
  )
}

function otherRegistry(source: string): GyreError {
  return invalid(`${shown(source)} Registered model sources must use the active model registry.`)
}

function localSource(source: string, parameter: string): GyreError {
  return invalid(
    `${shown(source)} To use a local path as a model version source, the ${parameter} request parameter has to be ` +
      `specified and the local path has to be contained within the artifact directory of the run specified by the ${parameter}.`,
  )
}

function relativeSource(source: string): GyreError {
  return invalid(
    `${shown(source)} If supplying a source as an http, https, local file path, ftp, objectstore, or ` +
      'mlflow-artifacts uri, an absolute path must be provided without relative path references present. ' +
      'Please provide an absolute path.',
  )
}
