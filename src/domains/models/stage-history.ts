import { parseStored } from '#kernel/json'
import { offsetOf } from '#kernel/page-token'
import { authorize, type Context } from '#domains/access/index'
import { aliasesAt } from './alias-history.ts'
import { knownName } from './known-name.ts'
import type { AliasPointer, StageMove } from './model.ts'
import { type Page, type PageQuery, pageFrom } from './page.ts'
import type { Stage } from './stages.ts'
import { readModels } from './store.ts'

/** Every move of a version between stages under a name, newest first. Errors: `not_found`. */
export async function listStageMoves(
  ctx: Context,
  input: { project: string; model: string } & PageQuery,
): Promise<Page<StageMove>> {
  authorize(ctx, 'viewer', input.project)
  const db = readModels(ctx)
  const model = await knownName(db, input.project, input.model)
  const offset = offsetOf(input.pageToken)
  const rows = await db
    .selectFrom('stage_moves')
    .select(['version', 'stage', 'previous', 'at', 'actor', 'reason', 'override', 'evidence'])
    .where('project', '=', input.project)
    .where('model', '=', model)
    .orderBy('number', 'desc')
    .limit(input.limit + 1)
    .offset(offset)
    .execute()
  const page = pageFrom(rows, offset, input.limit)
  return {
    ...page,
    items: page.items.map((row) => ({
      ...row,
      stage: row.stage as Stage | null,
      previous: row.previous as Stage | null,
      override: row.override === 1,
      evidence: parseStored<string[]>(row.evidence),
    })),
  }
}

export interface StagedVersion {
  version: number
  stage: Stage
  movedAt: number
}

/**
 * What pointed where at an instant (milliseconds; default now): aliases, and the versions that were
 * in a stage. By the name that the model had then. Errors: `not_found`.
 */
export async function pointersAt(
  ctx: Context,
  input: { project: string; model: string; at?: number | undefined },
): Promise<{ aliases: AliasPointer[]; stages: StagedVersion[] }> {
  const { items: aliases } = await aliasesAt(ctx, input)
  const db = readModels(ctx)
  const rows = await db
    .selectFrom('stage_moves')
    .select(['version', 'stage', 'at'])
    .where('project', '=', input.project)
    .where('model', '=', await knownName(db, input.project, input.model))
    .where('at', '<=', input.at ?? ctx.clock())
    .orderBy('number')
    .execute()
  const staged = new Map<number, StagedVersion>()
  for (const { version, stage, at } of rows) {
    if (stage === null || stage === 'None') staged.delete(version)
    else staged.set(version, { version, stage: stage as Stage, movedAt: at })
  }
  return { aliases, stages: [...staged.values()].sort((a, b) => a.version - b.version) }
}
