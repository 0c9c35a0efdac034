import { parseStored } from '#kernel/json'
import { offsetOf } from '#kernel/page-token'
import type { Context } from '#domains/access/index'
import { authorizeModel } from './authorize-model.ts'
import { knownName } from './known-name.ts'
import type { StageMove } from './model.ts'
import { type Page, type PageQuery, pageFrom } from './page.ts'
import type { Stage } from './stages.ts'
import { readModels, type StageMoveRow } from './store.ts'

export const stageMoveColumns = [
  'version',
  'stage',
  'previous',
  'at',
  'actor',
  'reason',
  'override',
  'evidence',
] as const satisfies readonly (keyof StageMoveRow)[]

/** Every move of a version between stages under a name, newest first. Errors: `not_found`. */
export async function listStageMoves(
  ctx: Context,
  input: { project: string; model: string } & PageQuery,
): Promise<Page<StageMove>> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const model = await knownName(db, input.project, input.model)
  const offset = offsetOf(input.pageToken)
  const rows = await db
    .selectFrom('stage_moves')
    .select(stageMoveColumns)
    .where('project', '=', input.project)
    .where('model', '=', model)
    .orderBy('number', 'desc')
    .limit(input.limit + 1)
    .offset(offset)
    .execute()
  const page = pageFrom(rows, offset, input.limit)
  return { ...page, items: page.items.map(stageMoveFromRow) }
}

export function stageMoveFromRow(
  row: Omit<StageMoveRow, 'project' | 'model' | 'number'>,
): StageMove {
  return {
    ...row,
    stage: row.stage as Stage | null,
    previous: row.previous as Stage | null,
    override: row.override === 1,
    evidence: parseStored<string[]>(row.evidence),
  }
}
