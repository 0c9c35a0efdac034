import type { Context } from '#domains/access/index'
import { authorizeModel } from './authorize-model.ts'
import { aliasMoveColumns, aliasMoveFromRow } from './alias-history.ts'
import { knownName } from './known-name.ts'
import type { AliasPointer, MovedPointer } from './model.ts'
import { stageMoveColumns, stageMoveFromRow } from './stage-history.ts'
import type { Stage } from './stages.ts'
import { type ModelsReader, readModels } from './store.ts'

interface PointersQuery {
  project: string
  model: string
  /** Milliseconds; default now. */
  at?: number | undefined
}

/** An alias as it stood, with the move that put it there. */
export type MovedAlias = AliasPointer & MovedPointer

/** A version that was in a stage, with the move that put it there. */
export interface StagedVersion extends MovedPointer {
  version: number
  stage: Stage
  movedAt: number
}

/** What each alias pointed at, at an instant. Errors: `not_found`. */
export async function aliasesAt(
  ctx: Context,
  input: PointersQuery,
): Promise<{ items: AliasPointer[] }> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const model = await knownName(db, input.project, input.model)
  const moved = await movedAliases(db, { ...input, model }, input.at ?? ctx.clock())
  return { items: moved.map(({ alias, version, movedAt }) => ({ alias, version, movedAt })) }
}

/**
 * What pointed where at an instant, who put it there, why and on what evidence: aliases, and the
 * versions that were in a stage. By the name that the model had then. Errors: `not_found`.
 */
export async function pointersAt(
  ctx: Context,
  input: PointersQuery,
): Promise<{ aliases: MovedAlias[]; stages: StagedVersion[] }> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const model = await knownName(db, input.project, input.model)
  const at = input.at ?? ctx.clock()
  return {
    aliases: await movedAliases(db, { ...input, model }, at),
    stages: await stagedVersions(db, { ...input, model }, at),
  }
}

async function movedAliases(
  db: ModelsReader,
  { project, model }: PointersQuery,
  at: number,
): Promise<MovedAlias[]> {
  const rows = await db
    .selectFrom('alias_moves')
    .select(aliasMoveColumns)
    .where('project', '=', project)
    .where('model', '=', model)
    .where('number', 'in', (eb) =>
      eb
        .selectFrom('alias_moves')
        .select((inner) => inner.fn.max('number').as('number'))
        .where('project', '=', project)
        .where('model', '=', model)
        .where('at', '<=', at)
        .groupBy('alias'),
    )
    .orderBy('alias')
    .execute()
  return rows
    .map(aliasMoveFromRow)
    .flatMap(({ version, at: movedAt, previous: _, ...move }) =>
      version === null ? [] : [{ ...move, version, movedAt }],
    )
}

async function stagedVersions(
  db: ModelsReader,
  { project, model }: PointersQuery,
  at: number,
): Promise<StagedVersion[]> {
  const rows = await db
    .selectFrom('stage_moves')
    .select(stageMoveColumns)
    .where('project', '=', project)
    .where('model', '=', model)
    .where('number', 'in', (eb) =>
      eb
        .selectFrom('stage_moves')
        .select((inner) => inner.fn.max('number').as('number'))
        .where('project', '=', project)
        .where('model', '=', model)
        .where('at', '<=', at)
        .groupBy('version'),
    )
    .orderBy('version')
    .execute()
  return rows
    .map(stageMoveFromRow)
    .flatMap(({ stage, at: movedAt, previous: _, ...move }) =>
      stage === null || stage === 'None' ? [] : [{ ...move, stage, movedAt }],
    )
}
