import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { commit } from '#domains/journal/index'
import { artifactAddress, putFile, type Run } from '#domains/runs/index'
import { ensureModel } from '../declare-model.ts'
import { describeVersion } from '../describe-models.ts'
import { findVersion } from '../find-model.ts'
import { type GateCheck, parseGateCheck } from '../gate-check.ts'
import { checkGuards } from '../guards.ts'
import { insertVersion, type VersionContent } from '../insert-version.ts'
import type { ModelVersion } from '../model.ts'
import { checkModelName, checkRegistryTags } from '../model-names.ts'
import {
  type ModelsReader,
  type ModelsTables,
  type ModelsTransaction,
  type ModelVersionRow,
  readModels,
} from '../store.ts'
import { writeModelTags } from '../registry-tags.ts'
import { dataIsHere } from '../version-making.ts'
import { bringRun, sourceOf } from './bring-run.ts'
import { readArchive } from './check-archive.ts'
import type { Manifest } from './manifest.ts'

export interface ImportedVersionReport {
  version: ModelVersion
  /** false: this very archive was imported before. */
  isNew: boolean
  origin: Manifest['origin']
  /** The run that came with it, or was here. */
  run: string | null
  /** Why the run could not come; empty: it could, or there was none. */
  runProblem: string
  /** Data versions that it was made from and that are not here as they were there. */
  foreignData: string[]
}

/**
 * Registers the version of an archive as the next one of a model, after comparing everything in the
 * archive with everything else in it. Where it came from is kept; what people and gates said there
 * can be read, and does not count here: this server's gate decides on the evidence. Errors:
 * `invalid`, `refused` (with what was changed, and where).
 */
export async function importVersion(
  ctx: Context,
  input: {
    project: string
    /** Another name than it had. */
    model?: string | undefined
    content: AsyncIterable<Uint8Array>
  },
): Promise<ImportedVersionReport> {
  authorize(ctx, 'admin', input.project)
  const { project } = input
  const { manifest, sha256 } = await readArchive(ctx, input.content)
  const model = checkModelName(input.model ?? manifest.origin.model)
  const tags = checkRegistryTags(manifest.version.tags)
  const gate = manifest.model.gate.map((check, i) => parseGateCheck(check, `gate[${i}]`))
  const foreignData = await foreignInputs(ctx, project, manifest)
  const known = await importedBefore(readModels(ctx), project, model, sha256)
  if (known !== undefined) return reportOf(known, manifest, { isNew: false, foreignData })
  const { run, problem } = await bringRun(ctx, project, manifest, sha256)
  const place = await placeFiles(ctx, project, model, manifest, run)
  const { version, isNew } = await commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    // The same archive may have been sent twice at once.
    const meanwhile = await importedBefore(db, project, model, sha256)
    if (meanwhile !== undefined) return { version: meanwhile, isNew: false }
    const row = await ensureModel(ctx, db, project, model)
    await describeNewModel(db, { project, model }, manifest, gate)
    const content = {
      ...contentOf(manifest, sha256, run),
      ...place,
      inputs: JSON.stringify(
        manifest.version.inputs.filter((subjectText) => !foreignData.includes(subjectText)),
      ),
    }
    const made = await insertVersion(ctx, change, row, content, {
      tags,
      inputs: [...(run === null ? [] : [subject('run', run.id)]), subject('blob', sha256)],
      detail: { origin: { ...manifest.origin }, archive: sha256 },
    })
    change.record({
      verb: 'version.imported',
      subject: subject('model', model, made.version),
      project,
      inputs: [subject('blob', sha256)] as Subject[],
      detail: {
        model,
        version: made.version,
        source: sourceOf(manifest),
        by: manifest.version.createdBy,
        archive: sha256,
      },
    })
    return { version: made, isNew: true }
  })
  return reportOf(version, manifest, { isNew, foreignData, problem })
}

function reportOf(
  version: ModelVersion,
  { origin }: Manifest,
  more: { isNew: boolean; foreignData: string[]; problem?: string },
): ImportedVersionReport {
  const { isNew, foreignData, problem = '' } = more
  return { version, isNew, origin, run: version.run, runProblem: problem, foreignData }
}

async function importedBefore(
  db: ModelsReader,
  project: string,
  model: string,
  sha256: string,
): Promise<ModelVersion | undefined> {
  const row = await db
    .selectFrom('model_versions')
    .select('version')
    .where('project', '=', project)
    .where('model', '=', model)
    .where('state', '=', 'active')
    .where('origin_sha256', '=', sha256)
    .executeTakeFirst()
  if (row === undefined) return undefined
  return describeVersion(db, await findVersion(db, project, model, row.version))
}

/** Inputs of another store: the same name here may mean other data. */
async function foreignInputs(
  ctx: Context,
  project: string,
  { version, data }: Manifest,
): Promise<string[]> {
  const foreign: string[] = []
  for (const input of version.inputs) {
    const told = data.find(({ dataset, version: of }) => subject('data', dataset, of) === input)
    if (told === undefined || !(await dataIsHere(ctx, project, told))) foreign.push(input)
  }
  return foreign
}

/** A model that is new here gets what it was there; one that is here keeps what it has. */
async function describeNewModel(
  db: ModelsTransaction,
  owner: { project: string; model: string },
  manifest: Manifest,
  gate: readonly GateCheck[],
): Promise<void> {
  const any = await db
    .selectFrom('model_versions')
    .select('version')
    .where('project', '=', owner.project)
    .where('model', '=', owner.model)
    .limit(1)
    .executeTakeFirst()
  if (any !== undefined) return
  const { description, guards, tags } = manifest.model
  await db
    .updateTable('registered_models')
    .set({ description, gate: JSON.stringify(gate), guards: JSON.stringify(checkGuards(guards)) })
    .where('project', '=', owner.project)
    .where('name', '=', owner.model)
    .where('description', '=', '')
    .where('gate', '=', '[]')
    .execute()
  await writeModelTags(db, owner, { set: checkRegistryTags(tags), removed: [] })
}

/**
 * A version that a client of MLflow registered has its files where such clients look for them: among
 * the artifacts of its run.
 */
async function placeFiles(
  ctx: Context,
  project: string,
  model: string,
  manifest: Manifest,
  run: Run | null,
): Promise<Pick<ModelVersionRow, 'source' | 'storage_location'>> {
  const { source } = manifest.version
  if (source === null || manifest.files.length === 0 || run === null) {
    const kept = manifest.files.length === 0 ? source : null
    return { source: kept, storage_location: kept }
  }
  const folder = `registered/${model}-v${manifest.origin.version}`
  const { address, directory } = artifactAddress(run, folder)
  for (const file of manifest.files) {
    await putFile(ctx, {
      project,
      path: `${directory}/${file.path}`,
      content: ctx.blobs.read(file.sha256),
      sha256: file.sha256,
    })
  }
  return { source: `runs:/${run.id}/${folder}`, storage_location: address }
}

function contentOf(
  manifest: Manifest,
  sha256: string,
  run: Run | null,
): Omit<VersionContent, 'source' | 'storage_location' | 'inputs'> {
  const { version, evaluation, files } = manifest
  return {
    description: version.description,
    run_id: run?.id ?? null,
    learner: version.learner,
    options: JSON.stringify(version.options),
    signature: JSON.stringify(version.signature),
    features: JSON.stringify(version.features),
    feature_service: null,
    target: version.target,
    git_commit: version.gitCommit,
    files: JSON.stringify(files),
    run_link: null,
    logged_model: null,
    licence: version.licence,
    metrics: JSON.stringify(evaluation === null ? {} : version.metrics),
    evaluation_sha256: evaluation?.sha256 ?? null,
    evaluated_at: evaluation === null ? null : version.evaluatedAt,
    origin_sha256: sha256,
  }
}
