import { parseStored } from '#kernel/json'
import { offsetOf } from '#kernel/page-token'
import type { Context } from '#domains/access/index'
import { authorizeModel } from './authorize-model.ts'
import type { AliasMove } from './model.ts'
import { knownName } from './known-name.ts'
import { type Page, type PageQuery, pageFrom } from './page.ts'
import { type AliasMoveRow, readModels } from './store.ts'

export const aliasMoveColumns = [
  'project',
  'model',
  'number',
  'alias',
  'version',
  'previous',
  'at',
  'actor',
  'reason',
  'override',
  'evidence',
] as const satisfies readonly (keyof AliasMoveRow)[]

/** Every move of every alias under a name, newest first, even of a model that is gone. */
export async function listAliasMoves(
  ctx: Context,
  input: { project: string; model: string } & PageQuery,
): Promise<Page<AliasMove>> {
  authorizeModel(ctx, 'viewer', input)
  const db = readModels(ctx)
  const model = await knownName(db, input.project, input.model)
  const offset = offsetOf(input.pageToken)
  const rows = await db
    .selectFrom('alias_moves')
    .select(aliasMoveColumns)
    .where('project', '=', input.project)
    .where('model', '=', model)
    .orderBy('number', 'desc')
    .limit(input.limit + 1)
    .offset(offset)
    .execute()
  const page = pageFrom(rows, offset, input.limit)
  return { ...page, items: page.items.map(aliasMoveFromRow) }
}

export function aliasMoveFromRow(row: AliasMoveRow): AliasMove {
  return {
    alias: row.alias,
    version: row.version,
    previous: row.previous,
    at: row.at,
    actor: row.actor,
    reason: row.reason,
    override: row.override === 1,
    evidence: parseStored<string[]>(row.evidence),
  }
}
