import { invalid } from '#kernel/errors'
import type { Json } from '#kernel/json'
import { checkRelativePath } from '#kernel/names'
import { parseSubject, type Subject, subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { authorizeModel } from './authorize-model.ts'
import { ensureModel } from './declare-model.ts'
import type { Evaluation } from './evaluation.ts'
import { insertVersion } from './insert-version.ts'
import type { ModelSignature, ModelVersion, VersionFile } from './model.ts'
import { checkModelName, checkRegistryTags } from './model-names.ts'
import type { ModelsTables } from './store.ts'
import { checkEvaluated, storeEvaluation } from './stored-evaluation.ts'

export interface NewVersion {
  project: string
  model: string
  description?: string | undefined
  run?: string | undefined
  learner: string
  options?: Record<string, Json> | undefined
  signature: ModelSignature
  features: readonly string[]
  /** `service:name@digest` */
  featureService?: string | undefined
  target?: string | undefined
  /** Data and feature versions that it was trained on. */
  inputs?: readonly string[] | undefined
  gitCommit?: string | undefined
  /** `model.onnx` must be among them; all must be stored already. */
  files: readonly VersionFile[]
  tags?: Record<string, string> | undefined
  evaluation?: Evaluation | undefined
}

/**
 * Registers the next version of a model; the model is made when it is new. Presence is proof: every
 * file must be in the store with that size. Errors: `invalid` names the file or member.
 */
export async function registerVersion(ctx: Context, input: NewVersion): Promise<ModelVersion> {
  authorizeModel(ctx, 'editor', input)
  const model = checkModelName(input.model)
  const tags = checkRegistryTags(input.tags ?? {})
  const files = await checkFiles(ctx, input.files)
  const inputs = lineageOf(input)
  checkFeatures(input.features)
  if (input.evaluation !== undefined) checkEvaluated(input.evaluation, files)
  const stored = input.evaluation && (await storeEvaluation(ctx, input.evaluation))
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const row = await ensureModel(ctx, db, input.project, model)
    const content = {
      ...descriptionOf(input, files),
      metrics: JSON.stringify(input.evaluation?.metrics ?? {}),
      evaluation_sha256: stored?.sha256 ?? null,
      evaluated_at: input.evaluation?.createdAt ?? null,
    }
    return insertVersion(ctx, change, row, content, {
      tags,
      inputs: [...inputs, ...((input.evaluation?.data.inputs ?? []) as Subject[])],
      detail: { features: [...input.features], evaluated: stored !== undefined },
    })
  })
}

function descriptionOf(input: NewVersion, files: readonly VersionFile[]) {
  return {
    description: input.description ?? '',
    run_id: input.run ?? null,
    learner: input.learner,
    options: JSON.stringify(input.options ?? {}),
    signature: JSON.stringify(input.signature),
    features: JSON.stringify(input.features),
    feature_service: input.featureService ?? null,
    target: input.target ?? null,
    inputs: JSON.stringify(input.inputs ?? []),
    git_commit: input.gitCommit ?? null,
    files: JSON.stringify(files),
    source: null,
    storage_location: null,
    run_link: null,
    logged_model: null,
    licence: null,
    origin_sha256: null,
  }
}

/** What `why` walks from a version: its run, data, features and commit. */
function lineageOf(input: NewVersion): Subject[] {
  const given = [...(input.inputs ?? []), ...(input.featureService ? [input.featureService] : [])]
  for (const text of given) parseSubject(text)
  const run = input.run === undefined ? [] : [subject('run', input.run)]
  const commits = input.gitCommit === undefined ? [] : [subject('commit', input.gitCommit)]
  return [...new Set([...run, ...(given as Subject[]), ...commits])]
}

async function checkFiles(ctx: Context, files: readonly VersionFile[]): Promise<VersionFile[]> {
  const checked = files.map((file) => ({ ...file, path: checkRelativePath(file.path) }))
  const paths = new Set(checked.map((file) => file.path))
  if (paths.size < checked.length) throw invalid('Two files of the version have the same path.')
  if (!paths.has('model.onnx')) {
    throw invalid('A version needs a file model.onnx; other files come beside it.')
  }
  for (const file of checked) {
    const stat = await ctx.blobs.stat(file.sha256)
    if (stat === undefined) {
      throw invalid(
        `The file ${file.path} (sha256 ${file.sha256}) is not in the store. Upload it first.`,
      )
    }
    if (stat.sizeBytes !== file.sizeBytes) {
      throw invalid(
        `The file ${file.path} has ${stat.sizeBytes} bytes in the store, not ${file.sizeBytes}.`,
      )
    }
  }
  return checked
}

function checkFeatures(features: readonly string[]): void {
  if (new Set(features).size === features.length) return
  throw invalid('A feature is named twice; every input of the model has a name of its own.')
}
