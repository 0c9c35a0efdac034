import { canonicalJson } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { artifactFilesBelow, noteModelVersion } from '#domains/runs/index'
import { authorizeModel } from './authorize-model.ts'
import { findModel } from './find-model.ts'
import { onnxFeatures } from './read-onnx.ts'
import { insertVersion } from './insert-version.ts'
import { readModelFacts } from './mlmodel.ts'
import type { ModelVersion, VersionFile } from './model.ts'
import { checkRegistryTags } from './model-names.ts'
import { isPrompt } from './registry-tags.ts'
import type { ModelsTables } from './store.ts'
import {
  type ClaimedSource,
  followRun,
  promptSource,
  resolveSource,
  type VersionSource,
} from './version-source.ts'

export interface NewSourceVersion extends ClaimedSource {
  model: string
  runLink?: string | undefined
  description?: string | undefined
  tags?: Record<string, string> | undefined
}

/**
 * Registers the next version of a model from where a client of MLflow left it. When that is in this
 * server's artifacts, the version keeps its files as they are now: paths, sizes and digests, which
 * stay whatever becomes of the run. Errors: `not_found` (the model, a version that is referred to),
 * `invalid` (a source that does not belong to the run or logged model, tags).
 */
export async function registerSource(ctx: Context, input: NewSourceVersion): Promise<ModelVersion> {
  authorizeModel(ctx, 'editor', input)
  const tags = checkRegistryTags(input.tags ?? {})
  const prompt = isPrompt(tags)
  const found = prompt ? promptSource(input.source) : await resolveSource(ctx, input)
  const files = prompt ? [] : await filesOf(ctx, input.project, found)
  const facts = await readModelFacts(ctx, files)
  const named = facts.signature.inputs.map((column) => column.name)
  const features = (await onnxFeatures(ctx, files, facts.signature)) ?? named
  return commit(ctx, async (change) => {
    const model = await findModel(change.sql<ModelsTables>(), input.project, input.model)
    const content = {
      description: input.description ?? '',
      run_id: found.run,
      learner: prompt ? 'prompt' : facts.flavour,
      options: '{}',
      signature: JSON.stringify(facts.signature),
      features: JSON.stringify(features),
      feature_service: null,
      target: null,
      inputs: '[]',
      git_commit: null,
      files: JSON.stringify(files),
      source: found.source,
      storage_location: found.storageLocation,
      run_link: input.runLink ?? null,
      logged_model: found.loggedModel,
      metrics: '{}',
      evaluation_sha256: null,
      evaluated_at: null,
      licence: null,
      origin_sha256: null,
    }
    const version = await insertVersion(ctx, change, model, content, {
      tags,
      inputs: lineageOf(found),
      detail: {
        source: found.source,
        run: found.run,
        loggedModel: found.loggedModel,
        description: content.description,
        tags,
        filesSha256: ctx.digest(canonicalJson(files)),
      },
    })
    if (found.loggedModel !== null) {
      const { project } = input
      const { model: name, version: number } = version
      await noteModelVersion(ctx, change, {
        project,
        loggedModel: found.loggedModel,
        name,
        version: number,
      })
    }
    return version
  })
}

function lineageOf({ run, loggedModel }: VersionSource): Subject[] {
  return [
    ...(run === null ? [] : [subject('run', run)]),
    ...(loggedModel === null ? [] : [subject('logged-model', loggedModel)]),
  ]
}

async function filesOf(
  ctx: Context,
  project: string,
  { storageLocation }: VersionSource,
): Promise<VersionFile[]> {
  const address = await followRun(ctx, project, storageLocation)
  return artifactFilesBelow(ctx, { project, address })
}
