import { parseStored } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import type { Context } from '#domains/access/index'
import { championAlias } from './alias-names.ts'
import { findVersion } from './find-model.ts'
import type { UndecidedCase } from './gate-evidence.ts'
import type { ModelSignature, VersionFile } from './model.ts'
import { readMeasured } from './measured.ts'
import { reviewsOf } from './review-version.ts'
import {
  type GateDecisionRow,
  type ModelsReader,
  type ModelVersionRow,
  readModels,
  type RegisteredModelRow,
  versionColumns,
} from './store.ts'
import { readEvaluation } from './stored-evaluation.ts'

export const decisionColumns = [
  'id',
  'project',
  'model',
  'version',
  'passed',
  'findings',
  'champion',
  'evaluation_sha256',
  'decided_at',
  'actor',
] as const satisfies readonly (keyof GateDecisionRow)[]

/**
 * What a new version is compared with: where the first guarded alias points; for a model that guards
 * stages only, the newest other version of the first of them.
 */
export async function findChampion(
  db: ModelsReader,
  model: RegisteredModelRow,
  candidate: number,
): Promise<ModelVersionRow | null> {
  const guards = parseStored<string[]>(model.guards)
  const stages = guards.filter((guard) => guard.startsWith('stage:'))
  const alias = guards.find((guard) => !stages.includes(guard))
  if (alias === undefined && stages[0] !== undefined) {
    return newestOther(db, model, candidate, stages[0].slice(6))
  }
  const pointer = await db
    .selectFrom('model_aliases')
    .select('version')
    .where('project', '=', model.project)
    .where('model', '=', model.name)
    .where('alias', '=', alias ?? championAlias)
    .executeTakeFirst()
  if (pointer === undefined) return null
  return findVersion(db, model.project, model.name, pointer.version)
}

async function newestOther(
  db: ModelsReader,
  { project, name }: RegisteredModelRow,
  candidate: number,
  stage: string,
): Promise<ModelVersionRow | null> {
  const row = await db
    .selectFrom('model_versions')
    .select(versionColumns)
    .where('project', '=', project)
    .where('model', '=', name)
    .where('state', '=', 'active')
    .where('stage', '=', stage)
    .where('version', '!=', candidate)
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row ?? null
}

/** The last decision on a version, if there is one. */
export async function lastDecision(
  db: ModelsReader,
  row: Pick<ModelVersionRow, 'project' | 'model' | 'version'>,
): Promise<GateDecisionRow | undefined> {
  return db
    .selectFrom('gate_decisions')
    .select(decisionColumns)
    .where('project', '=', row.project)
    .where('model', '=', row.model)
    .where('version', '=', row.version)
    .orderBy('id', 'desc')
    .executeTakeFirst()
}

/** All that a gate decides on, as it is now. */
export async function readCase(
  ctx: Context,
  row: ModelVersionRow,
  champion: ModelVersionRow | null,
): Promise<UndecidedCase> {
  return {
    version: row.version,
    fromFiles: row.source === null,
    signature: parseStored<ModelSignature>(row.signature),
    features: parseStored<string[]>(row.features),
    createdBy: row.created_by,
    reviews: await reviewsOf(readModels(ctx), row),
    evaluation: await readEvaluation(ctx, row),
    measured: await readMeasured(ctx, row),
    champion:
      champion === null
        ? null
        : {
            version: champion.version,
            modelSha256: modelDigest(champion),
            signature: parseStored<ModelSignature>(champion.signature),
            measured: await readMeasured(ctx, champion),
          },
  }
}

function modelDigest(row: ModelVersionRow): string {
  const files = parseStored<VersionFile[]>(row.files)
  return files.find((file) => file.path === 'model.onnx')?.sha256 ?? ''
}

/** The subjects that it was decided on. */
export function evidenceOf(
  row: ModelVersionRow,
  champion: ModelVersionRow | null,
  { evaluation, measured }: UndecidedCase,
): Subject[] {
  const data = (evaluation?.data.inputs ?? []) as Subject[]
  const document = row.evaluation_sha256 === null ? [] : [subject('blob', row.evaluation_sha256)]
  const logged = evaluation === null && measured !== null ? [measured.source] : []
  const other =
    champion === null || champion.version === row.version
      ? []
      : [subject('model', champion.model, champion.version)]
  return [...data, ...document, ...logged, ...other]
}
