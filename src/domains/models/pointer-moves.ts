import type { Context } from '#domains/access/index'
import { findModel } from './find-model.ts'
import type { AliasMove, StageMove } from './model.ts'
import type { Stage } from './stages.ts'
import type { AliasMoveRow, ModelsTransaction, StageMoveRow } from './store.ts'

/** Under which name a move is kept. History stays under the name that a model had at the time. */
export interface MoveOwner {
  project: string
  model: string
}

/** Appends to the history of a model's aliases. */
export async function writeAliasMoves(
  db: ModelsTransaction,
  owner: MoveOwner,
  moves: readonly AliasMove[],
): Promise<void> {
  if (moves.length === 0) return
  const rows: AliasMoveRow[] = numbered(owner, await lastNumber(db, 'alias_moves', owner), moves)
  await db.insertInto('alias_moves').values(rows).execute()
}

/** Appends to the history of the stages of a model's versions. */
export async function writeStageMoves(
  db: ModelsTransaction,
  owner: MoveOwner,
  moves: readonly StageMove[],
): Promise<void> {
  if (moves.length === 0) return
  const rows: StageMoveRow[] = numbered(owner, await lastNumber(db, 'stage_moves', owner), moves)
  await db.insertInto('stage_moves').values(rows).execute()
}

async function lastNumber(
  db: ModelsTransaction,
  table: 'alias_moves' | 'stage_moves',
  { project, model }: MoveOwner,
): Promise<number> {
  const last = await db
    .selectFrom(table)
    .select((eb) => eb.fn.max('number').as('number'))
    .where('project', '=', project)
    .where('model', '=', model)
    .executeTakeFirst()
  return last?.number ?? 0
}

function numbered<M extends AliasMove | StageMove>(
  { project, model }: MoveOwner,
  last: number,
  moves: readonly M[],
) {
  return moves.map((move, index) => ({
    project,
    model,
    number: last + 1 + index,
    ...move,
    override: move.override ? 1 : 0,
    evidence: JSON.stringify(move.evidence),
  }))
}

/** What points into a model: its aliases, and its versions that are in a stage. */
export interface Pointers {
  aliases: { alias: string; version: number }[]
  staged: { version: number; stage: Stage }[]
}

/** Of one version, or of all. Errors: `not_found`. */
export async function pointersOf(
  db: ModelsTransaction,
  { project, model }: MoveOwner,
  version?: number,
): Promise<Pointers> {
  const { name } = await findModel(db, project, model)
  const aliases = await db
    .selectFrom('model_aliases')
    .select(['alias', 'version'])
    .where('project', '=', project)
    .where('model', '=', name)
    .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
    .orderBy('alias')
    .execute()
  const staged = await db
    .selectFrom('model_versions')
    .select(['version', 'stage'])
    .where('project', '=', project)
    .where('model', '=', name)
    .where('state', '=', 'active')
    .where('stage', '!=', 'None')
    .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
    .orderBy('version')
    .execute()
  return { aliases, staged: staged.map((row) => ({ ...row, stage: row.stage as Stage })) }
}

/** Writes down that nothing of this is pointed at any longer, since it is no longer there. */
export async function writeEnded(
  ctx: Context,
  db: ModelsTransaction,
  owner: MoveOwner,
  { aliases, staged }: Pointers,
  reason: string,
): Promise<void> {
  const common = commonOf(ctx, reason, [])
  const ended = aliases.map(({ alias, version }) => ({
    ...common,
    alias,
    version: null,
    previous: version,
  }))
  await writeAliasMoves(db, owner, ended)
  const left = staged.map(({ version, stage }) => ({
    ...common,
    version,
    stage: null,
    previous: stage,
  }))
  await writeStageMoves(db, owner, left)
}

/** Writes down that all of this is pointed at from now on, under this name. */
export async function writeBegun(
  ctx: Context,
  db: ModelsTransaction,
  owner: MoveOwner,
  { aliases, staged }: Pointers,
  reason: string,
  evidence: readonly string[],
): Promise<void> {
  const common = commonOf(ctx, reason, evidence)
  const begun = aliases.map(({ alias, version }) => ({
    ...common,
    alias,
    version,
    previous: null,
  }))
  await writeAliasMoves(db, owner, begun)
  const entered = staged.map(({ version, stage }) => ({
    ...common,
    version,
    stage,
    previous: null,
  }))
  await writeStageMoves(db, owner, entered)
}

function commonOf(ctx: Context, reason: string, evidence: readonly string[]) {
  return {
    at: ctx.clock(),
    actor: ctx.principal.name,
    reason,
    override: false,
    evidence: [...evidence],
  }
}
