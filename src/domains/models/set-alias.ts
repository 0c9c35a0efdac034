import { GyreError, notFound } from '#kernel/errors'
import { parseStored } from '#kernel/json'
import { type Subject, subject } from '#kernel/subjects'
import { authorize, type Context } from '#domains/access/index'
import { type Change, commit } from '#domains/journal/index'
import { championAlias, checkAlias } from './alias-names.ts'
import { findVersion } from './find-model.ts'
import type { GateFinding } from './gate-evidence.ts'
import type { AliasMove } from './model.ts'
import type { AliasMoveRow, ModelsTables, ModelsTransaction, ModelVersionRow } from './store.ts'

export interface NewAlias {
  project: string
  model: string
  alias: string
  version: number
  reason: string
  /** Moves `champion` against the gate; recorded as such. */
  override?: boolean | undefined
  /** Refuses with `conflict` when the alias points elsewhere by now; null: nowhere. */
  previous?: number | null | undefined
  /** Further subjects that it was decided on, such as the rollout. */
  evidence?: readonly Subject[] | undefined
}

/**
 * Points an alias at a version. `champion` needs the version's gate to have passed, or `override`.
 * Pointing it where it points already changes nothing. Errors: `not_found`, `invalid`, `refused`
 * with the gate's reasons, `conflict`.
 */
export async function setAlias(ctx: Context, input: NewAlias): Promise<AliasMove> {
  authorize(ctx, 'operator', input.project)
  const alias = checkAlias(input.alias)
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const target = await findVersion(db, input.project, input.model, input.version)
    const previous = await pointedAt(db, input.project, input.model, alias)
    if (input.previous !== undefined && input.previous !== previous) {
      throw stale(alias, input.model, previous)
    }
    const against = alias === championAlias && target.gate !== 'passed'
    if (against && input.override !== true) throw await gateRefusal(db, target)
    const move = moveOf(ctx, input, target.version, previous, against)
    if (previous === target.version) return { ...move, reason: 'It points there already.' }
    const now = move.at
    await db
      .insertInto('model_aliases')
      .values({
        project: input.project,
        model: input.model,
        alias,
        version: target.version,
        moved_at: now,
      })
      .onConflict((c) =>
        c
          .columns(['project', 'model', 'alias'])
          .doUpdateSet({ version: target.version, moved_at: now }),
      )
      .execute()
    await recordMove(change, input, move)
    return move
  })
}

/** Removes an alias; what it pointed at stays. Errors: `not_found`. */
export async function removeAlias(
  ctx: Context,
  input: { project: string; model: string; alias: string; reason: string },
): Promise<AliasMove> {
  authorize(ctx, 'operator', input.project)
  return commit(ctx, async (change) => {
    const db = change.sql<ModelsTables>()
    const previous = await pointedAt(db, input.project, input.model, input.alias)
    if (previous === null) throw notFound(`alias of model ${input.model}`, input.alias)
    await db
      .deleteFrom('model_aliases')
      .where('project', '=', input.project)
      .where('model', '=', input.model)
      .where('alias', '=', input.alias)
      .execute()
    const move = moveOf(ctx, input, null, previous, false)
    await recordMove(change, input, move)
    return move
  })
}

function moveOf(
  ctx: Context,
  input: { alias: string; reason: string; evidence?: readonly Subject[] | undefined },
  version: number | null,
  previous: number | null,
  override: boolean,
): AliasMove {
  return {
    alias: input.alias,
    version,
    previous,
    at: ctx.clock(),
    actor: ctx.principal.name,
    reason: input.reason,
    override,
    evidence: [...(input.evidence ?? [])],
  }
}

async function recordMove(
  change: Change,
  input: { project: string; model: string },
  move: AliasMove,
): Promise<void> {
  const db = change.sql<ModelsTables>()
  const last = await db
    .selectFrom('alias_moves')
    .select((eb) => eb.fn.max('number').as('number'))
    .where('project', '=', input.project)
    .where('model', '=', input.model)
    .executeTakeFirst()
  const row: AliasMoveRow = {
    project: input.project,
    model: input.model,
    number: (last?.number ?? 0) + 1,
    ...move,
    override: move.override ? 1 : 0,
    evidence: JSON.stringify(move.evidence),
  }
  await db.insertInto('alias_moves').values(row).execute()
  const target = move.version === null ? [] : [subject('model', input.model, move.version)]
  change.record({
    verb: move.version === null ? 'alias.removed' : 'alias.moved',
    subject: subject('model', input.model),
    project: input.project,
    inputs: [...target, ...(move.evidence as Subject[])],
    detail: {
      alias: move.alias,
      version: move.version,
      previous: move.previous,
      reason: move.reason,
      override: move.override,
    },
  })
}

async function pointedAt(
  db: ModelsTransaction,
  project: string,
  model: string,
  alias: string,
): Promise<number | null> {
  const row = await db
    .selectFrom('model_aliases')
    .select('version')
    .where('project', '=', project)
    .where('model', '=', model)
    .where('alias', '=', alias)
    .executeTakeFirst()
  return row?.version ?? null
}

function stale(alias: string, model: string, previous: number | null): GyreError {
  const now = previous === null ? 'nowhere' : `at version ${previous}`
  return new GyreError({
    code: 'conflict',
    public: `The alias ${alias} of ${model} points ${now} by now: somebody moved it. Look again.`,
  })
}

async function gateRefusal(db: ModelsTransaction, row: ModelVersionRow): Promise<GyreError> {
  const name = `${row.model}@${row.version}`
  if (row.gate === 'undecided') {
    return new GyreError({
      code: 'refused',
      public: `${name} cannot become champion: its gate has not decided. Run \`gyre models gate ${name}\`.`,
    })
  }
  const decision = await db
    .selectFrom('gate_decisions')
    .select('findings')
    .where('project', '=', row.project)
    .where('model', '=', row.model)
    .where('version', '=', row.version)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  const findings = parseStored<GateFinding[]>(decision?.findings ?? '[]')
  const failed = findings.filter((finding) => !finding.passed)
  return new GyreError({
    code: 'refused',
    public: `${name} cannot become champion: its gate refused it. ${failed.map((f) => f.text).join(' ')}`,
    details: failed,
  })
}
