import { parseStored } from '#kernel/json'
import { offsetOf } from '#kernel/page-token'
import { authorize, type Context } from '#domains/access/index'
import type { AliasMove, AliasPointer } from './model.ts'
import { knownName } from './known-name.ts'
import { type Page, type PageQuery, pageFrom } from './page.ts'
import { type AliasMoveRow, readModels } from './store.ts'

const moveColumns = [
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
  authorize(ctx, 'viewer', input.project)
  const db = readModels(ctx)
  const model = await knownName(db, input.project, input.model)
  const offset = offsetOf(input.pageToken)
  const rows = await db
    .selectFrom('alias_moves')
    .select(moveColumns)
    .where('project', '=', input.project)
    .where('model', '=', model)
    .orderBy('number', 'desc')
    .limit(input.limit + 1)
    .offset(offset)
    .execute()
  const page = pageFrom(rows, offset, input.limit)
  return { ...page, items: page.items.map(moveFromRow) }
}

/** What each alias pointed at, at an instant (milliseconds); default now. Errors: `not_found`. */
export async function aliasesAt(
  ctx: Context,
  input: { project: string; model: string; at?: number | undefined },
): Promise<{ items: AliasPointer[] }> {
  authorize(ctx, 'viewer', input.project)
  const db = readModels(ctx)
  const model = await knownName(db, input.project, input.model)
  const rows = await db
    .selectFrom('alias_moves')
    .select(['alias', 'version', 'at'])
    .where('project', '=', input.project)
    .where('model', '=', model)
    .where('at', '<=', input.at ?? ctx.clock())
    .orderBy('number')
    .execute()
  const pointers = new Map<string, AliasPointer>()
  for (const { alias, version, at } of rows) {
    if (version === null) pointers.delete(alias)
    else pointers.set(alias, { alias, version, movedAt: at })
  }
  return { items: [...pointers.values()].sort((a, b) => (a.alias < b.alias ? -1 : 1)) }
}

function moveFromRow(row: AliasMoveRow): AliasMove {
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
